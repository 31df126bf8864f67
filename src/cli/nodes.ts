/*
 * Which nodes are meant: by `--node`, by a file or stdin, or by an argument.
 */

import { usageError } from '../base/errors.js';
import { isId, shownWord, type Id, type NodeNames } from '../base/ids.js';
import { parseJson, stringifyJson } from '../base/json.js';
import type { OpenDeployment } from '../app/open.js';
import type { CommandContext } from './context.js';
import { Declined, readStdin } from './prompts.js';
import { readInput } from '../config/files.js';
import {
  endDigits,
  nodeNamed,
  parseNodeRef,
  readNodeNames,
  type NodeRef,
} from '../config/node-names.js';
import { idAndName } from '../output/columns.js';
import { nodesOf } from '../job/census.js';

interface NodeFlags {
  node?: readonly NodeRef[] | undefined;
  'nodes-from'?: string | undefined;
}

const FLAG = '--nodes-from';

/**
 * All nodes that are named, in the order given; undefined for every node, which only the
 * absence of both flags means.
 * @throws UsageError; the signal's reason while stdin is read; as `resolveNodes` does
 */
export async function readNodes(context: CommandContext, flags: NodeFlags) {
  const { node: named, 'nodes-from': path } = flags;
  if (named === undefined && path === undefined) return undefined;
  const read = path === undefined ? [] : await readNodesFrom(context, path);
  return resolveNodes(context, [...(named ?? []), ...read]);
}

/**
 * Nodes on lines or between commas, or JSON. The file may be a pipe, such as `<(select-nodes)`.
 * @throws UsageError, also for a file that yields no id: it must never become every node; the
 * signal's reason
 */
async function readNodesFrom(context: CommandContext, path: string) {
  const entries = (await readEntries(context, path, FLAG, fromLines)).map(nodeOf);
  if (entries.length === 0) {
    throw usageError(
      'empty_node',
      `${FLAG}: ${path === '-' ? 'stdin' : path} lists no node`,
      path === '-' ? 'Is the command before the pipe empty?' : 'Write one id per line, or JSON.',
    );
  }
  return entries.map((entry) => {
    if (isId(entry)) return entry;
    if (typeof entry === 'string') return parseNodeRef(entry, FLAG);
    throw usageError(
      'invalid_id',
      `${FLAG}: ${stringifyJson(entry).slice(0, 40)} is not a node id`,
      'Give ids as strings: a program may have rounded a number.',
    );
  });
}

/**
 * What a file lists, or stdin for `-`: in JSON, or as `fromText` reads it.
 * @throws UsageError; the signal's reason
 */
