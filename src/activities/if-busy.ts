import { formatAction, type Activity } from '../core/activity.js';
import { LdctlError } from '../core/errors.js';
import type { Id } from '../core/ids.js';
import { warning, type RunEvent } from '../core/progress.js';
import { ActivityLog } from './activity-log.js';
import type { JobReport, JobTools } from './job.js';
import { joinReports } from './join-reports.js';
import { PastDurations } from './past-durations.js';
import { PollSchedule } from './poll-schedule.js';
import { RunMemory } from './run-memory.js';
import { RunTracker } from './run-tracker.js';
import { ownSight, type Sight } from './sight.js';
import { knownActivities } from './targets.js';
import { trigger, type TriggerPlan } from './trigger.js';
import { followJoined, highestOf } from './wait.js';
import { wireKey } from './wire-key.js';

/** What to do when a target already has the runtime in `processing` (design, "trigger"). */
export const IF_BUSY = ['wait', 'fail', 'join', 'ignore'] as const;
export type IfBusy = (typeof IF_BUSY)[number];

/** The code of the error that says so. */
export const BUSY = 'busy';

/**
 * Triggers an action, unless targets are busy with the same runtime: then it waits for them, follows what they are
 * doing, or refuses, as asked. A run that takes up an earlier one with the same caller's key does not look.
 *
 * @throws as `trigger` does; LdctlError (exit 5, `busy`) before anything is sent
 */
export async function* triggerIfNotBusy(
  plan: TriggerPlan,
  ifBusy: IfBusy,
  tools: JobTools,
  sight: Sight = ownSight(new ActivityLog(tools.supervisor, plan.deploymentId, new PastDurations())),
): AsyncGenerator<RunEvent, JobReport> {
  if (ifBusy === 'ignore' || (await memoryOf(plan, tools).recall()) !== null) return yield* trigger(plan, tools, sight);
  const busy = await sight.busy(plan, tools.signal);
  if (busy.length === 0) return yield* trigger(plan, tools, sight);
  switch (ifBusy) {
    case 'fail':
      throw busyError(busy, 'Wait for it, or choose what to do with --if-busy wait, join or ignore.');
    case 'wait':
      yield* waitUntilFree(plan, busy, tools, sight);
      return yield* trigger(plan, tools, sight);
    case 'join':
      return yield* join(plan, busy, tools, sight);
  }
}

export function busyError(busy: readonly Activity[], hint: string): LdctlError {
  const what = busy.map(({ node_id: node, id, action }) => `node ${node} (activity ${id}, ${action})`).join(', ');
  return new LdctlError('refused', BUSY, `already processing: ${what}; nothing was sent`, { hint });
}

async function* waitUntilFree(
  plan: TriggerPlan,
  busy: readonly Activity[],
  tools: JobTools,
  sight: Sight,
): AsyncGenerator<RunEvent, void> {
  const { clock, random, signal } = tools;
  const { timeoutMs, intervalMs, appearTimeoutMs } = plan.limits;
  const ids = busy.map(({ id }) => id);
  for (const { node_id: node, id, action } of busy) {
    yield warning('busy', `node ${node} is busy: waiting for activity ${id} (${action}) to end`);
  }
  const tracker = new RunTracker(knownActivities(ids), clock.now(), appearTimeoutMs);
  const end = yield* quietly(
    sight.follow(tracker, highestOf(ids), {
      clock,
      signal,
      schedule: new PollSchedule(intervalMs, random),
      deadline: timeoutMs === null ? null : clock.now() + timeoutMs,
    }),
  );
  if (end.kind === 'deadline') throw busyError(busy, 'It did not end in time; a longer timeout waits longer.');
  if (end.kind === 'gave-up') throw end.error;
  if (end.kind === 'interrupted') throw end.reason;
}

/** What others do is waited for, and not told as if it were this run's. */
async function* quietly<End>(events: AsyncGenerator<RunEvent, End>): AsyncGenerator<RunEvent, End> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    if (next.value.event === 'warning') yield next.value;
  }
}

async function* join(
  plan: TriggerPlan,
  busy: readonly Activity[],
  tools: JobTools,
  sight: Sight,
): AsyncGenerator<RunEvent, JobReport> {
  const action = formatAction(plan.action);
  // A reconfigure that is stored without its config may be one of another config: it is not joined either.
  const others = busy.filter((activity) => activity.action !== action);
  if (others.length > 0) throw busyError(others, `Only ${action} itself can be joined.`);
  const joined = newestOfEach(busy);
  const nodes = plan.nodes ?? [...joined.keys()];
  const rest = nodes.filter((node) => !joined.has(node));
  if (rest.length > 0 && plan.callersKey) {
    // One record cannot say what was joined and what was sent, so a re-run could not tell the two apart.
    throw busyError(busy, 'With --idempotency-key, join node by node: add --rolling.');
  }
  const ids = nodes.flatMap((node) => joined.get(node) ?? []);
  for (const [node, id] of joined) yield warning('joined', `node ${node}: following activity ${id} instead of sending`);
  if (rest.length === 0) {
    yield* rememberJoined(plan, ids, tools);
    return named(yield* followJoined({ ...plan, ids }, tools, sight), busy);
  }
  const begunAt = tools.clock.now();
  const sent = yield* trigger({ ...plan, nodes: rest }, tools, sight);
  const limits = { ...plan.limits, timeoutMs: lessThan(plan.limits.timeoutMs, tools.clock.now() - begunAt) };
  return joinReports(sent, named(yield* followJoined({ ...plan, ids, limits }, tools, sight), busy), nodes);
}

/** An agent takes a runtime's activities one after the other, so the newest ends last. */
function newestOfEach(newestFirst: readonly Activity[]): Map<Id, Id> {
  const newest = new Map<Id, Id>();
  for (const { node_id: node, id } of newestFirst) if (!newest.has(node)) newest.set(node, id);
  return newest;
}

/** What was not seen again before the end is still known to be a node's. */
function named(report: JobReport, busy: readonly Activity[]): JobReport {
  const nodeOf = new Map(busy.map(({ id, node_id: node }) => [id, node]));
  const nodes = report.result.nodes.map((row) => ({
    ...row,
    node_id: row.node_id ?? nodeOf.get(row.activity_id ?? -1n) ?? null,
  }));
  return { ...report, result: { ...report.result, nodes } };
}

/** A later run with the same caller's key follows what was joined, and does not send because it has ended since. */
function rememberJoined(plan: TriggerPlan, ids: readonly Id[], tools: JobTools): AsyncGenerator<RunEvent, void> {
  const lowest = ids.reduce((low, id) => (id < low ? id : low));
  const baseline = { highestId: lowest > 0n ? lowest - 1n : 0n, nodes: [] };
  return memoryOf(plan, tools).accepted(baseline, tools.clock.now());
}

function memoryOf(plan: TriggerPlan, { journal, clock }: JobTools): RunMemory {
  return new RunMemory(plan.callersKey ? journal : null, wireKey(plan.idempotencyKey, plan), clock);
}

/** What is left of a limit; null for none. */
function lessThan(limitMs: number | null, usedMs: number): number | null {
  return limitMs === null ? null : Math.max(limitMs - usedMs, 0);
}
