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
/** A million ids, one a line, in bytes. */
const LONGEST_FILE = 20 * 1024 * 1024;

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
 * One id a line, or JSON: a list of ids, or what ldctl prints (`{"nodes":[…]}`, `{"items":[…]}`), of which each entry's
 * `node_id` is taken. The file may be a pipe, such as `<(select-nodes)`.
 * @throws UsageError, also for a file that yields no id: it must never become every node; the signal's reason
 */
async function readNodesFrom(host: Host, path: string, signal: AbortSignal): Promise<Id[]> {
  const text = (path === '-' ? await readStdin(host, signal) : await readNamed(path, signal)).trim();
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const entries = /^[[{]/.test(text) ? fromJson(text) : lines.filter((line) => line !== '');
  if (entries.length > 0) return entries.map(idIn);
  throw noNode(`${FLAG}: ${path === '-' ? 'stdin' : path}`);
}

function noNode(what: string): UsageError {
  return new UsageError(`${what} names no node`, {
    code: 'empty_node',
    hint: 'Is a variable unset? To act on every node, leave --node out.',
  });
}

async function readNamed(path: string, signal: AbortSignal): Promise<string> {
  filled(path, FLAG);
  try {
    return await readInput(path, LONGEST_FILE, signal);
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${FLAG}: cannot read ${path} (${reason})`, { code: 'nodes_unreadable' });
  }
}

function fromJson(text: string): unknown[] {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    throw new UsageError(`${FLAG}: this looks like JSON, and is not`, { code: 'invalid_json' });
  }
  const { nodes, items } = json as { nodes?: unknown; items?: unknown };
  const list = Array.isArray(json) ? json : (nodes ?? items);
  if (Array.isArray(list)) return list;
  throw new UsageError(`${FLAG}: this JSON holds no list of nodes`, { hint: 'Give a list of ids, or {"nodes":[…]}.' });
}

function idIn(entry: unknown): Id {
  const value = typeof entry === 'object' && entry !== null && 'node_id' in entry ? entry.node_id : entry;
  if (typeof value === 'string') return parseId(value, FLAG);
  if (isId(value)) return value;
  throw new UsageError(`${FLAG}: an entry is not an id`, { code: 'invalid_id' });
}
