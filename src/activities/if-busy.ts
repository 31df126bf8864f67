import { formatAction, type Activity } from '../base/activity.js';
import { LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { warning, type ResultEvent, type RunStep } from '../base/progress.js';
import { highestOf } from './baseline.js';
import type { Job, JobTools } from './job.js';
import { joinResults } from './join-results.js';
import { openRunLog, type RunLog } from './run-log.js';
import { RunTracker } from './run-tracker.js';
import { deadlineOf } from './run.js';
import { knownActivities } from './targets.js';
import { memoryOf, type TriggerPlan } from './trigger-plan.js';
import { trigger } from './trigger.js';
import { followJoined } from './wait.js';

/** What to do when a target already has the runtime in `processing` (design, "trigger"). */
export const IF_BUSY = ['wait', 'fail', 'join', 'ignore'] as const;
export type IfBusy = (typeof IF_BUSY)[number];

/** The code of the error that says so. */
export const BUSY = 'busy';

/**
 * Triggers an action, unless targets are busy with the same runtime: then it waits for them, follows what they are
 * doing, or refuses, as asked. A run that takes up an earlier one with the same caller's key does not ask.
 *
 * @throws as `trigger` does; LdctlError (exit 5, `busy`) before anything is sent
 */
export async function* triggerIfNotBusy(
  plan: TriggerPlan,
  ifBusy: IfBusy,
  tools: JobTools,
  log: RunLog = openRunLog(plan, tools),
): Job {
  const isRerun = ifBusy !== 'ignore' && (await memoryOf(plan, tools).recall()) !== null;
  const busy = ifBusy === 'ignore' || isRerun ? [] : await log.busy(plan);
  if (busy.length > 0) {
    if (ifBusy === 'fail')
      throw busyError(busy, 'Wait for it, or choose what to do with --if-busy wait, join or ignore.');
    if (ifBusy === 'join') return yield* join(plan, busy, tools, log);
    yield* waitUntilFree(plan, busy, tools, log);
  }
  yield* trigger(plan, tools, log);
}

export function busyError(busy: readonly Activity[], hint: string): LdctlError {
  const what = busy.map(({ node_id: node, id, action }) => `node ${node} (activity ${id}, ${action})`).join(', ');
  return new LdctlError('refused', BUSY, `already processing: ${what}; nothing was sent`, { hint });
}

/** What others do is waited for, and not shown as if it were this run's. */
async function* waitUntilFree(
  plan: TriggerPlan,
  busy: readonly Activity[],
  tools: JobTools,
  log: RunLog,
): AsyncGenerator<RunStep, void> {
  for (const { node_id: node, id, action } of busy) {
    yield warning('busy', `node ${node} is busy: waiting for activity ${id} (${action}) to end`);
  }
  const ids = busy.map(({ id }) => id);
  const now = tools.clock.elapsed();
  const tracker = new RunTracker(knownActivities(ids), now, plan.limits.appearTimeoutMs);
  for await (const event of log.follow(tracker, highestOf(ids), deadlineOf(plan.limits, now))) {
    if (event.event === 'warning') yield event;
    if (event.event !== 'ended') continue;
    const { outcome } = event;
    if (outcome.kind === 'deadline') throw busyError(busy, 'It did not end in time; a longer timeout waits longer.');
    if (outcome.kind === 'gave-up') throw outcome.error;
    if (outcome.kind === 'interrupted') throw outcome.reason;
  }
}

async function* join(plan: TriggerPlan, busy: readonly Activity[], tools: JobTools, log: RunLog): Job {
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
  const begunAt = tools.clock.elapsed();
  let sent: ResultEvent | null = null;
  if (rest.length === 0) yield* rememberJoined(plan, ids, tools);
  else {
    for await (const event of trigger({ ...plan, nodes: rest }, tools, log)) {
      if (event.event === 'result') sent = event;
      else yield event;
    }
  }
  const limits = { ...plan.limits, timeoutMs: lessThan(plan.limits.timeoutMs, tools.clock.elapsed() - begunAt) };
  for await (const event of followJoined({ ...plan, ids, limits }, tools, log)) {
    if (event.event !== 'result') yield event;
    else yield sent ? joinResults(sent, named(event, busy), nodes) : named(event, busy);
  }
}

/** An agent takes a runtime's activities one after the other, so the newest ends last. */
function newestOfEach(newestFirst: readonly Activity[]): Map<Id, Id> {
  const newest = new Map<Id, Id>();
  for (const { node_id: node, id } of newestFirst) if (!newest.has(node)) newest.set(node, id);
  return newest;
}

/** What was not seen again before the end is still known to be a node's. */
function named(event: ResultEvent, busy: readonly Activity[]): ResultEvent {
  const nodeOf = new Map(busy.map(({ id, node_id: node }) => [id, node]));
  const nodes = event.result.nodes.map((row) => ({
    ...row,
    node_id: row.node_id ?? nodeOf.get(row.activity_id ?? -1n) ?? null,
  }));
  return { ...event, result: { ...event.result, nodes } };
}

/** A later run with the same caller's key follows what was joined, and does not send because it has ended since. */
function rememberJoined(plan: TriggerPlan, ids: readonly Id[], tools: JobTools): AsyncGenerator<RunStep, void> {
  const lowest = ids.reduce((low, id) => (id < low ? id : low));
  const baseline = { highestId: lowest > 0n ? lowest - 1n : 0n, nodes: [] };
  return memoryOf(plan, tools).accepted(baseline, tools.clock.now(), undefined);
}

/** What is left of a limit; null for none. */
function lessThan(limitMs: number | null, usedMs: number): number | null {
  return limitMs === null ? null : Math.max(limitMs - usedMs, 0);
}
