/*
 * Which nodes are meant: by `--node`, or by an argument.
 */

import { usageError } from '../../base/errors.js';
import { isId, shownWord, type Id, type NodeNames } from '../../base/ids.js';
import type { OpenDeployment } from '../../app/open.js';
import type { CommandContext } from '../context.js';
import { cannotAskText, Declined } from './prompts.js';
import { endDigits, nodeNamed, readNodeNames, type NodeRef } from '../../config/node-names.js';
import { idAndName } from '../../output/columns.js';
import { nodesOf } from '../../job/census.js';

/**
 * All nodes that are named, in the order given; undefined for every node, which only the absence of
 * the flag means.
 * @throws as `resolveNodes` does
 */
export async function readNodes(
  context: CommandContext,
  { node }: { node?: ReadonlyArray<readonly NodeRef[]> | undefined },
) {
  return node && resolveNodes(context, node.flat());
}

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
    const names = opened.map(({ deploymentId }) =>
      readNodeNames(context.folders.config, deploymentId),
    );
    return refs.flatMap((ref) => nodesCalled(names, ref));
  }
  const lookAllUp = (deployment: Id | null) => {
    const names = readNodeNames(context.folders.config, deployment);
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

function lookUp({ prompts, host }: CommandContext, names: NodeNames, ref: NodeRef): NodeRef {
  if (isId(ref)) return ref;
  if (endDigits(ref) === null) {
    const node = nodeNamed(names, ref);
    if (node !== null) return node;
    throw unknownNode(`no node is named ${shownWord(ref)} here`);
  }
  if (prompts) return ref;
  throw usageError(
    'node_unknown',
    `${ref} is the end of an id, and ${cannotAskText(host)}`,
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
