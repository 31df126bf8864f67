import { formatAction, type Action, type Runtime } from '../core/activity.js';
import type { Id } from '../core/ids.js';
import type { RunEvent } from '../core/progress.js';
import { ActivityLog } from './activity-log.js';
import { nodesBelow } from './baseline.js';
import type { FollowLimits, JobReport, JobTools } from './job.js';
import { PastDurations } from './past-durations.js';
import { followRun, type RunFacts } from './run.js';
import { ownSight, type Sight } from './sight.js';
import { above, knownActivities, targetsOf, withLongSettle } from './targets.js';

/** A trigger taken up again from its baseline: the same correlation as `trigger` made. */
export interface WaitAfterPlan {
  deploymentId: Id;
  after: Id;
  runtime: Runtime;
  action: Action;
  nodes: readonly Id[] | null;
  expectNodes: number | null;
  limits: FollowLimits;
}

/**
 * Follows activities by their ids. Never sends.
 * @throws as `Supervisor.list` does, when the log cannot be read to begin with
 */
export async function* waitForActivities(
  plan: { deploymentId: Id; ids: readonly Id[]; limits: FollowLimits },
  tools: JobTools,
): AsyncGenerator<RunEvent, JobReport> {
  const log = new ActivityLog(tools.supervisor, plan.deploymentId, new PastDurations());
  await log.page(1, { signal: tools.signal });
  const events = followRun(
    {
      facts: unsentFacts(plan.deploymentId, null, null),
      targets: knownActivities(plan.ids),
      after: highestOf(plan.ids),
      sight: ownSight(log),
      resume: { ids: plan.ids },
    },
    plan.limits,
    tools,
  );
  return yield* withSharedFacts(events);
}

/** Follows activities of others in place of a trigger's own (`--if-busy join`). They were just seen, so nothing is read first. */
export function followJoined(
  plan: { deploymentId: Id; runtime: Runtime; action: Action; ids: readonly Id[]; limits: FollowLimits },
  tools: JobTools,
  sight: Sight = ownSight(new ActivityLog(tools.supervisor, plan.deploymentId, new PastDurations())),
): AsyncGenerator<RunEvent, JobReport> {
  const facts = unsentFacts(plan.deploymentId, plan.runtime, formatAction(plan.action));
  const run = { facts, targets: knownActivities(plan.ids), after: highestOf(plan.ids), sight, resume: { ids: plan.ids } };
  return followRun(run, plan.limits, tools);
}

/**
 * Follows what a trigger made, from the baseline that it took. Never sends.
 * @throws as `Supervisor.list` does, when the log cannot be read to begin with
 */
export async function* waitAfter(plan: WaitAfterPlan, tools: JobTools): AsyncGenerator<RunEvent, JobReport> {
  const { deploymentId, after, runtime, action, nodes, expectNodes } = plan;
  const log = new ActivityLog(tools.supervisor, deploymentId, new PastDurations());
  const known = await nodesBelow(log, after, { signal: tools.signal });
  const targets = withLongSettle(targetsOf({ runtime, action, inWindow: above(after) }, plan, known));
  const facts = unsentFacts(deploymentId, runtime, formatAction(action));
  const resume = { after, runtime, action, nodes, expectNodes };
  return yield* followRun({ facts, targets, after, sight: ownSight(log), resume }, plan.limits, tools);
}

/** 0 for none. */
export function highestOf(ids: readonly Id[]): Id {
  return ids.reduce((highest, id) => (id > highest ? id : highest), 0n);
}

function unsentFacts(deploymentId: Id, runtime: string | null, action: string | null): RunFacts {
  return { deploymentId, runtime, action, idempotencyKey: null, replayed: null, recovered: null, requestId: null };
}

/** Runtime and action are told where all the activities share them. */
async function* withSharedFacts(events: AsyncGenerator<RunEvent, JobReport>): AsyncGenerator<RunEvent, JobReport> {
  const runtimes = new Set<string>();
  const actions = new Set<string>();
  for (;;) {
    const next = await events.next();
    if (next.done) {
      const { result, ...rest } = next.value;
      return { ...rest, result: { ...result, runtime: only(runtimes), action: only(actions) } };
    }
    if (next.value.event === 'activity') {
      runtimes.add(next.value.activity.runtime);
      actions.add(next.value.activity.action);
    }
    yield next.value;
  }
}

function only(values: ReadonlySet<string>): string | null {
  const [first] = values;
  return values.size === 1 && first !== undefined ? first : null;
}
