import type { Activity } from '../base/activity.js';
import { isTooOld, matches, type ActivityFilter } from './filter.js';
import type { ActivityLog, LogPage } from './activity-log.js';
import { readLog } from './read-log.js';

export interface Listing {
  /**
   * The wanted entries, newest first, in batches: what is wanted of a page, read as it is asked for.
   * @throws as `Supervisor.list` does
   */
  batches: AsyncIterable<readonly Activity[]>;
  /** How many entries the log holds, before filters; known once the first batch was asked for. */
  total(): number;
}

/** Pages on their way at once: enough to hide the latency. */
export const IN_FLIGHT = 8;

/**
 * The newest entries that match, at most `limit` of them (0: all). Stops reading as soon as no more can come: at the
 * limit, or at the first entry older than `since`.
 */
export function listActivities(log: ActivityLog, filter: ActivityFilter, limit: number, signal: AbortSignal): Listing {
  let total = 0;
  async function* batches(): AsyncGenerator<Activity[]> {
    let given = 0;
    for await (const page of readLog(log, { signal, inFlight: IN_FLIGHT })) {
      total = page.total;
      const { wanted, isLast } = pick(page, filter, limit === 0 ? Infinity : limit - given);
      given += wanted.length;
      if (wanted.length > 0) yield wanted;
      if (isLast) return;
    }
  }
  return { batches: batches(), total: () => total };
}

/** What is wanted of a page, at most `limit`, and whether nothing can come behind it. */
function pick(page: LogPage, filter: ActivityFilter, limit: number): { wanted: Activity[]; isLast: boolean } {
  const wanted: Activity[] = [];
  for (const { activity } of page.entries) {
    if (isTooOld(filter, activity)) return { wanted, isLast: true };
    if (matches(filter, activity)) wanted.push(activity);
    if (wanted.length === limit) return { wanted, isLast: true };
  }
  return { wanted, isLast: false };
}

/** One raw page (`--page`, `--results`), in the order of the API; the filter is applied to what is on it. */
export function listOnePage(
  readPage: () => Promise<{ items: Activity[]; total_results: number }>,
  filter: ActivityFilter,
): Listing {
  let total = 0;
  async function* batches(): AsyncGenerator<Activity[]> {
    const page = await readPage();
    total = page.total_results;
    yield page.items.filter((activity) => matches(filter, activity));
  }
  return { batches: batches(), total: () => total };
}
