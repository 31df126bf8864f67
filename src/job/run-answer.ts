/*
 * What a record, or the answer to a POST, means for a run.
 */

import { formatDuration } from '../base/durations.js';
import { LdctlError, retryAfterOf } from '../base/errors.js';
import type { KeptRun } from '../base/journal.js';
import type { Accepted } from '../base/supervisor.js';
import { classify, isInProgress } from './answer.js';
import { warning } from './events.js';
import type { FactOf } from './job.js';
import { BEFORE_POST, MINUTE, SECOND } from './pace.js';
import { noteReplay } from './replay.js';
import {
  accept,
  addMark,
  checkAgain,
  endWithError,
  lose,
  noteCount,
  noteSent,
  sendNoMore,
  setBaseline,
  setReplay,
} from './run-moves.js';
import { isTooLate, RESEND, type Run } from './run-state.js';

/** A replay is of a request of the last 10 minutes, plus a minute for its answer. */
const REPLAY_REACH = 11 * MINUTE;

/** A request that is in progress has started this long before the first POST at the earliest. */
const IN_PROGRESS_REACH = MINUTE;

/** Writing ahead: a POST without its record is not made. */
export function takeRecord(run: Run, fact: FactOf<'record'>, now: number): void {
  switch (fact.is) {
    case 'recorded':
      run.generation = fact.generation;
      // The age of a POST counts from its start: the machine may sleep during it.
      run.attempts.firstAt ??= now;
      run.attempts.postedAt ??= fact.at;
      run.hasPosted = true;
      run.state = { name: 'posting' };
      return;
    case 'found':
      return continueFrom(run, fact.kept, now);
    case 'unwritten':
      if (!run.sent) {
        return endWithError(run, fact.error);
      }
      // Without a record it does not send again, but an earlier POST may show in the log.
      run.events.push(warning('journal_not_written', fact.error.message));
      sendNoMore(run);
      return lose(run, now, { lostAt: run.sent.lostAt });
  }
}

const OTHER_API_KEY =
  'a run with this key and another API key was not answered, and the log shows nothing of it';

/**
 * Takes the baseline, the nodes and the counts from the record of an earlier run, or of one in
 * another process. If that was accepted, this run only follows; else the log decides whether it
 * sends.
 */
export function continueFrom(run: Run, kept: KeptRun, now: number): void {
  const { record, generation, ageMs, accepted } = kept;
  const { entries, attempts, trigger } = run;
  const age = Math.max(ageMs, 0);
  setBaseline(run, { id: record.baseline, date: record.date, readAt: -Infinity });
  // Nodes that are named need not be found.
  entries.listed = { ...record.listed, isWhole: entries.only !== null };
  noteCount(run, record.core);
  entries.expect = record.expect;
  run.generation = generation;
  attempts.firstAt = now - age;
  attempts.postedAt = record.postedAt;
  Object.assign(noteSent(run, now), { isOurs: true, earlier: { ageMs: age } });
  if (accepted) {
    return accept(run, now);
  }
  const isOtherApiKey = record.apiKey !== trigger?.apiKeyHash;
  if (isOtherApiKey) {
    run.fateError = new LdctlError('unconfirmed', 'fate_unknown', OTHER_API_KEY);
  }
  attempts.windowMs = RESEND;
  // A negative age: the clock was set back, so the record's age is unknown.
  if (ageMs < 0 || isOtherApiKey) {
    sendNoMore(run);
  }
  lose(run, now);
  // The POST of the record was some time ago, so there may be something to read.
  run.pace.nextRead = now;
}

export function takeAnswer(run: Run, { answer }: FactOf<'post'>, now: number): void {
  if (!(answer instanceof Error)) {
    return takeAccepted(run, answer, now);
  }
  run.fateError = answer;
  takeFailedPost(run, answer, now);
  if (!run.sent) {
    // No POST had an effect. The mark makes the journal pass over the record, so the next is a
    // first.
    addMark(run, 'refused');
    run.generation = 0;
  }
}

function takeAccepted(run: Run, answer: Accepted, now: number): void {
  if (answer.replayed) {
    noteReplay(run, now - REPLAY_REACH);
  } else {
    // Also where the same request was in progress before: that has failed, and this one ran
    // instead.
    setReplay(run, null);
  }
  noteSent(run, now).accepted = answer;
  addMark(run, 'accepted');
  accept(run, now);
}

function takeFailedPost(run: Run, error: LdctlError, now: number): void {
  switch (classify(error)) {
    case 'definite-no':
      return endWithError(run, error);
    case 'not-sent':
    case 'not-now':
      return tryLater(run, error, now);
    case 'redirect':
      sendNoMore(run);
      return loseAnswer(run, error, 'ldctl does not send it again, and looks in the log', now);
    case 'uncertain':
      return loseAnswer(run, error, 'looking in the log before sending again', now);
  }
}

function loseAnswer(run: Run, error: LdctlError, next: string, now: number): void {
  noteSent(run, now).isOurs = true;
  run.events.push(warning('fate_unknown', `${error.message}; ${next}`));
  lose(run, now, { notBefore: now + retryAfterOf(error) });
}

/**
 * The run tries again, since a POST had no effect or a read before the next one has failed. If a
 * POST may have had an effect all the same, the log decides first.
 */
export function tryLater(run: Run, error: LdctlError, now: number): void {
  const { attempts } = run;
  const backoff = Math.min(2 ** attempts.backoffs, 8) * SECOND;
  attempts.backoffs += 1;
  const wait = Math.max(backoff, retryAfterOf(error));
  const isRunning = isInProgress(error);
  const mayBeInLog = run.sent !== null || isRunning;
  if (!mayBeInLog && isTooLate(run, now + wait)) {
    return endWithError(run, error);
  }
  // `not_sent` is about this try; an earlier one may have been sent.
  run.events.push(warning('not_sent', `${error.message}; trying again in ${formatDuration(wait)}`));
  const notBefore = now + wait;
  if (isRunning) {
    // Its entries may show up from now on.
    noteReplay(run, (attempts.firstAt ?? now) - IN_PROGRESS_REACH);
    lose(run, now, { notBefore });
  } else if (run.sent) {
    lose(run, now, { notBefore, lostAt: run.sent.lostAt });
  } else {
    // Start over with a new baseline: an entry of the meantime belongs to someone else.
    checkAgain(run, notBefore);
    run.readBy = notBefore + BEFORE_POST;
  }
}
