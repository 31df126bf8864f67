import { usageError } from '../base/errors.js';
import { isId, shownWord, type Id } from '../base/ids.js';
import type { CommandContext } from '../cli/context.js';
import { NO_TICK } from '../cli/prompts.js';
import { endOf, nodeNamed, type NodeRef } from '../config/node-names.js';
import { idAndName } from '../output/columns.js';
import { nodesOf } from '../job/entries.js';

/**
 * The nodes that are meant, in the order given. What is known here is looked up before the network:
 * only the end of an id needs the log, and a name the deployment's id.
 * @throws UsageError for a name that no node has, and for an end that is not agreed to; as
 * `CommandContext.deployment` does
 */
export async function resolveNodes(
  context: CommandContext,
  refs: readonly NodeRef[],
): Promise<Id[]> {
  if (refs.every(isId)) return [...refs];
  let deployment = context.settings.deployment?.value.id ?? null;
  let found = refs.map((ref) => lookUp(context, deployment, ref));
  if (deployment === null) {
    deployment = (await context.deployment()).deploymentId;
    found = refs.map((ref) => lookUp(context, deployment, ref));
  }
  const nodes: Id[] = [];
  for (const ref of found) nodes.push(isId(ref) ? ref : await askForEnd(context, ref));
  return nodes;
}

/** @param deployment null where it is not known yet: then a name may be of any */
function lookUp(context: CommandContext, deployment: Id | null, ref: NodeRef): NodeRef {
  if (isId(ref)) return ref;
  if (endOf(ref) === null) {
    const node = nodeNamed(context.nodeNames.read(deployment), ref);
    if (node !== null) return node;
    throw unknownNode(`no node is named ${shownWord(ref)} here`);
  }
  if (context.prompts) return ref;
  throw usageError(
    'node_unknown',
    `${ref} is the end of an id, and ldctl cannot ask without a terminal`,
    'Write the whole id, or give the node a name: ldctl nodes name ID NAME',
  );
}

/** A person says which of the nodes that the log lists it is. */
async function askForEnd(context: CommandContext, ref: string) {
  const end = endOf(ref) ?? '';
  const { log } = await context.deployment();
  const { entries } = await log.forNodes({ signal: context.signal });
  const choices = nodesOf(entries)
    .filter((node) => String(node).endsWith(end))
    .map((node) => ({ value: node, name: idAndName(node, context.host.output.names) }));
  if (choices.length === 0) throw unknownNode(`the log lists no node that ends in ${end}`);
  const [which, no] = choices.length === 1 ? ['Is this', 'no'] : ['Which is', 'none of these'];
  const node = await context.prompts?.choose<Id | null>(
    `${which} node …${end}?`,
    [...choices, { value: null, name: no }],
    { default: null, ...NO_TICK },
  );
  if (isId(node)) return node;
  throw usageError(
    'consent_missing',
    `…${end} was not confirmed; nothing was sent`,
    'Give more digits, or the whole id.',
  );
}

function unknownNode(message: string) {
  return usageError(
    'node_unknown',
    message,
    '`ldctl nodes list` shows the nodes; `ldctl nodes name ID NAME` gives one a name.',
  );
}