export async function readEntries(
  { host, signal }: CommandContext,
  path: string,
  flag: string,
  fromText: (text: string) => unknown[],
) {
  const read = path === '-' ? readStdin(host, signal) : readInput(path, flag, signal);
  const text = (await read).trim();
  return /^[[{]/.test(text) ? listIn(text, flag) : fromText(text);
}

/** A word is a node, also as a JSON string, such as jq prints. `#` starts a comment. */
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
 * A list, or the one in what ldctl prints (`{"nodes":[…]}`, `{"items":[…]}`).
 * @throws UsageError, also for a list that broke off: it may lack nodes
 */
function listIn(text: string, flag: string): unknown[] {
  const { nodes, items, error, errors } = readPrinted(text, flag);
  if (error || errors) {
    throw usageError(
      'list_broke_off',
      `${flag}: this list broke off, so it may lack nodes`,
      `Its \`${error ? 'error' : 'errors'}\` says why. Make the list again.`,
    );
  }
  const list = nodes ?? items;
  if (!Array.isArray(list)) throw noList(flag);
  return list;
}

const nodeOf = (entry: unknown): unknown =>
  typeof entry === 'object' && entry && 'node_id' in entry ? entry.node_id : entry;

/** The fields of a document that ldctl printed. A bare list is a list of nodes. */
function readPrinted(
  text: string,
  flag: string,
): { [field in 'nodes' | 'items' | 'error' | 'errors']?: unknown } {
  try {
    const json = parseJson(text);
    return Array.isArray(json) ? { nodes: json } : (json as object);
  } catch {
    throw noList(flag);
  }
}

const noList = (flag: string) =>
  usageError(
    'invalid_json',
    `${flag}: this JSON holds no list of nodes`,
    'Give a list of ids, or {"nodes":[…]}.',
  );

/**
 * The nodes that are meant, in the order given. What is known here is looked up before the network:
 * only the end of an id needs the log, and a name the deployment's id.
 * @param opened where several deployments are named: those that could be opened
 * @throws UsageError for a name that no node has; Declined for an end that is not agreed to; as
 * `CommandContext.deployment` does
 */
export async function resolveNodes(
  context: CommandContext,
  refs: readonly NodeRef[],
  opened?: readonly OpenDeployment[],
) {
  if (refs.every(isId)) return [...refs];
  if (opened) {
    const names = opened.map(({ deploymentId }) => readNodeNames(context.folder, deploymentId));
    return refs.flatMap((ref) => nodesCalled(names, ref));
  }
  const lookAllUp = (deployment: Id | null) => {
    const names = readNodeNames(context.folder, deployment);
    return refs.map((ref) => lookUp(context, names, ref));
  };
  const known = context.target.settings.deployment.named?.value.id ?? null;
  let idsAndEnds = lookAllUp(known);
  // Until the deployment is known, a name may be of any.
  if (known === null) idsAndEnds = lookAllUp(await deploymentIdOf(context));
  const nodes: Id[] = [];
  for (const ref of idsAndEnds) nodes.push(isId(ref) ? ref : await askForEnd(context, ref));
  return nodes;
}

/** Each node of several deployments that is called so. @throws UsageError where none is */
function nodesCalled(names: readonly NodeNames[], ref: NodeRef): Id[] {
  const nodes = isId(ref) ? [ref] : names.flatMap((known) => nodeNamed(known, ref) ?? []);
  if (nodes.length > 0) return nodes;
  const text = String(ref);
  throw unknownNode(
    endDigits(text) === null
      ? `no node is named ${shownWord(text)} in any of them`
      : `${text} is the end of an id: with several deployments, write the whole id`,
  );
}

/** Opens the deployment only if it has to be looked up by its name. */
export const deploymentIdOf = async (context: CommandContext): Promise<Id> =>
  context.target.settings.deployment.named?.value.id ?? (await context.deployment()).deploymentId;

function lookUp({ prompts }: CommandContext, names: NodeNames, ref: NodeRef): NodeRef {
  if (isId(ref)) return ref;
  if (endDigits(ref) === null) {
    const node = nodeNamed(names, ref);
    if (node !== null) return node;
    throw unknownNode(`no node is named ${shownWord(ref)} here`);
  }
  if (prompts) return ref;
  throw usageError(
    'node_unknown',
    `${ref} is the end of an id, and ldctl cannot ask without a terminal`,
    'Write the whole id, or give the node a name: ldctl nodes name ID NAME',
  );
}

/** A person says which of the nodes that the log lists it is. */
async function askForEnd(context: CommandContext, ref: string) {
  const end = endDigits(ref) ?? '';
  const { log } = await context.deployment();
  const { entries } = await log.forNodes({ signal: context.signal });
  const choices = nodesOf(entries)
    .filter((node) => String(node).endsWith(end))
    .map((node) => ({ value: node, name: idAndName(node, context.host.output.names) }));
  if (choices.length === 0) throw unknownNode(`the log lists no node that ends in ${end}`);
  const node = await context.prompts?.choose<Id | null>(`Which node is …${end}?`, [
    { value: null, name: 'none of these' },
    ...choices,
  ]);
  if (!isId(node)) throw new Declined();
  return node;
}

function unknownNode(message: string) {
  return usageError(
    'node_unknown',
    message,
    '`ldctl nodes list` shows the nodes; `ldctl nodes name ID NAME` gives one a name.',
  );
}
