import type { Id } from '../base/ids.js';
import { MISSING } from '../base/outcome.js';
import type { RunStep } from '../base/progress.js';
import { estimate } from './estimate.js';
import type { FollowLimits, Job, JobTools, Resume } from './job.js';
import type { Work } from './past-durations.js';
import type { RunLog } from './run-log.js';
import { absentStatus, isUnfinished, outcomeOf, outcomeOfRun, withoutSince, type RunOutcome } from './run-outcome.js';
import { resultOf, type RunFacts } from './run-result.js';
import { RunTracker } from './run-tracker.js';
import type { Targets } from './targets.js';

export interface Run {
  facts: RunFacts;
  targets: Targets;
  /** The id above which its entries are. */
  after: Id;
  log: RunLog;
  /** How to take it up again while not every target has an entry; once all have, their ids are enough. */
  resume: Resume;
  /** Whether none of its entries is older than the beginning of this, as after a 202. */
  hasJustBegun?: boolean;
}

/** Follows one run to its end and says how it ended. The start is now. */
export async function* followRun(run: Run, limits: FollowLimits, tools: JobTools): Job {
  const { facts, targets, log } = run;
  const startedAt = tools.clock.elapsed();
  const begunAt = run.hasJustBegun === true ? startedAt : -Infinity;
  const tracker = new RunTracker(targets, startedAt, limits.appearTimeoutMs, begunAt);
  const work = workOf(facts);
  // What was usual before: the run's own nodes do not change it.
  let usualMs = work && log.past.usualMs(work);
  const withEstimate = (event: RunStep): RunStep => {
    if (event.event !== 'progress') return event;
    const settlesAt = tracker.nextCheckAt();
    return {
      ...event,
      ...estimate(event.nodes, usualMs, tools.clock.elapsed()),
      ...(settlesAt !== null && { settlesAt }),
    };
  };
  yield withEstimate({ event: 'progress', nodes: tracker.nodes(null) });
  for await (const event of log.follow(tracker, run.after, deadlineOf(limits, startedAt))) {
    if (event.event !== 'ended') {
      if (event.event === 'activity' && work === null) usualMs ??= log.past.usualMs(event.activity);
      yield withEstimate(event);
      continue;
    }
    const nodes = withoutSince(tracker.nodes(absentStatus(event.outcome)));
    const outcome = ifProven(outcomeOfRun(event.outcome, nodes), tracker);
    const isWhole = tracker.allAppeared && !nodes.some(({ status }) => status === MISSING);
    const resume = isWhole ? { ids: tracker.activityIds() } : run.resume;
    const command = isUnfinished(outcome.outcome, nodes) ? tools.resumeCommand(resume) : null;
    yield resultOf(facts, outcome, { targets: targets.kind, nodes, resume: command });
  }
}

/** What may be somebody else's never yields 0 (design, "Sequence" 4). */
function ifProven(outcome: RunOutcome, { isProven }: RunTracker): RunOutcome {
  return outcome.outcome === 'completed' && !isProven ? outcomeOf('unconfirmed') : outcome;
}

/** @returns monotonic clock, ms; `Infinity` for none */
export function deadlineOf({ timeoutMs }: Pick<FollowLimits, 'timeoutMs'>, startedAt: number): number {
  return timeoutMs === null ? Infinity : startedAt + timeoutMs;
}

/** What is done, where it is the same on all nodes and known beforehand. */
export function workOf({ runtime, action }: RunFacts): Work | null {
  return runtime === null || action === null ? null : { runtime, action };
}
