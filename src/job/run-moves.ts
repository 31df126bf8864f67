/*
 * The moves of a run from state to state that several facts share.
 */

import { Interrupted, type LdctlError } from '../base/errors.js';
import type { Mark } from '../base/journal.js';
import type { Outcome } from '../base/outcome.js';
import { warning, type JobEvent } from './events.js';
import { BEFORE_POST, quicken, SECOND } from './pace.js';
import type { Baseline, Replay, Run, Sent } from './run-state.js';

/** How soon the log is read after a POST. */
const FIRST_READ = SECOND / 2;

/**
 * An entry of this run may seem to be created this long before its baseline was read: the clocks of
 * a server may differ by a few seconds, and its `date` is cut to whole ones.
 */
const CLOCK_SKEW = 10 * SECOND;

const NOT_COUNTED =
  'Core did not say how many nodes there are, so only those that the log lists are checked';

export function setBaseline(run: Run, baseline: Baseline): void {
  run.baseline = baseline;
  setCreatedFrom(run);
}

export function setReplay(run: Run, replay: Replay | null): void {
  run.replay = replay;
  setCreatedFrom(run);
}

/** The entries of a replay may be older than the baseline: its period says which count. */
function setCreatedFrom({ entries, baseline: { date }, replay }: Run): void {
  entries.createdFrom = date === null || replay ? null : date - CLOCK_SKEW;
}

/**
 * Some time has passed since the baseline was read, and no POST had an effect: it is read again.
 * The newest entries are enough: what became busy since is among them.
 */
export function checkAgain(run: Run, notBefore: number): void {
  run.state = { name: 'checking', deep: false, notBefore };
}

/**
 * It has waited for a busy node. What it tried before was not sent, so its counters start again.
 */
export function startAnew(run: Run, notBefore: number): void {
  Object.assign(run.attempts, { backoffs: 0, firstAt: null, postedAt: null });
  run.isUnderway = true;
  run.readBy = notBefore + BEFORE_POST;
  checkAgain(run, notBefore);
}

/** From now on something may have been sent. What was noted before stays. */
export function noteSent(run: Run, now: number): Sent {
  run.sent ??= {
    lostAt: now,
    isOurs: false,
    earlier: null,
    accepted: null,
  };
  return run.sent;
}

/** Core has counted the nodes: in the process of a record, or beside this run. */
export function noteCount({ entries }: Run, core: number | null): void {
  entries.core = core ?? entries.core;
  entries.isCounting &&= entries.core === null;
}

/** A count that was still awaited when the run started. */
export function takeLateCount(run: Run, core: number | null, now: number): void {
  if (run.state.name === 'ended') {
    return;
  }
  noteCount(run, core);
  run.entries.isCounting = false;
  if (run.entries.core === null) {
    run.events.push(warning('not_counted', NOT_COUNTED));
  }
  run.changed = true;
  // The next read may end it.
  quicken(run.pace, now, now);
}

/** From now on `isTooLate`: a run that is `unknown` only looks. */
export function sendNoMore({ attempts }: Run): void {
  attempts.windowMs = -Infinity;
}

/** A POST may have left: the log is read before the run sends again. */
export function lose(run: Run, now: number, { notBefore = now, lostAt = now } = {}): void {
  noteSent(run, now).lostAt = lostAt;
  run.state = { name: 'unknown', notBefore };
  quicken(run.pace, now, now + FIRST_READ);
}

/**
 * `isCertain`: false where the log shows it, whose entries may be someone else's. A run that does
 * not wait then keeps looking until each node has one.
 */
export function accept(run: Run, now: number, { isCertain = true } = {}): void {
  run.changed = true;
  follow(run, now);
  run.events.push(dispatchedBy(run, noteSent(run, now)));
  if (run.trigger?.wait === false && isCertain) {
    end(run, 'accepted');
  }
}

/** The run was accepted: its entries are followed, and the time limit starts. */
export function follow(run: Run, now: number): void {
  run.acceptedAt = now;
  const { timeoutMs, endsBy = Infinity } = run.plan;
  const deadline = Math.min(now + timeoutMs, endsBy);
  run.state = { name: 'following', deadline, decidesAt: null };
  quicken(run.pace, now, now + FIRST_READ);
}

/** It has ended as it was meant to, or by what the log shows. */
export function end(run: Run, outcome: Outcome): void {
  run.state = { name: 'ended', outcome, error: null };
}

function dispatchedBy({ hasPosted }: Run, { accepted, earlier }: Sent): JobEvent {
  const { requestId = null, replayed = false } = accepted ?? {};
  const recovered = accepted === null;
  // If both have sent it, and no answer came, the log does not say whose POST made the entries.
  const known = earlier && ((recovered && !hasPosted) || replayed) && { earlier };
  return { event: 'dispatched', request_id: requestId, replayed, recovered, ...known };
}

/**
 * Also of an interrupt. The run has an outcome only if there is something to report: what may have
 * been sent or, for a wait, what a read has shown. Otherwise it has the error alone.
 */
export function endWithError(run: Run, error: LdctlError): void {
  const isInterrupt = error instanceof Interrupted;
  const isReported = run.trigger ? run.sent !== null : run.entries.hasBeenRead || isInterrupt;
  const outcome = isInterrupt ? 'interrupted' : 'unconfirmed';
  run.state = { name: 'ended', outcome: isReported ? outcome : null, error };
}

export function interrupt(run: Run, reason: Interrupted, now: number): void {
  if (run.state.name === 'posting') {
    // It may have left.
    noteSent(run, now);
  }
  if (run.state.name !== 'ended') {
    endWithError(run, reason);
  }
}

/**
 * The roll of this run is over: nothing more is sent, not even again. What may have been sent is
 * still looked for in the log.
 */
export function callOff(run: Run, error: LdctlError): void {
  if (run.state.name === 'following' || run.state.name === 'ended') {
    return;
  }
  sendNoMore(run);
  if (run.state.name === 'posting') {
    // It may leave at any moment: its answer decides.
    return;
  }
  if (!run.sent) {
    endWithError(run, error);
  } else if (run.state.name === 'sending') {
    // It will not send again, so there is no time to wait for.
    run.state = { name: 'unknown', notBefore: -Infinity };
  }
}

/** Marks the record of this run, if it has one. */
export function addMark(run: Run, mark: Mark): void {
  const { generation, trigger } = run;
  if (trigger && generation > 0) {
    run.marks.push({ do: 'note', key: trigger.wireKey, generation, mark });
  }
}
