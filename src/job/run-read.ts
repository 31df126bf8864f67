/*
 * What a read of the log means for a run: run-check.ts says it before the POST, run-end.ts once the
 * POST was accepted. In between, while its fate is unknown, the read decides here whether to send
 * again.
 */

import { isHopeless } from './answer.js';
import { listedIn, notOurs } from './entries.js';
import type { FactOf } from './job.js';
import { failedRead, goodRead, quicken, type FailedRead } from './pace.js';
import type { LogRead } from '../log/log.js';
import { findFloor, hiddenBy, isRecent, needsFloor } from './replay.js';
import { tryLater } from './run-answer.js';
import { check, unblock } from './run-check.js';
import { judge } from './run-end.js';
import {
  accept,
  addMark,
  deadlineOf,
  fail,
  giveUp,
  isPosted,
  isTooLate,
  READ_AFTER,
  RETRY_WINDOW,
  type Run,
} from './run-state.js';

/** What a read means depends on the state. */
export function takeRead(run: Run, fact: FactOf<'read'>, now: number): void {
  if (fact.is === 'unreadable') {
    return takeFailedRead(run, fact, now);
  }
  const { state, trigger } = run;
  const log = fact.read;
  run.events.push(...goodRead(run.pace, log, now));
  const problem = notOurs(log.entries, run.plan.deploymentId, trigger?.tenant ?? null);
  if (problem) {
    return fail(run, problem);
  }
  if (isPosted(run)) {
    collect(run, log, now);
    lookForTrace(run, log, now);
    judge(run, log.startedAt);
  } else if (state.name === 'blocked') {
    unblock(run, state, log, now);
  } else if (state.name === 'checking' && trigger) {
    check(run, state, trigger, log, now);
  }
}

function takeFailedRead(run: Run, failure: FailedRead, now: number): void {
  const { state, attempts } = run;
  const isChecking = state.name === 'checking';
  if (isChecking && attempts.firstAt !== null && !isHopeless(failure.error)) {
    // It was reachable when the run started, and the POST is tried again for two minutes.
    return tryLater(run, failure.error, now);
  }
  const tolerated = state.name === 'unknown' ? RETRY_WINDOW : undefined;
  const { givesUp, events } = failedRead(run.pace, failure, now, tolerated);
  // A read before the first POST has been tried several times already. A wait that has read nothing
  // yet may be for a log that cannot be read at all.
  const isFirst = run.trigger ? isChecking && !run.isUnderway : run.entries.readAt === -Infinity;
  if (givesUp || isFirst || now >= deadlineOf(run)) {
    return fail(run, failure.error);
  }
  run.events.push(...events);
  if (isChecking) {
    state.notBefore = run.pace.nextRead;
  }
}

/** Takes in the entries that count. */
function collect(run: Run, log: LogRead, now: number): void {
  const { entries, replay } = run;
  const isById = 'ids' in entries.wanted;
  if (!isById) {
    entries.listed ??= listedIn(log.entries, entries.wanted.runtime);
  }
  if (replay && needsFloor(run)) {
    findFloor(run, replay, log);
  }
  const recent = log.entries.filter(
    (activity) => entries.wants(activity) && (isById || isRecent(run, activity)),
  );
  const isHidden = hiddenBy(recent, run);
  // Some were taken before the one that hides them showed up.
  entries.forget(isHidden);
  const counted = recent.filter((activity) => !isHidden(activity));
  const changes = entries.take(counted, log, now);
  if (changes.length > 0) {
    quicken(run.pace, now);
    run.events.push(...changes);
    run.changed = true;
  }
}

/** After a lost POST: an entry means accepted; none, 5 s later, that the run may send again. */
function lookForTrace(run: Run, log: LogRead, now: number): void {
  const { sent, state, plan } = run;
  if (!sent || state.name !== 'unknown') {
    return;
  }
  if (run.entries.byId.size > 0) {
    return takeTrace(run, now);
  }
  const waitsFor = sent.redirected ? plan.appearMs : READ_AFTER;
  if (log.startedAt - sent.lostAt < waitsFor) {
    return;
  }
  if (sent.redirected || isTooLate(run, now)) {
    giveUp(run, run.lastError);
  } else if (now >= state.notBefore && log.above === undefined) {
    // Only a read that went on below the baseline shows that there is none: see `maySendAgain`.
    run.state = { name: 'sending' };
  }
}

/** An entry shows that it was accepted; a run that does not wait needs one of each node. */
function takeTrace(run: Run, now: number): void {
  const isCertain = run.trigger?.wait !== false || run.entries.progress().complete;
  if (isCertain) {
    addMark(run, 'accepted');
  }
  accept(run, now, { recovered: true, isCertain });
}
