import { formatAction } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import type { NodeResult, TargetKind } from '../base/outcome.js';
import type { ResultEvent } from '../base/progress.js';
import type { RunOutcome } from './run-outcome.js';
import type { TriggerPlan } from './trigger-plan.js';

/** What is known of a run before it is followed; null where several triggers are followed at once. */
export interface RunFacts {
  deploymentId: Id;
  runtime: string | null;
  action: string | null;
  idempotencyKey: string | null;
  replayed: boolean | null;
  recovered: boolean | null;
  requestId: string | null;
}

/** What was asked for, of a run that has no answer of its own: none is sent, or each node of a roll has one. */
export function factsOf(plan: Pick<TriggerPlan, 'deploymentId' | 'runtime' | 'action' | 'idempotencyKey'>): RunFacts {
  const { deploymentId, runtime, action, idempotencyKey } = plan;
  const answer = { replayed: null, recovered: null, requestId: null };
  return { deploymentId, runtime, action: formatAction(action), idempotencyKey, ...answer };
}

/** What is known at its end. */
export interface RunEnd {
  targets: TargetKind;
  nodes: NodeResult[];
  /** The command that takes it up again; null when nothing is left to follow. */
  resume: string | null;
}

/** The last event of a run. */
export function resultOf(facts: RunFacts, { outcome, error, exitCode }: RunOutcome, end: RunEnd): ResultEvent {
  const result = {
    outcome,
    runtime: facts.runtime,
    action: facts.action,
    deployment_id: facts.deploymentId,
    idempotency_key: facts.idempotencyKey,
    targets: end.targets,
    replayed: facts.replayed,
    recovered: facts.recovered,
    request_id: facts.requestId,
    nodes: end.nodes,
    resume: end.resume,
  };
  return { event: 'result', result, error, exitCode };
}
