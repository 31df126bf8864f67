import * as Flags from '@oclif/core/flags';
import { UsageError } from '../../base/errors.js';
import { isId, parseId, type Id } from '../../base/ids.js';
import { parseJson } from '../../base/json.js';
import { InputTooLong, readInput } from '../../config/files.js';
import { parseWholeNumber } from '../../cli/flags.js';
import type { Host } from '../../cli/host.js';
import { readStdin } from '../../cli/prompts.js';

const group = 'TARGET';

/** As many nodes as any deployment has, and a result can list. */
export const MOST_NODES = 100_000;

/** Which nodes an action is about. */
export const targetFlags = {
  node: Flags.string({
    char: 'n',
    aliases: ['node-id'],
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: group,
    helpValue: 'ID',
    summary: 'Nodes, with commas or repeated. Default: every one.',
  }),
  'nodes-from': Flags.string({
    helpGroup: group,
    helpValue: 'FILE|-',
    summary: 'Nodes from a file or stdin: one a line, or JSON.',
  }),
  config: Flags.string({ helpGroup: group, helpValue: 'ID', summary: 'The config of a reconfigure.' }),
  'expect-nodes': Flags.custom<number | 'deployment'>({
    helpGroup: group,
    helpValue: 'N',
    summary: 'How many there must be, or `deployment`: ask Core.',
    parse: (text, _command, { name }) =>
      Promise.resolve(text === 'deployment' ? text : parseWholeNumber(text, name, 1, MOST_NODES)),
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
  flags: { node?: string[]; 'nodes-from'?: string },
  signal: AbortSignal,
): Promise<readonly Id[] | null> {
  const named = parseNodes(flags.node);
  const path = flags['nodes-from'];
  if (path === undefined) return named;
  return [...new Set([...(named ?? []), ...(await readNodesFrom(host, path, signal))])];
}

/**
 * Reads the nodes of `--nodes-from FILE|-`, each once, in the order given: one id a line, or JSON. JSON is a list of
 * ids, or what ldctl prints (`{"nodes":[…]}`, `{"items":[…]}`), of which each entry's `node_id` is taken.
 * @throws UsageError, also for a file that yields no id: it must never become every node; the signal's reason
 */
async function readNodesFrom(host: Host, path: string, signal: AbortSignal): Promise<Id[]> {
  const text = (path === '-' ? await readStdin(host, signal) : await readNamed(path, signal)).trim();
  const nodes = /^[[{]/.test(text) ? fromJson(text) : fromLines(text);
  if (nodes.length === 0) {
    throw new UsageError(`${FLAG}: ${nameOf(path)} names no node`, {
      code: 'empty_node',
      hint: 'To act on every node, leave --node and --nodes-from out.',
    });
  }
  return [...new Set(nodes)];
}

/** A file, or a pipe such as `<(select-nodes)`. */
async function readNamed(path: string, signal: AbortSignal): Promise<string> {
  if (path === '') throw new UsageError(`${FLAG} is empty`, { code: 'empty_flag', hint: 'Is a variable unset?' });
  try {
    return await readInput(path, { limit: LONGEST_FILE, signal });
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    const reason = error instanceof InputTooLong ? error.message : code;
    throw new UsageError(`${FLAG}: cannot read ${path} (${reason})`, { code: 'nodes_unreadable' });
  }
}

function fromLines(text: string): Id[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return lines.filter((line) => line !== '').map((line) => parseId(line, FLAG));
}

function fromJson(text: string): Id[] {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    throw new UsageError(`${FLAG}: this looks like JSON, and is not`, { code: 'invalid_json' });
  }
  return listIn(json).map(idIn);
}

function listIn(json: unknown): unknown[] {
  if (Array.isArray(json)) return json;
  const { nodes, items } = json as { nodes?: unknown; items?: unknown };
  const list = nodes ?? items;
  if (Array.isArray(list)) return list;
  throw new UsageError(`${FLAG}: this JSON holds no list of nodes`, { hint: 'Give a list of ids, or {"nodes":[…]}.' });
}

function idIn(entry: unknown): Id {
  const value = typeof entry === 'object' && entry !== null && 'node_id' in entry ? entry.node_id : entry;
  if (typeof value === 'string') return parseId(value, FLAG);
  if (isId(value)) return value;
  throw new UsageError(`${FLAG}: an entry is not an id`, { code: 'invalid_id' });
}

function nameOf(path: string): string {
  return path === '-' ? 'stdin' : path;
}

/**
 * The nodes named by `--node`, each once, in the order given; null when the flag is absent, which alone means every
 * node. An unset shell variable (`--node ""`, `--node ,`) must never become the whole cluster.
 * @throws UsageError
 */
function parseNodes(values: readonly string[] | undefined): Id[] | null {
  if (values === undefined) return null;
  const texts = values.flatMap((value) => value.split(',')).map((text) => text.trim());
  if (texts.length === 0 || texts.includes('')) {
    throw new UsageError('--node names no node', {
      code: 'empty_node',
      hint: 'Is a variable unset? To act on every node, leave --node out.',
    });
  }
  return [...new Set(texts.map((text) => parseId(text, '--node')))];
}

/** @throws UsageError when the nodes are named as well */
export function checkExpectedNodes<T extends number | 'deployment'>(
  expected: T | undefined,
  nodes: readonly Id[] | null,
): T | null {
  if (expected !== undefined && nodes !== null) {
    throw new UsageError('--expect-nodes does not go with --node: the nodes that are named are the ones expected');
  }
  return expected ?? null;
}
