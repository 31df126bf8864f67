import type { Activity } from '../base/activity.js';
import type { Clock, Random } from '../base/clock.js';
import type { RunStep } from '../base/progress.js';
import type { ActivityLog } from './activity-log.js';
import { readBaseline } from './baseline.js';
import { listNewest, type ActivityFilter } from '../log/list.js';
import { openLog } from '../log/log.js';
import { followLog } from './follow/follow-log.js';
import type { FollowEvent, FollowOutcome } from './follow/followed.js';
import { deadlineOf } from './run.js';
import { Watch } from './watch.js';

export interface WatchPlan {
  filter: ActivityFilter;
  /** How many entries the first listing has; 0 for all. */
  limit: number;
  /** Ends once all of the first listing is final; otherwise it is followed for ever. */
  untilFinal: boolean;
  /** Milliseconds; null for none, or an adaptive interval. */
  timeoutMs: number | null;
  intervalMs: number | null;
}

/** How a watch ended. */
export interface WatchResult {
  outcome: FollowOutcome;
  /** Newest first, as last seen. */
  entries: Activity[];
  /** How many entries the log held at the first listing, before filters. */
  total: number;
  anyRejected: boolean;
}

export type WatchLogEvent =
  /** The first listing, newest first. */
  | { event: 'listing'; activities: readonly Activity[] }
  | RunStep
  /** Always the last. */
  | ({ event: 'result' } & WatchResult);

/**
 * Lists the log, and keeps the list up to date (design, "list"). Yields the first listing, then every change.
 * @throws as `Supervisor.list` does when the first listing cannot be read
 */
export async function* watchLog(
  log: ActivityLog,
  plan: WatchPlan,
  tools: { clock: Clock; random: Random; signal: AbortSignal },
): AsyncGenerator<WatchLogEvent, void> {
  const { signal } = tools;
  const { highestId: after } = await readBaseline(log, { signal });
  const listing = listNewest(openLog(log.supervisor, log.deploymentId, tools.clock), plan, { signal });
  const first: Activity[] = [];
  for await (const batch of listing.batches) first.push(...batch);
  yield { event: 'listing', activities: first };
  const watch = new Watch(first, after, plan.filter, plan.untilFinal);
  const deadline = deadlineOf(plan, tools.clock.elapsed());
  const events: AsyncIterable<FollowEvent> | FollowEvent[] = watch.settled
    ? [{ event: 'ended', outcome: { kind: 'settled' } }]
    : followLog(watch, log, { after, intervalMs: plan.intervalMs, deadline }, tools);
  for await (const event of events) {
    if (event.event === 'ended') {
      const { entries, anyRejected } = watch;
      yield { event: 'result', outcome: event.outcome, entries, total: listing.total(), anyRejected };
    } else yield event;
  }
}
