/*
 * `unknown`: a POST may have left, and nothing says whether it was accepted. The log is read until
 * it shows that, or that the run may send again.
 */

import { LdctlError, withHint } from '../../base/errors.js';
import type { KeptRun } from '../../base/journal.js';
import type { DownTo, LogRead } from '../../log/log.js';
import { MINUTE, nextRead, quicken, SECOND } from '../pace.js';
import { endWithError } from './ended.js';
import { accept, FIRST_READ, startFollowing, judge } from './following.js';
import {
  acceptedAtOf,
  addMark,
  isTooLate,
  newSent,
  sendNoMore,
  type Ask,
  type In,
  type Run,
  type Sender,
  type Sent,
  type Then,
} from './state.js';
import { collect } from './whose.js';

/** A read that started this long after a POST was lost shows what it did. */
export const READ_AFTER = 5 * SECOND;

/**
 * How long after the first POST of a record the last may start: servers keep keys for 10 minutes.
 */
const RESEND = 9 * MINUTE;

const OTHER_API_KEY =
  'a run with this key and another API key was not answered, and the log shows nothing of it';

const MAY_BE_OWN =
  'a run with this key was not answered, and the log has entries that may be its own';

type Unknown = In<'unknown'>;

/** A POST may have left: the log is read before the run sends again. */
export function becomeUnknown(run: Run, sent: Sent, now: number, notBefore = now): Unknown {
  quicken(run.pace, now, now + FIRST_READ);
  return { name: 'unknown', sent, notBefore, isHeldBack: false };
}

/**
 * Takes the baseline, the nodes and the counts from the record of an earlier run, or of one in
 * another process. If that was accepted, this run only follows; else the log decides whether it
 * sends.
 */
export function continueFrom(
  run: Sender,
  before: Sent | null,
  kept: KeptRun,
  now: number,
): In<'unknown' | 'following' | 'ended'> {
  const { record, generation, ageMs, marks, newestWhenSettled } = kept;
  const { entries, attempts, trigger } = run;
  run.baseline = { id: record.baseline, date: record.date, readAt: -Infinity };
  // Nodes that are named need not be found.
  entries.listed = { ...record.listed, isWhole: entries.only !== null };
  entries.noteCount(record.core);
  entries.expect = record.expect;
  run.generation = generation;
  run.newestWhenSettled = newestWhenSettled;
  attempts.firstAt = now - Math.max(ageMs, 0);
  attempts.postedAt = record.postedAt;
  const sent = { ...(before ?? newSent(now)), lostAt: now, isEarlier: true };
  if (marks.has('accepted')) return accept(run, sent, now);
  const isOtherApiKey = record.apiKey !== trigger.apiKeyHash;
  if (isOtherApiKey) run.fateError = withHint(run.fateError, run.fateError.hint, OTHER_API_KEY);
  attempts.windowMs = RESEND;
  // A negative age: the clock was set back, so the record's age is unknown.
  if (ageMs < 0 || isOtherApiKey) sendNoMore(run);
  const state = becomeUnknown(run, sent, now);
  // The POST of the record was some time ago, so there may be something to read.
  run.pace.nextRead = now;
  return state;
}

export const askUnknown = (run: Run, state: Unknown, now: number): Ask<'unknown'> =>
  nextRead(run.pace, () => depthOfUnknown(run, state, now), now);

export function depthOfUnknown(run: Run, state: Unknown, now: number): DownTo {
  const isDeep = !run.entries.listed?.isWhole || maySendAgain(run, state, now);
  return isDeep ? 'forNodes' : run.baseline.id;
}

/**
 * Whether the next read may let the run send again. It then goes as deep as the read for nodes:
 * only that notices if a server that sorts without a tie-breaker has left an entry out.
 */
export function maySendAgain(run: Run, state: Unknown, now: number): boolean {
  return isFree(state, now) && now - state.sent.lostAt >= READ_AFTER && !isTooLate(run, now);
}

const isFree = ({ isHeldBack, notBefore }: Unknown, now: number) => !isHeldBack && now >= notBefore;

export function takeUnknown(
  run: Sender,
  state: Unknown,
  log: LogRead,
  now: number,
): Then<'unknown'> {
  const { sent } = state;
  collect(run, sent.replay, log, now);
  if (run.entries.byId.size > 0) return takeTrace(run, sent, log, now);
  const sinceLost = log.startedAt - sent.lostAt;
  const sendAt = log.startedAt + run.attempts.spacingMs;
  const isAbsent = sinceLost >= READ_AFTER && log.downTo === 'forNodes' && isFree(state, now);
  if (isAbsent && !isTooLate(run, Math.max(now, sendAt))) {
    return { name: 'sending', before: sent, notBefore: sendAt };
  }
  // Once it is too late, it only looks, as long as an entry may take.
  const hasLooked = isTooLate(run, now) && sinceLost >= run.plan.appearTimeoutMs;
  return hasLooked ? endWithError(run, run.fateError) : state;
}

/**
 * An entry shows that the POST was accepted, and the same read may end the run. With `--no-wait` it
 * may be another operator's, and the run looks no further.
 */
function takeTrace(run: Sender, sent: Sent, log: LogRead, now: number): In<'following' | 'ended'> {
  if (!run.trigger.wait) {
    const error = new LdctlError('unconfirmed', 'fate_unknown', MAY_BE_OWN);
    return endWithError(run, run.hasPosted ? run.fateError : error);
  }
  addMark(run, 'accepted');
  return judge(run, startFollowing(run, sent, now), log);
}

/** It was never seen to be accepted, and no process will ever send it again. */
export function isForgotten(run: Run, now: number): boolean {
  const { firstAt } = run.attempts;
  return acceptedAtOf(run) === null && firstAt !== null && now - firstAt > RESEND;
}
