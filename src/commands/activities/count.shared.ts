import type { Activity } from '../../base/activity.js';
import type { DeploymentPath } from '../../api/core-api.js';
import { LdctlError } from '../../base/errors.js';
import { sortedUnique, type Id } from '../../base/ids.js';
import { count } from '../../base/text.js';
import { findDeployment, type Target } from '../../config/target.js';
import type { CommandContext } from '../../cli/context.js';
import { notOurs } from '../../job/entries.js';
import { expectedTenant } from '../../library/jobs.js';
import { logOf } from './shared.js';

/** How many nodes there must be, as `--expect-nodes` has it; undefined where the log decides. */
type ExpectedNodes = number | 'deployment' | undefined;

/** What `--expect-nodes` says, before anything is sent. @throws as `countNodes` does */
export async function expectedNodes(
  asked: ExpectedNodes,
  context: CommandContext,
  target: Target,
): Promise<number | undefined> {
  return asked === 'deployment' ? countNodes(context, target, context.signal) : asked;
}

/** The newest entries of the log, or those that name its nodes. @throws as `Supervisor.list` does; LdctlError for another's log */
export async function readLog(
  context: CommandContext,
  target: Target,
  which: 'newest' | 'known',
  signal = context.signal,
): Promise<Activity[]> {
  const { entries } = await logOf(context, target)[which]({ signal });
  const problem = notOurs(entries, target.deployment.id, expectedTenant(context.settings));
  if (problem) throw problem;
  return entries;
}

/** As Core counts them. @throws LdctlError with exit 2, 4, 5 or 6 when that cannot be had; the signal's reason */
async function countNodes(context: CommandContext, target: Target, signal: AbortSignal): Promise<number> {
  const core = context.core({ apiUrl: context.settings.apiUrl.value, key: target.key });
  const { nodes_count: counted } = await core.deployment(await pathOf(context, target, signal), { signal });
  if (counted > 0) return counted;
  throw new LdctlError('refused', 'no_nodes_counted', `Core counts no nodes in deployment ${target.deployment.id}`, {
    hint: 'Nothing was sent. Name the nodes with --node, or give a number with --expect-nodes.',
  });
}

/** Every entry of the log says where its deployment stands, and reading it needs no further grant. */
async function pathOf(context: CommandContext, target: Target, signal: AbortSignal): Promise<DeploymentPath> {
  const deploymentId = target.deployment.id;
  for (const entry of await readLog(context, target, 'newest', signal)) {
    const { division_id: divisionId, environment_id: environmentId } = entry;
    const tenantId = context.settings.tenantId?.value ?? entry.tenant_id;
    if (tenantId && divisionId && environmentId) return { tenantId, divisionId, environmentId, deploymentId };
  }
  const access = await context.tenant();
  const structure = await context.core(access).structure(access.tenantId, { signal });
  const { division, environment } = findDeployment(structure, { id: deploymentId, name: null });
  return { tenantId: access.tenantId, divisionId: division.id, environmentId: environment.id, deploymentId };
}

/** The nodes that the log names, by id. @throws as `readLog` does */
export async function nodesOfLog(context: CommandContext, target: Target): Promise<Id[]> {
  return sortedUnique((await readLog(context, target, 'known')).map(({ node_id: node }) => node));
}

/**
 * The nodes of a roll that names none: those that the log names, exactly as many as are expected.
 * @throws LdctlError (exit 5) when there are none, or another count
 */
export async function nodesOfRoll(context: CommandContext, target: Target, asked: ExpectedNodes): Promise<Id[]> {
  const nodes = await nodesOfLog(context, target);
  const name = target.deployment.name ?? target.deployment.id;
  const hint = 'Name the nodes with --node or --nodes-from.';
  if (nodes.length === 0) {
    throw new LdctlError('refused', 'no_nodes_known', `the log of deployment ${name} names no node`, { hint });
  }
  const wanted = await expectedNodes(asked, context, target);
  if (wanted === undefined) await warnOfOthers(context, target, nodes.length);
  else if (wanted !== nodes.length) {
    const what = `the log of deployment ${name} names ${count(nodes.length, 'node')}, not the ${wanted} expected`;
    throw new LdctlError('refused', 'other_node_count', `${what}; nothing was sent`, { hint });
  }
  return nodes;
}

/** Where nothing hangs on it, Core is not waited for any longer; ms. */
const CORE_ASKED_MS = 2000;

/** A node that was never acted on is in no log: says so where Core can be asked, and answers in time. */
export async function warnOfOthers(context: CommandContext, target: Target, named: number): Promise<void> {
  // Only where it is certain which Core the deployment is known to.
  if (context.settings.apiUrl.source.from === 'default' && target.supervisorUrl.source.from !== 'structure') return;
  try {
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(CORE_ASKED_MS)]);
    const counted = await countNodes(context, target, signal);
    if (counted === named) return;
    context.warn(
      `Core counts ${count(counted, 'node')}, and the log names ${named}: --expect-nodes deployment holds to it`,
    );
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof LdctlError) && !(error instanceof DOMException)) throw error;
  }
}
