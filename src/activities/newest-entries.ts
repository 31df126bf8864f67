import type { Activity } from '../core/activity.js';
import type { CallOptions } from '../core/supervisor.js';
import type { ActivityLog } from './activity-log.js';
import { readLog } from './read-log.js';

/** How far back the log is read, where any entry could be of interest: a deployment of hundreds of nodes names all of them. */
const NEWEST = 1000;

/** The newest entries of the log, the newest first; some more where a page holds them. @throws as `Supervisor.list` does */
export async function newestEntries(log: ActivityLog, options: CallOptions): Promise<Activity[]> {
  const newest: Activity[] = [];
  for await (const { entries } of readLog(log, options)) {
    newest.push(...entries.map(({ activity }) => activity));
    if (newest.length >= NEWEST) break;
  }
  return newest;
}
