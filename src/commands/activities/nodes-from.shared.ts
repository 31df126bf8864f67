/*
 * Which nodes are named: by `--node`, and by a file or stdin.
 */

import { UsageError, usageError } from '../../base/errors.js';
import { isId, type Id } from '../../base/ids.js';
import { parseJson } from '../../base/json.js';
import type { CommandContext } from '../../cli/context.js';
import { readStdin } from '../../cli/prompts.js';
import { readInput } from '../../config/files.js';
import { parseNodeRef, type NodeRef } from '../../config/node-names.js';
import { resolveNodes } from '../nodes.shared.js';

interface NodeFlags {
  node?: readonly NodeRef[] | undefined;
  'nodes-from'?: string | undefined;
  'expect-nodes'?: unknown;
}

const FLAG = '--nodes-from';

/**
 * All nodes that are named, each once, in the order given; undefined for every node, which only the
 * absence of both flags means.
 * @throws UsageError; the signal's reason while stdin is read; as `resolveNodes` does
 */
export async function readNodes(
  context: CommandContext,
  flags: NodeFlags,
): Promise<readonly Id[] | undefined> {
  const { node: named, 'nodes-from': path, 'expect-nodes': expected } = flags;
  if (named === undefined && path === undefined) return undefined;
  if (expected !== undefined) {
    throw new UsageError(
      '--expect-nodes cannot be used with --node: the nodes that are named are the ones expected',
    );
  }
  const read = path === undefined ? [] : await readNodesFrom(context, path);
  return [...new Set(await resolveNodes(context, [...(named ?? []), ...read]))];
}

/**
 * One node a line, or JSON. The file may be a pipe, such as `<(select-nodes)`.
 * @throws UsageError, also for a file that yields no id: it must never become every node; the
 * signal's reason
 */
async function readNodesFrom({ host, signal }: CommandContext, path: string) {
  const isPipe = path === '-';
  const read = isPipe ? await readStdin(host, signal) : await readInput(path, FLAG, signal);
  const text = read.trim();
  const entries = /^[[{]/.test(text) ? fromJson(text) : fromLines(text);
  if (entries.length === 0) {
    throw usageError(
      'empty_node',
      `${FLAG}: ${isPipe ? 'stdin' : path} lists no node`,
      isPipe
        ? 'Is the command before the pipe empty?'
        : 'Write one id per line. To act on every node, leave it out.',
    );
  }
  // A number that is no id has lost digits: only a text is read.
  return entries.map((entry) =>
    isId(entry) ? entry : parseNodeRef(typeof entry === 'string' ? entry : '', FLAG),
  );
}

/** Ids by lines or commas, also as JSON strings, such as jq prints. `#` starts a comment. */
function fromLines(text: string) {
  if (/^node(?:[\s,]|$)/i.test(text)) {
    throw usageError(
      'not_nodes',
      `${FLAG}: line 1 is the header of a table`,
      'Pipe `ldctl nodes list -o json`, which holds the ids.',
    );
  }
  return text
    .split('\n')
    .flatMap((line) => line.replace(/#.*/, '').split(','))
    .map((word) => word.trim().replace(/^"(\d+)"$/, '$1'))
    .filter((word) => word !== '');
}

/**
 * A list of nodes, or what ldctl prints (`{"nodes":[…]}`, `{"items":[…]}`), of which each entry's
 * `node_id` is taken.
 */
function fromJson(text: string): unknown[] {
  try {
    const json = parseJson(text) as unknown[] | { nodes?: unknown[]; items?: unknown[] };
    const list = Array.isArray(json) ? json : (json.nodes ?? json.items ?? []);
    return list.map((entry) =>
      typeof entry === 'object' && entry && 'node_id' in entry ? entry.node_id : entry,
    );
  } catch {
    throw usageError(
      'invalid_json',
      `${FLAG}: this JSON holds no list of nodes`,
      'Give a list of ids, or {"nodes":[…]}.',
    );
  }
}
