import * as Flags from '@oclif/core/flags';
import { UsageError } from '../../base/errors.js';
import { isId, parseId, type Id } from '../../base/ids.js';
import { parseJson } from '../../base/json.js';
import { readInput } from '../../config/files.js';
import { filled, parseWholeNumber, type FlagsOf } from '../../cli/flags.js';
import type { Host } from '../../cli/host.js';
import { readStdin } from '../../cli/prompts.js';
import { idsFlag, parsing } from './shared.js';

const helpGroup = 'TARGET';

/** As many nodes as any deployment has, and a result can list. */
export const MOST_NODES = 100_000;

/** Which nodes an action is about. */
export const targetFlags = {
  node: idsFlag({
    ...{ char: 'n', aliases: ['node-id'], helpGroup },
    summary: 'Nodes, by comma or repeated. Default: every one.',
    parse: parsing((text, flag) => {
      if (text === '') throw noNode(flag);
      return parseId(text, flag);
    }),
  }),
  'nodes-from': Flags.string({
    helpGroup,
    helpValue: 'FILE|-',
    summary: 'Nodes from a file or stdin: one a line, or JSON.',
  }),
  config: Flags.string({ helpGroup, helpValue: 'ID', summary: 'The config of a reconfigure.' }),
  'expect-nodes': Flags.custom<number | 'deployment'>({
    helpGroup,
    helpValue: 'N',
    summary: 'How many there must be, or `deployment`: ask Core.',
    parse: parsing((text, flag) => (text === 'deployment' ? text : parseWholeNumber(text, flag, 1, MOST_NODES))),
  })(),
};

const FLAG = '--nodes-from';

/**
 * All nodes that are named, each once, in the order given; null for every node, which only the absence of both flags means.
 * @throws UsageError; the signal's reason
 */
export async function readNodes(
  host: Host,
  flags: Partial<FlagsOf<typeof targetFlags>>,
  signal: AbortSignal,
): Promise<readonly Id[] | null> {
  const { node: named, 'nodes-from': path, 'expect-nodes': expected } = flags;
  if (named === undefined && path === undefined) return null;
  if (expected !== undefined) {
    throw new UsageError('--expect-nodes does not go with --node: the nodes that are named are the ones expected');
  }
  const read = path === undefined ? [] : await readNodesFrom(host, path, signal);
  return [...new Set([...(named ?? []), ...read])];
}

/**
 * One id a line, or JSON. The file may be a pipe, such as `<(select-nodes)`.
 * @throws UsageError, also for a file that yields no id: it must never become every node; the signal's reason
 */
async function readNodesFrom(host: Host, path: string, signal: AbortSignal): Promise<Id[]> {
  const text = (
    path === '-' ? await readStdin(host, signal) : await readInput(filled(path, FLAG), FLAG, signal)
  ).trim();
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const entries = /^[[{]/.test(text) ? fromJson(text) : lines.filter((line) => line !== '');
  if (entries.length === 0) throw noNode(`${FLAG}: ${path === '-' ? 'stdin' : path}`);
  // A number that is no id has lost digits: only a text is read.
  return entries.map((entry) => (isId(entry) ? entry : parseId(typeof entry === 'string' ? entry : '', FLAG)));
}

function noNode(what: string): UsageError {
  return new UsageError(`${what} names no node`, {
    code: 'empty_node',
    hint: 'Is a variable unset? To act on every node, leave --node out.',
  });
}

/** A list of ids, or what ldctl prints (`{"nodes":[…]}`, `{"items":[…]}`), of which each entry's `node_id` is taken. */
function fromJson(text: string): unknown[] {
  try {
    const json = parseJson(text) as unknown[] | { nodes?: unknown[]; items?: unknown[] };
    const list = Array.isArray(json) ? json : (json.nodes ?? json.items ?? []);
    return list.map((entry) => (typeof entry === 'object' && entry && 'node_id' in entry ? entry.node_id : entry));
  } catch {
    throw new UsageError(`${FLAG}: this JSON holds no list of nodes`, {
      code: 'invalid_json',
      hint: 'Give a list of ids, or {"nodes":[…]}.',
    });
  }
}
