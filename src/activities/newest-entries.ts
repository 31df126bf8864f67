import type { Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import type { CallOptions } from '../base/supervisor.js';
import type { ActivityLog } from './activity-log.js';
import { readLog } from './read-log.js';

/** How far back the log is read, where any entry could be of interest: a deployment of hundreds of nodes names all of them. */
const NEWEST = 1000;

export interface NewestOptions {
  /** Only what is at or below this id. */
  upTo?: Id;
  /** Nothing older than this, by the server's clock, or by the newest entry where the server does not say; ms. */
  maxAgeMs?: number;
}

/** The newest 1,000 entries of the log, the newest first. @throws as `Supervisor.list` does */
export async function newestEntries(
  log: ActivityLog,
  options: CallOptions,
  { upTo, maxAgeMs = Infinity }: NewestOptions = {},
): Promise<Activity[]> {
  const newest: Activity[] = [];
  let since: number | null = null;
  for await (const { entries } of readLog(log, options)) {
    const part = entries.map(({ activity }) => activity).filter(({ id }) => upTo === undefined || id <= upTo);
    const [first] = part;
    if (first) since ??= (log.serverTime ?? Date.parse(first.created_at)) - maxAgeMs;
    const isTooOld = (activity: Activity): boolean => since !== null && Date.parse(activity.created_at) < since;
    newest.push(...part.filter((activity) => !isTooOld(activity)));
    // All of them: a single one may have a time that is no time, such as that of the year 1.
    if (newest.length >= NEWEST || (part.length > 0 && part.every(isTooOld))) break;
  }
  return newest.slice(0, NEWEST);
}

/** The newest page of the log, as it is now. @throws as `Supervisor.list` does */
export async function newestPage(log: ActivityLog, options: CallOptions): Promise<Activity[]> {
  for await (const { entries } of readLog(log, options)) return entries.map(({ activity }) => activity);
  return [];
}
