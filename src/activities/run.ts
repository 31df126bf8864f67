import type { Id } from '../core/ids.js';
import { MISSING, type RunResult, type TargetKind } from '../core/outcome.js';
import type { RunEvent } from '../core/progress.js';
import { estimate } from './estimate.js';
import type { FollowLimits, JobReport, JobTools, Resume } from './job.js';
import type { Work } from './past-durations.js';
import { PollSchedule } from './poll-schedule.js';
import { absentStatus, isUnfinished, judgeRun, withoutSince, type Verdict } from './report.js';
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
 * `hasJustBegun` says that none of its entries is older than that, as after a 202.
 * `after` is the id above which its entries are; `resume` is how to take it up again while not every target has an entry; once all have, their ids are enough.
 */
export async function* followRun(
  run: { facts: RunFacts; targets: Targets; after: Id; sight: Sight; resume: Resume; hasJustBegun?: boolean },
  limits: FollowLimits,
  tools: JobTools,
): AsyncGenerator<RunEvent, JobReport> {
  const startedAt = tools.clock.now();
  const { sight, hasJustBegun = false } = run;
  const begunAt = hasJustBegun ? startedAt : -Infinity;
  const tracker = new RunTracker(run.targets, startedAt, limits.appearTimeoutMs, begunAt);
  const work = workOf(run.facts);
  // What was usual before: the run's own nodes do not change it.
  let usualMs = work && sight.past.usualMs(work);
  yield { event: 'progress', nodes: tracker.nodes(null), ...estimate([], usualMs, startedAt) };
  const events = sight.follow(tracker, run.after, {
    clock: tools.clock,
    schedule: new PollSchedule(limits.intervalMs, tools.random),
    signal: tools.signal,
    deadline: limits.timeoutMs === null ? null : startedAt + limits.timeoutMs,
  });
  let next = await events.next();
  for (; !next.done; next = await events.next()) {
    const event = next.value;
    if (event.event === 'activity' && work === null) usualMs ??= sight.past.usualMs(event.activity);
    yield event.event === 'progress' ? { ...event, ...estimate(event.nodes, usualMs, tools.clock.now()) } : event;
  }
  const end = next.value;
  const nodes = withoutSince(tracker.nodes(absentStatus(end)));
  const verdict = judgeRun(end, nodes);
  const whole = tracker.allAppeared && !nodes.some(({ status }) => status === MISSING);
  const resume = whole ? { ids: tracker.activityIds() } : run.resume;
  const command = isUnfinished(verdict, nodes) ? tools.resumeCommand(resume) : null;
  return reportOf(run.facts, run.targets.kind, verdict, nodes, command);
}

/** What is done, where it is the same on all nodes and known beforehand. */
export function workOf({ runtime, action }: RunFacts): Work | null {
  return runtime === null || action === null ? null : { runtime, action };
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
