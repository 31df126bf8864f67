import type { Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
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
 * minutes before this read of the log, by the server's clock (design, "A caller's key and the re-run").
 *
 * @param answeredAt the answer's `date`, ms UTC, for a log that has none. It may be that of the first answer, so that
 *   the entries would come after it.
 * @returns null where neither says what time it is: there is no window to look in
 * @throws as `Supervisor.list` does
 */
export async function findReplayed(
  log: ActivityLog,
  answeredAt: number | null,
  options: { signal: AbortSignal },
): Promise<ReplayedEntries | null> {
  let until: number | null = null;
  let after = 0n;
  for await (const page of readLog(log, { signal: options.signal })) {
    until ??= log.serverTime ?? answeredAt;
    if (until === null) return null;
    const from = until - WINDOW_MS;
    const older = page.entries.find(({ activity }) => Date.parse(activity.created_at) < from);
    if (!older) continue;
    after = older.activity.id;
    break;
  }
  return until === null ? null : { after, inWindow: between(until - WINDOW_MS, until + DATE_PRECISION_MS) };
}

/** Both are of the server's clock, ms UTC, and inclusive. */
function between(from: number, to: number): ReplayedEntries['inWindow'] {
  return ({ created_at }) => {
    const created = Date.parse(created_at);
    return created >= from && created <= to;
  };
}
