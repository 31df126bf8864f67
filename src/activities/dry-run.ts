import { formatAction } from '../core/activity.js';
import { NOT_STARTED, type NodeResult, type RunResult } from '../core/outcome.js';
import { ActivityLog } from './activity-log.js';
import { readBaseline } from './baseline.js';
import type { JobTools } from './job.js';
import type { TriggerPlan } from './trigger.js';
import { wireKey } from './wire-key.js';

export interface DryRun {
  result: RunResult;
  /** What would go over the wire, but for the base URL. */
  plan: TriggerPlan;
  wireKey: string;
}

/**
 * What a trigger would do: reads the log, and sends nothing. For every node, the targets are those that the newest
 * entries name.
 * @throws as `Supervisor.list` does
 */
export async function dryRun(plan: TriggerPlan, { supervisor, signal }: JobTools): Promise<DryRun> {
  const baseline = await readBaseline(new ActivityLog(supervisor, plan.deploymentId), { signal });
  const nodes = plan.nodes ?? baseline.nodes;
  const result: RunResult = {
    outcome: 'dry_run',
    runtime: plan.runtime,
    action: formatAction(plan.action),
    deployment_id: plan.deploymentId,
    idempotency_key: plan.idempotencyKey,
    targets: plan.nodes !== null ? 'named' : plan.expectNodes !== null ? 'expected' : 'observed',
    replayed: null,
    recovered: null,
    request_id: null,
    nodes: nodes.map(notStarted),
    resume: null,
  };
  return { result, plan, wireKey: wireKey(plan.idempotencyKey, plan) };
}

function notStarted(node: bigint): NodeResult {
  return {
    node_id: node,
    activity_id: null,
    status: NOT_STARTED,
    created_at: null,
    finished_at: null,
    ambiguous: false,
  };
}
