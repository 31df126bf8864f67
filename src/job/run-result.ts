import { formatAction, isFinal } from '../base/activity.js';
import { ApiError } from '../base/errors.js';
import { EXIT_CODES } from '../base/exit-codes.js';
import { MISSING, OUTCOMES, type NodeResult, type Outcome, type TargetKind } from '../base/outcome.js';
import type { ResultEvent } from '../base/progress.js';
import { resultRow, rowsOf } from './entries.js';
import { isTrigger, SECOND, type Resume, type Run } from './run-state.js';

/** How it ended. @throws LdctlError why nothing was sent, or could be followed */
export function resultOfRun(run: Run): ResultEvent & { resume: Resume | null } {
  const { end, plan, entries } = run;
  if (!end) throw new Error('the run goes on');
  if (end.outcome === null) throw end.error ?? end.interrupted ?? new Error('nothing was sent');
  const { outcome } = end;
  const isSeen = outcome === 'rejected' || outcome === 'unconfirmed' || outcome === 'timed_out';
  const absent = isSeen && end.error === null ? MISSING : null;
  const rows = rowsOf(entries, plan.appearMs, absent).map(resultRow);
  const nodes = outcome === 'accepted' && !('ids' in entries.wanted) && entries.wanted.nodes === null ? [] : rows;
  const { wanted } = entries;
  const kind: TargetKind =
    'ids' in wanted || wanted.nodes !== null ? 'named' : wanted.expect === null ? 'observed' : 'expected';
  const shared = sharedOf(run);
  const isSent = isTrigger(run) && run.acceptedAt !== null;
  const result = {
    outcome,
    runtime: shared.runtime,
    action: shared.action,
    deployment_id: plan.deploymentId,
    idempotency_key: 'idempotencyKey' in plan ? plan.idempotencyKey : null,
    targets: kind,
    replayed: isSent ? (run.accepted?.replayed ?? false) : null,
    recovered: isSent ? run.recovered : null,
    request_id:
      run.accepted?.requestId ?? (run.lastError instanceof ApiError ? (run.lastError.requestId ?? null) : null),
    nodes,
    resume: null,
  };
  const exitCode = end.interrupted?.exitCode ?? EXIT_CODES[OUTCOMES[outcome as keyof typeof OUTCOMES]].code;
  return { event: 'result', result, error: end.error, exitCode, resume: resumeOf(run, outcome, nodes) };
}

function sharedOf({ entries }: Run): { runtime: string | null; action: string | null } {
  const { wanted, byId } = entries;
  if (!('ids' in wanted)) return { runtime: wanted.runtime, action: formatAction(wanted.action) };
  const only = (values: readonly string[]): string | null => (new Set(values).size === 1 ? (values[0] ?? null) : null);
  const seen = [...byId.values()].map(({ activity }) => activity);
  return { runtime: only(seen.map((a) => a.runtime)), action: only(seen.map((a) => a.action)) };
}

function resumeOf(run: Run, outcome: Outcome, nodes: readonly NodeResult[]): Resume | null {
  const isOpen = nodes.some(({ status }) => status === null || !isFinal(status));
  if (outcome === 'completed' || (outcome === 'rejected' && !isOpen)) return null;
  const { wanted, byId } = run.entries;
  if ('ids' in wanted) return { ids: wanted.ids };
  const isWhole = nodes.length > 0 && nodes.every(({ activity_id: id, status }) => id !== null && status !== MISSING);
  const isObserved = wanted.nodes === null && wanted.expect === null;
  if (isWhole && (!isObserved || run.entries.readAt >= (run.acceptedAt ?? Infinity) + 3 * SECOND)) {
    return { ids: [...byId.keys()] };
  }
  const { runtime, action, nodes: named, expect } = wanted;
  return {
    after: run.replay?.floor ?? run.baseline ?? 0n,
    runtime,
    action: formatAction(action),
    nodes: named,
    expect,
  };
}
