import { MOST_NODES } from '../../activities/defaults.js';
import type { DeploymentPath } from '../../api/core-api.js';
import { InvalidAnswerError, LdctlError } from '../../base/errors.js';
import { findDeployment } from '../../config/deployments.js';
import type { Target } from '../../config/target.js';
import { guardedSupervisor } from '../../library/deployment-tools.js';
import type { CommandContext } from '../context.js';

/** How many nodes there must be, as `--expect-nodes` has it: as many as Core counts, or, for null, those that the log names. */
export type ExpectedNodes = number | 'deployment' | null;

/**
 * Settles `--expect-nodes`, before anything is sent.
 * @returns null where the log decides
 * @throws as `countNodes` does
 */
export async function settleExpectedNodes(
  asked: ExpectedNodes,
  context: CommandContext,
  target: Target,
): Promise<number | null> {
  return asked === 'deployment' ? countNodes(context, target, context.signal) : asked;
}

/**
 * How many nodes the deployment has, as Core counts them (contract, "Core: how many nodes").
 * @throws LdctlError with exit 4, 5 or 6 when that cannot be had; the signal's reason
 */
export async function countNodes(context: CommandContext, target: Target, signal: AbortSignal): Promise<number> {
  const core = context.core({ apiUrl: context.settings.apiUrl.value, key: target.key });
  const at = (await pathByLog(context, target, signal)) ?? (await pathByStructure(context, target, signal));
  const { nodes_count: count } = await core.deployment(at, { signal });
  if (count > MOST_NODES) {
    throw new InvalidAnswerError(`Core counts ${count} nodes in deployment ${at.deploymentId}, which cannot be`, {
      hint: 'Nothing was sent. Name the nodes with --node, or give a number with --expect-nodes.',
    });
  }
  if (count > 0) return count;
  throw new LdctlError('refused', 'no_nodes_counted', `Core counts no nodes in deployment ${at.deploymentId}`, {
    hint: 'Nothing was sent. Name the nodes with --node, or give a number with --expect-nodes.',
  });
}

/** Every entry of the log says where its deployment stands, and reading it needs no further grant. Null without any. */
async function pathByLog(context: CommandContext, target: Target, signal: AbortSignal): Promise<DeploymentPath | null> {
  const deploymentId = target.deployment.id;
  const supervisor = guardedSupervisor(context.deploymentTools(target));
  const { items } = await supervisor.list(deploymentId, { page: 1, results: 10 }, { signal });
  for (const { tenant_id: tenant, division_id: divisionId, environment_id: environmentId } of items) {
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
