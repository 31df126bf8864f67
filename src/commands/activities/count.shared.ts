import type { Activity } from '../../base/activity.js';
import { LdctlError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import { count } from '../../base/text.js';
import type { Target } from '../../config/target.js';
import type { CommandContext } from '../../cli/context.js';
import { nodesOf, notOurs } from '../../job/entries.js';
import { expectedTenant } from '../../library/jobs.js';
import { logOf } from './shared.js';

/** How many nodes there must be, as `--expect-nodes` has it; undefined where the log decides. */
type ExpectedNodes = number | 'deployment' | undefined;

/**
 * What `--expect-nodes` says, before anything is sent; for `deployment`, as Core counts them.
 * @throws LdctlError with exit 4, 5 or 6 when that cannot be had; the signal's reason
 */
export async function expectedNodes(
  asked: ExpectedNodes,
  context: CommandContext,
  target: Target,
): Promise<number | undefined> {
  return asked === 'deployment'
    ? countedNodes(context, target, await readLog(context, target, 'newest'))
    : asked;
}

/**
 * How many nodes Core counts. Where the deployment stands, every entry of its log says, and reading
 * that needs no further grant.
 */
async function countedNodes(
  context: CommandContext,
  target: Target,
  [entry]: readonly Activity[],
  signal = context.signal,
): Promise<number> {
  const { settings } = context;
  const { id: deploymentId, name } = target.deployment;
  const { tenant_id, division_id: divisionId, environment_id: environmentId } = entry ?? {};
  const tenantId = settings.tenantId?.value ?? tenant_id;
  if (tenantId && divisionId && environmentId) {
    const core = context.core({ apiUrl: settings.apiUrl.value, key: target.key });
    const { nodes_count: nodes } = await core.deployment(
      { tenantId, divisionId, environmentId, deploymentId },
      { signal },
    );
    if (nodes > 0) return nodes;
  }
  const what = entry
    ? 'Core counts no nodes in'
    : 'the log is empty, so that Core cannot be asked about';
  throw new LdctlError(
    'refused',
    'no_nodes_counted',
    `${what} deployment ${name ?? deploymentId}; nothing was sent`,
    {
      hint: 'Name the nodes with --node, or give a number with --expect-nodes.',
    },
  );
}

/**
 * The newest entries of the log, or those that name its nodes.
 * @throws as `Supervisor.list` does; LdctlError for another's log
 */
export async function readLog(
  context: CommandContext,
  target: Target,
  which: 'newest' | 'known',
): Promise<Activity[]> {
  const { entries } = await logOf(context, target)[which]({ signal: context.signal });
  const problem = notOurs(entries, target.deployment.id, expectedTenant(context.settings));
  if (problem) throw problem;
  return entries;
}

/** The nodes that the log names, by id. @throws as `readLog` does */
export async function nodesOfLog(context: CommandContext, target: Target): Promise<Id[]> {
  return nodesOf(await readLog(context, target, 'known'));
}

/** The same before every one of them is asked about: says so where there may be others. */
export async function nodesToAsk(context: CommandContext, target: Target): Promise<Id[]> {
  const entries = await readLog(context, target, 'known');
  await warnOfOthers(context, target, entries);
  return nodesOf(entries);
}

/**
 * The nodes of a roll that names none: those that the log names, exactly as many as are expected.
 * @throws LdctlError (exit 5) when there are none, or another count
 */
export async function nodesOfRoll(
  context: CommandContext,
  target: Target,
  asked: ExpectedNodes,
): Promise<Id[]> {
  const entries = await readLog(context, target, 'known');
  const nodes = nodesOf(entries);
  const refused = (code: string, named: string): LdctlError => {
    const { id, name } = target.deployment;
    const what = `the log of deployment ${name ?? id} names ${named}; nothing was sent`;
    return new LdctlError('refused', code, what, {
      hint: 'Name the nodes with --node or --nodes-from.',
    });
  };
  if (nodes.length === 0) throw refused('no_nodes_known', 'no node');
  const wanted = asked === 'deployment' ? await countedNodes(context, target, entries) : asked;
  if (wanted === undefined) await warnOfOthers(context, target, entries);
  else if (wanted !== nodes.length) {
    throw refused('other_node_count', `${count(nodes.length, 'node')}, not the ${wanted} expected`);
  }
  return nodes;
}

/**
 * A node that was never acted on is in no log: says so where Core can be asked, and answers in
 * time.
 */
async function warnOfOthers(
  context: CommandContext,
  target: Target,
  entries: readonly Activity[],
): Promise<void> {
  // Only where it is certain which Core the deployment is known to.
  if (
    context.settings.apiUrl.source.from === 'default' &&
    target.supervisorUrl.source.from !== 'structure'
  ) {
    return;
  }
  const named = nodesOf(entries).length;
  const counted = await context.optional((signal) =>
    countedNodes(context, target, entries, signal),
  );
  if (counted === null || counted === named) return;
  context.warn(
    `Core counts ${count(counted, 'node')}, and the log names ${named}: --expect-nodes deployment holds to it`,
  );
}
