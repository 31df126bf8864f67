import type { Activity } from '../core/activity.js';
import type { Clock, Random } from '../core/clock.js';
import type { RunEvent } from '../core/progress.js';
import type { ActivityLog } from './activity-log.js';
import { readBaseline } from './baseline.js';
import type { ActivityFilter } from './filter.js';
import { follow, type FollowEnd } from './follow.js';
import { listActivities } from './list.js';
import { LogTail } from './log-tail.js';
import { PollSchedule } from './poll-schedule.js';
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

export interface WatchEnd {
  end: FollowEnd;
  /** Newest first, as last seen. */
  shown: Activity[];
  /** How many entries the log held at the first listing, before filters. */
  total: number;
  anyRejected: boolean;
}

export type ListingEvent = { event: 'listing'; activities: readonly Activity[] };

/**
 * Lists the log, and keeps the list up to date (design, "list"). Yields the first listing, then every change.
 * @throws as `Supervisor.list` does when the first listing cannot be read
 */
export async function* watchLog(
  log: ActivityLog,
  plan: WatchPlan,
  tools: { clock: Clock; random: Random; signal: AbortSignal },
): AsyncGenerator<ListingEvent | RunEvent, WatchEnd> {
  const { clock, random, signal } = tools;
  const { highestId: after } = await readBaseline(log, { signal });
  const listing = listActivities(log, plan.filter, plan.limit, signal);
  const first: Activity[] = [];
  for await (const batch of listing.batches) first.push(...batch);
  yield { event: 'listing', activities: first };
  const watch = new Watch(first, after, plan.filter, plan.untilFinal);
  const end: FollowEnd = watch.settled
    ? { kind: 'settled' }
    : yield* follow(watch, new LogTail(log, after), {
        clock,
        signal,
        schedule: new PollSchedule(plan.intervalMs, random),
        deadline: plan.timeoutMs === null ? null : clock.now() + plan.timeoutMs,
      });
  return { end, shown: watch.shown, total: listing.total(), anyRejected: watch.anyRejected };
}
