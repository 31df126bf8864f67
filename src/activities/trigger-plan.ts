import type { Action, Runtime } from '../base/activity.js';
import { sortedUnique, type Id } from '../base/ids.js';
import type { WireTrigger } from '../base/supervisor.js';
import type { FollowLimits, JobTools } from './job.js';
import { RunMemory } from './run-memory.js';
import { wireKey } from './wire-key.js';

export interface TriggerPlan {
  deploymentId: Id;
  runtime: Runtime;
  action: Action;
  /** Null: every node. Never empty. */
  nodes: readonly Id[] | null;
  /** How many nodes an every-node trigger must reach; null when the log decides. */
  expectNodes: number | null;
  /** How long after the `date` of the 202 an entry may have been created and still be this trigger's, ms. */
  claimWindowMs: number;
  idempotencyKey: string;
  /** The key is the caller's own, or a roll's that is kept: a later run with it is the same trigger, and the journal remembers it. */
  callersKey: boolean;
  wait: boolean;
  limits: FollowLimits;
}

/** What tells one trigger from another. */
type Identity = Pick<TriggerPlan, 'deploymentId' | 'runtime' | 'action' | 'nodes' | 'idempotencyKey'>;

/** What is sent for a trigger. */
export function requestOf(plan: Identity): WireTrigger {
  const { deploymentId, runtime, action, nodes, idempotencyKey } = plan;
  return { deploymentId, runtime, action, nodes: nodes && sortedUnique(nodes), wireKey: wireKey(idempotencyKey, plan) };
}

/** What an earlier run with the same caller's key has left of a trigger. */
export function memoryOf(
  plan: Identity & { callersKey: boolean },
  { journal, clock }: Pick<JobTools, 'journal' | 'clock'>,
): RunMemory {
  return new RunMemory(plan.callersKey ? journal : null, wireKey(plan.idempotencyKey, plan), clock);
}
