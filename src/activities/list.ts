import type { Activity } from '../core/activity.js';
import { isTooOld, matches, type ActivityFilter } from './filter.js';
import type { ActivityLog } from './activity-log.js';
import { readLog } from './read-log.js';

export interface Listing {
  /** The wanted entries, newest first, read as they are asked for. @throws as `Supervisor.list` does */
  items: AsyncIterable<Activity>;
  /** How many entries the log holds, before filters; known once the first item was asked for. */
  total(): number;
}

/** Pages on their way at once: enough to hide the latency, few enough for a rate limit. */
const IN_FLIGHT = 6;

/**
 * The newest entries that match, at most `limit` of them (0: all). Stops reading as soon as no more can come: at the
 * limit, or at the first entry older than `since`.
 */
export function listActivities(
  log: ActivityLog,
  filter: ActivityFilter,
  limit: number,
  signal: AbortSignal,
): Listing {
  let total = 0;
  async function* items(): AsyncGenerator<Activity> {
    let given = 0;
    for await (const page of readLog(log, { signal, inFlight: IN_FLIGHT })) {
      total = page.total;
      for (const { activity } of page.entries) {
        if (isTooOld(filter, activity)) return;
        if (!matches(filter, activity)) continue;
        yield activity;
        given++;
        if (given === limit) return;
      }
    }
  }
  return { items: items(), total: () => total };
}

/** One raw page (`--page`, `--results`), in the order of the API; the filter is applied to what is on it. */
export function listOnePage(
  readPage: () => Promise<{ items: Activity[]; total_results: number }>,
  filter: ActivityFilter,
): Listing {
  let total = 0;
  async function* items(): AsyncGenerator<Activity> {
    const page = await readPage();
    total = page.total_results;
    yield* page.items.filter((activity) => matches(filter, activity));
  }
  return { items: items(), total: () => total };
}
