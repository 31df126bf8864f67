/*
 * `sending` and `posting`: the record of a POST is written, the POST is made, and its answer says
 * what comes next.
 */

import { ApiError, retryAfterOf, type LdctlError } from '../../base/errors.js';
import { compareIds } from '../../base/ids.js';
import { classify, hadNoEffect } from '../answer.js';
import { NONE_LISTED } from '../census.js';
import { warning } from '../events.js';
import type { FactOf } from '../job.js';
import { MINUTE, SECOND } from '../pace.js';
import { backOff, recheck, sayTryingAgain, retryLater, waitAfter } from './checking.js';
import { endForRoll, endWithError } from './ended.js';
import { accept } from './following.js';
import {
  addMark,
  isRollOver,
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
import { continueFrom, becomeUnknown } from './unknown.js';
import { replayOf } from './whose.js';

/** A baseline older than this is read again before a POST. */
const FRESH = 10 * SECOND;

/** The longest time between a read and the POST after it, where the server limits requests. */
const LONGEST_SPACING = 5 * SECOND;

/** A replay is of a request of the last 10 minutes, plus a minute for its answer. */
const REPLAY_REACH = 11 * MINUTE;

/** A request that is in progress has started this long before the first POST at the earliest. */
const IN_PROGRESS_REACH = MINUTE;

/**
 * After a pause, such as of a laptop that was shut: gives up if the key is too old to send again,
 * or the roll is over, and reads the baseline again if that is too old. A pause after the record is
 * written makes the POST too late (`sendByOf`).
 */
export function tickSending(
  run: Run,
  state: In<'sending'>,
  now: number,
): In<'sending' | 'checking' | 'ended'> {
  if (state.before) return isTooLate(run, now) ? endWithError(run, run.fateError) : state;
  if (isRollOver(run, now)) return endForRoll(run);
  return now > sendByOf(run, null) ? recheck(run, now) : state;
}

/**
 * Until when the POST may leave: a first one while its baseline is fresh. Another one keeps its
 * baseline, since entries above that may be its own, and may leave as long as the key is known.
 */
function sendByOf({ baseline, attempts }: Run, before: Sent | null): number {
  const { firstAt, windowMs } = attempts;
  return before ? (firstAt ?? 0) + windowMs : baseline.readAt + FRESH;
}

export function askSending(
  { baseline, entries, generation, attempts, trigger }: Sender,
  { before, notBefore }: In<'sending'>,
  now: number,
): Ask<'sending'> {
  if (now < notBefore) return { do: 'wait', until: notBefore };
  if (!trigger.keepsKey) return { do: 'record', record: null, after: 0 };
  const { here, elsewhere } = entries.listed ?? NONE_LISTED;
  const record = {
    key: trigger.wireKey,
    // Only its hash: 8 digits.
    apiKey: trigger.apiKeyHash,
    baseline: baseline.id,
    date: baseline.date,
    expect: entries.expect,
    core: entries.coreCount,
    listed: { here, elsewhere },
    // A new POST is timed as it is recorded (`drive`): what was not sent before does not count.
    postedAt: before ? attempts.postedAt : null,
  };
  return { do: 'record', record, after: generation };
}

/** Writing ahead: a POST without its record is not made. */
export function takeSending(
  run: Sender,
  { before }: In<'sending'>,
  fact: FactOf<'record'>,
  now: number,
): Then<'sending'> {
  const { attempts, events } = run;
  switch (fact.is) {
    case 'recorded':
      run.generation = fact.generation;
      // The age of a POST counts from its start: the machine may sleep during it.
      attempts.firstAt ??= now;
      attempts.postedAt ??= fact.at;
      return { name: 'posting', sent: before ?? newSent(now), before };
    case 'found':
      return continueFrom(run, before, fact.kept, now);
    case 'unwritten':
      if (!before) return endWithError(run, fact.error);
      // Without a record it does not send again, but an earlier POST may show in the log.
      events.push(warning('journal_not_written', fact.error.message));
      sendNoMore(run);
      return becomeUnknown(run, before, now);
  }
}

export function askPosting(run: Sender, { before }: In<'posting'>): Ask<'posting'> {
  const { deploymentId, runtime, action, wireKey, nodes } = run.trigger;
  const sorted = nodes?.toSorted(compareIds) ?? null;
  const request = { deploymentId, runtime, action, nodes: sorted, wireKey };
  return { do: 'post', request, sendBy: sendByOf(run, before) };
}

export function takePosting(
  run: Sender,
  state: In<'posting'>,
  { answer }: FactOf<'post'>,
  now: number,
): Then<'posting'> {
  if (answer instanceof Error) {
    run.hasPosted ||= !hadNoEffect(answer);
    run.fateError = answer;
    return takeFailedPost(run, state, answer, now);
  }
  run.hasPosted = true;
  // Without a replay, a request that was in progress before has failed, and this one ran instead.
  const replay = answer.replayed ? replayOf(run, state.before, now - REPLAY_REACH) : null;
  addMark(run, 'accepted');
  return accept(run, { ...state.sent, replay, accepted: answer }, now);
}

function takeFailedPost(
  run: Sender,
  { sent, before }: In<'posting'>,
  error: LdctlError,
  now: number,
): Then<'posting'> {
  const lost = { ...sent, lostAt: now };
  keepDistance(run, error);
  switch (classify(error)) {
    case 'definite-no':
      if (!before) addMark(run, 'refused');
      return endWithError(run, error, before);
    case 'in-progress': {
      // Its entries may show up from now on.
      const since = (run.attempts.firstAt ?? now) - IN_PROGRESS_REACH;
      return lookAfterBackoff(run, { ...lost, replay: replayOf(run, before, since) }, error, now);
    }
    case 'not-sent':
    case 'not-now':
      if (before) return lookAfterBackoff(run, before, error, now);
      addMark(run, 'refused');
      return retryLater(run, error, now);
    case 'redirect':
      sendNoMore(run);
      return warnAndLook(
        run,
        lost,
        error,
        'ldctl does not send it again, and looks in the log',
        now,
      );
    case 'uncertain':
      return warnAndLook(run, lost, error, 'looking in the log before sending again', now);
  }
}

/** The read right before a POST may be why a server that counts requests has refused it. */
function keepDistance({ attempts }: Run, error: LdctlError): void {
  if (!(error instanceof ApiError)) return;
  let wantedMs = 0;
  if (error.status === 429 && attempts.backoffs > 0) wantedMs = waitAfter(attempts, error);
  // After a 503 it is short: the POST may still show up in the log.
  if (error.status === 503) wantedMs = SECOND;
  attempts.spacingMs = Math.max(attempts.spacingMs, Math.min(wantedMs, LONGEST_SPACING));
}

/** This POST had no effect, but one may have had: the log decides before the run tries again. */
function lookAfterBackoff(run: Run, sent: Sent, error: LdctlError, now: number): In<'unknown'> {
  const notBefore = backOff(run, error, now);
  sayTryingAgain(run, error, notBefore - now);
  return becomeUnknown(run, sent, now, notBefore);
}

function warnAndLook(
  run: Run,
  sent: Sent,
  error: LdctlError,
  next: string,
  now: number,
): In<'unknown'> {
  run.events.push(warning('fate_unknown', `${error.message}; ${next}`));
  return becomeUnknown(run, sent, now, now + retryAfterOf(error));
}
