/*
 * What a read of the log means for a run: run-check.ts says it before the POST, run-end.ts once the
 * POST was accepted. In between, while its fate is unknown, the read decides here whether to send
 * again.
 */

import { isHopeless } from './answer.js';
import { listedIn } from './entries.js';
import { foreignLog } from './foreign.js';
import type { FactOf } from './job.js';
import { failedRead, goodRead, quicken, type FailedRead } from './pace.js';
import type { LogRead } from '../log/log.js';
import { findPeriodAndFloor, needsFloor, sift } from './replay.js';
import { tryLater } from './run-answer.js';
import { takeBaseline, unblock } from './run-check.js';
import { judge } from './run-end.js';
import { accept, addMark, endWithError } from './run-moves.js';
import {
  deadlineOf,
  isTooLate,
  READ_AFTER,
  RETRY_WINDOW,
  type Run,
  type State,
} from './run-state.js';

/** What a read means depends on the state. */
export function takeRead(run: Run, fact: FactOf<'read'>, now: number): void {
  if (fact.is === 'unreadable') {
    return takeFailedRead(run, fact, now);
  }
  const { state, trigger } = run;
  const log = fact.read;
  goodRead(run.pace, log.requests, now);
  const problem = foreignLog(log.entries, run.plan.deploymentId, run.plan.tenant);
  if (problem) {
    return endWithError(run, problem);
  }
  switch (state.name) {
    case 'checking':
      return trigger ? takeBaseline(run, state, trigger, log, now) : undefined;
    case 'blocked':
      return unblock(run, state, log, now);
    case 'unknown':
      collect(run, log, now);
      lookForTrace(run, state, log, now);
      // If the log shows that it was accepted, the same read may end it.
      return judge(run, log.startedAt);
    case 'following':
      collect(run, log, now);
      return judge(run, log.startedAt);
    default:
    // No read is made in any other state.
  }
}

function takeFailedRead(run: Run, failure: FailedRead, now: number): void {
  const { state, attempts } = run;
  const isChecking = state.name === 'checking';
  const hasTriedToPost = attempts.firstAt !== null;
  if (isChecking && hasTriedToPost && !isHopeless(failure.error)) {
    // The API was there when the run started, so this counts as another try that failed.
    return tryLater(run, failure.error, now);
  }
  const tolerated = state.name === 'unknown' ? RETRY_WINDOW : undefined;
  const { givesUp, events } = failedRead(run.pace, failure, now, tolerated);
  // A wait ends if the log could not be read once. A run ends before its POST, since the read has
  // been tried several times already.
  const isWait = run.trigger === null;
  const endsNow = isWait ? !run.entries.hasBeenRead : isChecking && !run.isUnderway;
  if (givesUp || endsNow || now >= deadlineOf(run)) {
    return endWithError(run, failure.error);
  }
  run.events.push(...events);
  if (isChecking) {
    state.notBefore = run.pace.nextRead;
  }
}

/**
 * Before the POST, the log may have been read for nodes no further than it shows as many as Core
 * counts; a record does not say. What came after the baseline lists no node.
 */
function listRest({ entries, baseline }: Run, runtime: string, log: LogRead): void {
  if (!entries.listed?.isWhole && log.downTo === 'forNodes') {
    const before = log.entries.filter(({ id }) => id <= baseline.id);
    entries.listed = listedIn(before, runtime, true, entries.listed);
  }
}

/** Takes in the entries that count. */
function collect(run: Run, log: LogRead, now: number): void {
  const { entries, replay } = run;
  const isById = 'ids' in entries.wanted;
  if (!isById) {
    listRest(run, entries.wanted.runtime, log);
  }
  if (replay && needsFloor(run)) {
    findPeriodAndFloor(run, replay, log);
  }
  const wanted = log.entries.filter((activity) => entries.wants(activity));
  const changes = entries.take(isById ? wanted : sift(run, wanted), log, now);
  if (changes.length > 0) {
    quicken(run.pace, now);
    run.events.push(...changes);
    run.changed = true;
  }
}

/**
 * After a lost POST: an entry means accepted. If a read that started 5 s later, and went far enough
 * down, shows none, the run may send again. Where it may not, it looks as long as an entry may
 * take.
 */
function lookForTrace(
  run: Run,
  state: State & { name: 'unknown' },
  log: LogRead,
  now: number,
): void {
  const { sent, plan } = run;
  if (!sent) {
    return;
  }
  if (run.entries.byId.size > 0) {
    return takeTrace(run, now);
  }
  const mayOnlyLook = isTooLate(run, now);
  if (log.startedAt - sent.lostAt < (mayOnlyLook ? plan.appearMs : READ_AFTER)) {
    return;
  }
  if (mayOnlyLook) {
    endWithError(run, run.fateError);
  } else if (log.downTo === 'forNodes' && now >= state.notBefore) {
    // So deep a read, which `maySendAgain` has asked for, shows that there is no entry.
    run.state = { name: 'sending' };
  }
}

/**
 * An entry shows that the POST was accepted. With `--no-wait` it may be another operator's, so
 * `judgeAccepted` marks the record.
 */
function takeTrace(run: Run, now: number): void {
  if (run.trigger?.wait !== false) {
    addMark(run, 'accepted');
  }
  accept(run, now, { isCertain: false });
}
