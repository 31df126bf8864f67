/*
 * When the log is read next, and for how long failing reads are tolerated.
 */

import { retryAfterOf } from '../base/errors.js';
import type { DownTo } from '../log/log.js';
import { warning, type WarningEvent } from './events.js';
import { isHopeless } from './answer.js';
import type { FailedRead, StepOf } from './job.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
/** How long the log may fail to be read, three times at least, before ldctl gives up. */
const OUTAGE = MINUTE;
/** How long everything that is read before a POST may take in all. */
export const BEFORE_POST = MINUTE;
/** How far a server's `retry-after` is obeyed. */
export const LONGEST_RETRY_AFTER = 5 * MINUTE;

/** The longest time between two reads: where nothing changes, they become rare. */
const SLOWEST = 5 * SECOND;
/** How long to wait after a read, for each request that it took: four a second at most. */
const REQUEST_GAP = SECOND / 4;
/** How long the last read, at the deadline, may take. */
const LAST_READ = 15 * SECOND;

/** When the log is read, and whether it can be: plain data. Times are ms of the job's clock. */
export interface Pace {
  /** When the next read is wanted; before `earliest` never, except at the deadline. */
  nextRead: number;
  earliest: number;
  changedAt: number;
  failing: { since: number; count: number } | null;
}

/** How long to wait after a read of this many requests. */
export const readGap = (requests: number): number => requests * REQUEST_GAP;

export function newPace(now: number, nextRead = now): Pace {
  return { nextRead, earliest: -Infinity, changedAt: now, failing: null };
}

/** Something has changed, or is about to. */
export function quicken(pace: Pace, now: number, nextRead = now + SECOND): void {
  pace.changedAt = now;
  pace.nextRead = nextRead;
}

export function goodRead(pace: Pace, requests: number, now: number): void {
  pace.failing = null;
  pace.earliest = now + readGap(requests);
  later(pace, now);
}

/** When a read that starts now is cut off. */
export const cutOffAt = (deadline: number, now: number): number =>
  Math.max(deadline, now) + LAST_READ;

/**
 * The next read of a run that waits for something in the log, when it is due.
 * @param depth how far down it goes
 * @param deadline when what the run waits for must have come
 * @param wanted an earlier time at which a read is wanted
 */
export function nextRead(
  pace: Pace,
  depth: () => DownTo,
  now: number,
  deadline = Infinity,
  wanted = Infinity,
): StepOf<'read'> | { do: 'wait'; until: number } {
  const due = Math.min(Math.max(Math.min(pace.nextRead, wanted), pace.earliest), deadline);
  if (now < due) return { do: 'wait', until: due };
  // If it fails, the next one is soon; but none follows the last one.
  const tries = now >= deadline ? 'several' : 'one';
  return { do: 'read', downTo: depth(), tries, cutAt: cutOffAt(deadline, now) };
}

/** @returns whether the log is read no more, and what there is to say */
export function failedRead(
  pace: Pace,
  { error, startedAt }: FailedRead,
  now: number,
  tolerated = OUTAGE,
): { givesUp: boolean; events: WarningEvent[] } {
  const { since, count } = pace.failing ?? { since: startedAt, count: 0 };
  pace.failing = { since, count: count + 1 };
  const givesUp = isHopeless(error) || (now - since >= tolerated && count >= 2);
  later(pace, now);
  const again = now + Math.min(retryAfterOf(error), LONGEST_RETRY_AFTER);
  pace.nextRead = Math.max(pace.nextRead, again);
  // Also where a read is wanted sooner, since the run could be decided.
  pace.earliest = Math.max(pace.earliest, pace.nextRead);
  const message = `the log cannot be read: ${error.message}; trying again`;
  return { givesUp, events: count === 0 ? [warning('log_unreadable', message)] : [] };
}

/** Every second for a minute since something changed, then a sixtieth of that time. */
function later(pace: Pace, now: number): void {
  const quiet = now - pace.changedAt;
  pace.nextRead = now + Math.min(Math.max(quiet / 60, SECOND), SLOWEST);
}
