import { formatAction, type Action, type Runtime } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { highestOf, nodesBelow } from './baseline.js';
import type { FollowLimits, Job, JobTools, ResumeAfter } from './job.js';
import { openRunLog, type RunLog } from './run-log.js';
import type { RunFacts } from './run-result.js';
import { followRun } from './run.js';
import { above, knownActivities, targetsOf, withLongSettle } from './targets.js';

interface FollowPlan {
  deploymentId: Id;
  limits: FollowLimits;
}

/** A trigger taken up again from its baseline: the same correlation as `trigger` made. */
export type WaitAfterPlan = FollowPlan & ResumeAfter;

type WaitIdsPlan = FollowPlan & { ids: readonly Id[] };

/** What is followed: activities by their ids, or what a trigger made after a baseline. */
export type WaitPlan = WaitIdsPlan | WaitAfterPlan;

interface JoinPlan extends FollowPlan {
  ids: readonly Id[];
  runtime: Runtime;
  action: Action;
}

/** Follows what was dispatched before. Never sends. @throws as `waitForActivities` and `waitAfter` do */
export function wait(plan: WaitPlan, tools: JobTools): Job {
  return 'ids' in plan ? waitForActivities(plan, tools) : waitAfter(plan, tools);
}

/**
 * Follows activities by their ids. Never sends.
 * @throws as `Supervisor.list` does, when the log cannot be read to begin with
 */
export async function* waitForActivities(plan: WaitIdsPlan, tools: JobTools): Job {
  const log = openRunLog(plan, tools);
  await log.log.page(1, { signal: tools.signal });
  // Runtime and action are given where all the activities share them.
  const runtimes = new Set<string>();
  const actions = new Set<string>();
  for await (const event of followKnown(plan, log, unsentFacts(plan.deploymentId, null, null), tools)) {
    if (event.event === 'activity') {
      runtimes.add(event.activity.runtime);
      actions.add(event.activity.action);
    }
    yield event.event === 'result'
      ? { ...event, result: { ...event.result, runtime: only(runtimes), action: only(actions) } }
      : event;
  }
}

/** Follows activities of others in place of a trigger's own (`--if-busy join`). They were just seen, so nothing is read first. */
export function followJoined(plan: JoinPlan, tools: JobTools, log: RunLog): Job {
  const { deploymentId, runtime, action } = plan;
  return followKnown(plan, log, unsentFacts(deploymentId, runtime, formatAction(action)), tools);
}

/**
 * Follows what a trigger made, from the baseline that it took. Never sends.
 * @throws as `Supervisor.list` does, when the log cannot be read to begin with
 */
export async function* waitAfter(plan: WaitAfterPlan, tools: JobTools): Job {
  const { deploymentId, after, runtime, action, nodes, expectNodes } = plan;
  const log = openRunLog(plan, tools);
  const options = { signal: tools.signal };
  if (nodes !== null) await log.log.page(1, options);
  const known = nodes === null ? await nodesBelow(log.log, after, options) : [];
  const targets = withLongSettle(targetsOf({ deploymentId, runtime, action, inWindow: above(after) }, plan, known));
  const facts = unsentFacts(deploymentId, runtime, formatAction(action));
  const resume = { after, runtime, action, nodes, expectNodes };
  yield* followRun({ facts, targets, after, log, resume }, plan.limits, tools);
}

function followKnown(
  { ids, limits }: Pick<JoinPlan, 'ids' | 'limits'>,
  log: RunLog,
  facts: RunFacts,
  tools: JobTools,
): Job {
  return followRun(
    { facts, targets: knownActivities(ids), after: highestOf(ids), log, resume: { ids } },
    limits,
    tools,
  );
}

function unsentFacts(deploymentId: Id, runtime: string | null, action: string | null): RunFacts {
  return { deploymentId, runtime, action, idempotencyKey: null, replayed: null, recovered: null, requestId: null };
}

function only(values: ReadonlySet<string>): string | null {
  const [first] = values;
  return values.size === 1 && first !== undefined ? first : null;
}
