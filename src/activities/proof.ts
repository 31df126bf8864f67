import type { Activity } from '../base/activity.js';
import type { RunRecord } from '../base/old-journal.js';
import type { Stopwatch } from '../base/stopwatch.js';
import { REQUEST_TIMEOUT_MS, type Accepted } from '../base/supervisor.js';

/** What proves an entry to be that of a trigger (design, "Sequence" 4): either is enough. */
export interface Proof {
  /** That a good poll shows it which began no later than this; monotonic clock, ms, null where none can. */
  seenBy: number | null;
  /** Runs since the POST was made: where the machine slept since, somebody else had more time than the monotonic clock says. */
  sincePost?: Stopwatch;
  /** That it was created in this time, by the server's clock; ms UTC, null where that is not known. */
  created: { from: number; by: number } | null;
}

/** Whoever does the same within this time of the 202 cannot be told apart, and hardly anybody does. */
const SEEN_WITHIN_MS = 2000;

/** More than a clock that is kept in time is set forward by. */
const SLEPT_MS = 500;

/** No clocks of one service are further apart: a time that lies so far before the 202 is none, such as that of the year 1. */
const CLOCKS_APART_MS = 10 * 60_000;

/**
 * By a 202 that has just arrived. A replay proves nothing: the action was carried out some time before.
 * @param arrived when, by the monotonic clock (ms), and a stopwatch that was started as the POST was made
 * @returns null where no proof is asked for
 */
export function proofByAnswer(
  { replayed, serverTime }: Pick<Accepted, 'replayed' | 'serverTime'>,
  arrived: { elapsed: number; sincePost: Stopwatch },
  claimWindowMs: number,
): Proof | null {
  if (replayed) return null;
  const { elapsed, sincePost } = arrived;
  // No request takes longer: this process was stopped, and somebody else had all that time.
  const seenBy = sincePost.ms > REQUEST_TIMEOUT_MS ? null : elapsed + SEEN_WITHIN_MS;
  return { seenBy, sincePost, created: createdAround(serverTime, claimWindowMs) };
}

/**
 * By the 202 that an earlier run has recorded.
 * @param acceptedAt as in `RunRecord`
 * @returns null where it recorded none, so that no proof is asked for
 */
export function proofByRecord(acceptedAt: RunRecord['acceptedAt'], claimWindowMs: number): Proof | null {
  if (acceptedAt === undefined) return null;
  return { seenBy: null, created: createdAround(acceptedAt, claimWindowMs) };
}

/** @param acceptedAt the `date` of the 202, ms UTC */
function createdAround(acceptedAt: number | null, claimWindowMs: number): Proof['created'] {
  return acceptedAt === null ? null : { from: acceptedAt - CLOCKS_APART_MS, by: acceptedAt + claimWindowMs };
}

/** Whether an entry is proven by a poll that shows it. @param polledAt when that began; monotonic clock, ms */
export function isProvenBy(
  { seenBy, sincePost, created }: Proof,
  { created_at: createdAt }: Activity,
  polledAt: number,
): boolean {
  const hasSlept = (sincePost?.asleepMs ?? 0) > SLEPT_MS;
  if (seenBy !== null && polledAt <= seenBy && !hasSlept) return true;
  const at = Date.parse(createdAt);
  return created !== null && at >= created.from && at <= created.by;
}
