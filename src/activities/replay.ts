import type { Activity } from '../core/activity.js';
import type { Id } from '../core/ids.js';
import type { ActivityLog } from './activity-log.js';
import { readLog } from './read-log.js';

/** The server remembers a key for 10 minutes; a minute is for what lies between the first answer and the entries. */
const WINDOW_MS = 11 * 60_000;
/** The `date` header is cut to whole seconds. */
const DATE_PRECISION_MS = 1000;

export interface ReplayedEntries {
  /** Every entry above this id is new enough. */
  after: Id;
  inWindow: (activity: Activity) => boolean;
}

/**
 * Where the entries of a replayed answer are when no journal tells: the first request was carried out in the 11
 * minutes before the answer's date, by the server's clock (design, "A caller's key and the re-run").
 *
 * @param serverTime the answer's `date`, ms UTC
 * @throws as `Supervisor.list` does
 */
export async function findReplayed(
  log: ActivityLog,
  serverTime: number,
  options: { signal: AbortSignal },
): Promise<ReplayedEntries> {
  const from = serverTime - WINDOW_MS;
  const inWindow = ({ created_at }: Activity): boolean => {
    const created = Date.parse(created_at);
    return created >= from && created <= serverTime + DATE_PRECISION_MS;
  };
  for await (const page of readLog(log, { signal: options.signal })) {
    const older = page.entries.find(({ activity }) => Date.parse(activity.created_at) < from);
    if (older) return { after: older.activity.id, inWindow };
  }
  return { after: 0n, inWindow };
}
