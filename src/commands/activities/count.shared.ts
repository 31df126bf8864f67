import type { DeploymentPath } from '../../api/core-api.js';
import { InvalidAnswerError, LdctlError } from '../../base/errors.js';
import { sortedUnique, type Id } from '../../base/ids.js';
import { count } from '../../base/text.js';
import { findDeployment, type Target } from '../../config/target.js';
import type { CommandContext } from '../../cli/context.js';
import { notOurs } from '../../job/entries.js';
import { expectedTenant } from '../../library/jobs.js';
import { openLog } from '../../log/log.js';
import { MOST_NODES } from './nodes.shared.js';

/** How many nodes there must be, as `--expect-nodes` has it: as many as Core counts, or, for null, those that the log names. */
export type ExpectedNodes = number | 'deployment' | null;

/**
 * What `--expect-nodes` says, before anything is sent.
 * @returns null where the log decides
 * @throws as `countNodes` does
 */
export async function expectedNodes(
  asked: ExpectedNodes,
  context: CommandContext,
  target: Target,
): Promise<number | null> {
  return asked === 'deployment' ? countNodes(context, target, context.signal) : asked;
}

/**
 * How many nodes the deployment has, as Core counts them.
 * @throws LdctlError with exit 4, 5 or 6 when that cannot be had; the signal's reason
 */
export async function countNodes(context: CommandContext, target: Target, signal: AbortSignal): Promise<number> {
  const core = context.core({ apiUrl: context.settings.apiUrl.value, key: target.key });
  const at = (await pathByLog(context, target, signal)) ?? (await pathByStructure(context, target, signal));
  const { nodes_count: counted } = await core.deployment(at, { signal });
  if (counted > MOST_NODES) {
    throw new InvalidAnswerError(`Core counts ${counted} nodes in deployment ${at.deploymentId}, which cannot be`, {
      hint: 'Nothing was sent. Name the nodes with --node, or give a number with --expect-nodes.',
    });
  }
  if (counted > 0) return counted;
  throw new LdctlError('refused', 'no_nodes_counted', `Core counts no nodes in deployment ${at.deploymentId}`, {
    hint: 'Nothing was sent. Name the nodes with --node, or give a number with --expect-nodes.',
  });
}

/** Every entry of the log says where its deployment stands, and reading it needs no further grant. Null without any. */
async function pathByLog(context: CommandContext, target: Target, signal: AbortSignal): Promise<DeploymentPath | null> {
  const deploymentId = target.deployment.id;
  const log = openLog(context.supervisor(target), deploymentId, context.host.clock);
  const { entries } = await log.newest({ signal });
  const problem = notOurs(entries, deploymentId, expectedTenant(context.settings));
  if (problem) throw problem;
  for (const { tenant_id: tenant, division_id: divisionId, environment_id: environmentId } of entries) {
    const tenantId = context.settings.tenantId?.value ?? tenant;
    if (tenantId && divisionId && environmentId) return { tenantId, divisionId, environmentId, deploymentId };
  }
  return null;
}

async function pathByStructure(context: CommandContext, target: Target, signal: AbortSignal): Promise<DeploymentPath> {
  const { tenantId: tenant, apiUrl } = context.settings;
  const deploymentId = target.deployment.id;
  if (!tenant) {
    const what = `how many nodes deployment ${deploymentId} has cannot be asked: its log names no tenant`;
    throw new LdctlError('refused', 'no_tenant', what, {
      hint: 'Nothing was sent. Give --tenant-id ID, or set LD_TENANT_ID.',
    });
  }
  const tenantId = tenant.value;
  const structure = await context.core({ apiUrl: apiUrl.value, key: target.key }).structure(tenantId, { signal });
  const { division, environment } = findDeployment(structure, { id: deploymentId, name: null });
  return { tenantId, divisionId: division.id, environmentId: environment.id, deploymentId };
}

/** The nodes that the log names, by id. @throws as `Supervisor.list` does; LdctlError for another deployment's log */
export async function nodesOfLog(context: CommandContext, target: Target): Promise<Id[]> {
  const log = openLog(context.supervisor(target), target.deployment.id, context.host.clock);
  const { entries } = await log.known({ signal: context.signal });
  const problem = notOurs(entries, target.deployment.id, expectedTenant(context.settings));
  if (problem) throw problem;
  return sortedUnique(entries.map(({ node_id: node }) => node));
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
  if (wanted === null) await warnOfOthers(context, target, nodes.length);
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
  const { settings } = context;
  // Only where it is certain which Core the deployment is known to.
  if (settings.apiUrl.source.from === 'default' && target.supervisorUrl.source.from !== 'structure') return;
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
