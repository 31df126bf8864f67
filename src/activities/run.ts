import type { Id } from '../core/ids.js';
import { MISSING, type RunResult, type TargetKind } from '../core/outcome.js';
import type { RunEvent } from '../core/progress.js';
import type { FollowLimits, JobReport, JobTools, Resume } from './job.js';
import { PollSchedule } from './poll-schedule.js';
import { absentStatus, isUnfinished, judgeRun, withoutSeenAt, type Verdict } from './report.js';
import { RunTracker } from './run-tracker.js';
import type { Sight } from './sight.js';
import type { Targets } from './targets.js';

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

/**
 * Follows one run to its end and says how it ended. The start is now.
 * `after` is the id above which its entries are; `resume` is how to take it up again while not every target has an entry; once all have, their ids are enough.
 */
export async function* followRun(
  run: { facts: RunFacts; targets: Targets; after: Id; sight: Sight; resume: Resume },
  limits: FollowLimits,
  tools: JobTools,
): AsyncGenerator<RunEvent, JobReport> {
  const startedAt = tools.clock.now();
  const tracker = new RunTracker(run.targets, startedAt, limits.appearTimeoutMs);
  yield { event: 'progress', nodes: tracker.nodes(null) };
  const end = yield* run.sight.follow(tracker, run.after, {
    clock: tools.clock,
    schedule: new PollSchedule(limits.intervalMs, tools.random),
    signal: tools.signal,
    deadline: limits.timeoutMs === null ? null : startedAt + limits.timeoutMs,
  });
  const nodes = withoutSeenAt(tracker.nodes(absentStatus(end)));
  const verdict = judgeRun(end, nodes);
  const whole = tracker.allAppeared && !nodes.some(({ status }) => status === MISSING);
  const resume = whole ? { ids: tracker.activityIds() } : run.resume;
  const command = isUnfinished(verdict, nodes) ? tools.resumeCommand(resume) : null;
  return reportOf(run.facts, run.targets.kind, verdict, nodes, command);
}

export function reportOf(
  facts: RunFacts,
  targets: TargetKind,
  verdict: Verdict,
  nodes: RunResult['nodes'],
  resume: string | null,
): JobReport {
  const result: RunResult = {
    outcome: verdict.outcome,
    runtime: facts.runtime,
    action: facts.action,
    deployment_id: facts.deploymentId,
    idempotency_key: facts.idempotencyKey,
    targets,
    replayed: facts.replayed,
    recovered: facts.recovered,
    request_id: facts.requestId,
    nodes,
    resume,
  };
  return { result, error: verdict.error, exitCode: verdict.exitCode };
}
