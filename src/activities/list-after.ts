import type { Activity } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import type { Id } from '../base/ids.js';
import type { ActivityLog } from './activity-log.js';
import { matches, type ActivityFilter } from './filter.js';
import { IN_FLIGHT, type Listing } from './list.js';
import { readAfter } from './read-after.js';

/** While an entry is younger than this, one with a lower id may still show up (design, "list"). */
const SETTLES_IN_MS = 60_000;

export interface AfterPlan {
  /** Only entries above this id. */
  after: Id;
  filter: ActivityFilter;
  /** How many entries; 0 for all. */
  limit: number;
}

/**
 * The oldest entries after an id that match, oldest first, up to the first one that is younger than a minute. So whoever
 * keeps the last id that he got, and asks for what is after it, gets each entry once, and misses none.
 */
export function listAfter(
  log: ActivityLog,
  { after, filter, limit }: AfterPlan,
  { clock, signal }: { clock: Pick<Clock, 'now'>; signal: AbortSignal },
): Listing {
  let total = 0;
  async function* batches(): AsyncGenerator<Activity[]> {
    let left = limit === 0 ? Infinity : limit;
    const now = clock.now();
    for await (const later of readAfter(log, after, { signal, inFlight: IN_FLIGHT })) {
      ({ total } = later);
      const settled = settledOf(later.activities, later.begunAt ?? now);
      const wanted = settled.filter((activity) => matches(filter, activity)).slice(0, left);
      left -= wanted.length;
      if (wanted.length > 0) yield wanted;
      if (left === 0 || settled.length < later.activities.length) return;
    }
  }
  return { batches: batches(), total: () => total };
}

/**
 * The entries before the first that is younger than a minute. One whose time cannot be read is as old as its neighbours.
 * @param activities oldest first
 * @param now by the server's clock, before any of them was read; ms UTC
 */
export function settledOf(activities: readonly Activity[], now: number): readonly Activity[] {
  const firstYoung = activities.findIndex(({ created_at: at }) => Date.parse(at) > now - SETTLES_IN_MS);
  return firstYoung < 0 ? activities : activities.slice(0, firstYoung);
}
