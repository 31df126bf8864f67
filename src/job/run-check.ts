/*
 * What a read means before the POST: it gives the nodes and the baseline, and shows which nodes are
 * busy.
 */

import type { Activity } from '../base/activity.js';
import { sha256 } from '../base/hash.js';
import type { LogRead } from '../log/log.js';
import { busyError, busyOf, busyText, isRunning, waitingText } from './busy.js';
import { countMeant, Entries, idsOf, listedIn } from './entries.js';
import { warning } from './events.js';
import { SECOND } from './pace.js';
import { endWithError, setBaseline, startAnew } from './run-moves.js';
import type { Run, State, Trigger } from './run-state.js';

/**
 * Only a deep read shows which nodes there are, and which have been busy for long. If that took
 * several requests, the newest page is read next, for what came meanwhile.
 */
export function takeBaseline(
  run: Run,
  state: State & { name: 'checking' },
  trigger: Trigger,
  log: LogRead,
  now: number,
): void {
  const { entries } = run;
  if (!entries.only) {
    // On every node: those that the log has come to list since the last read.
    const isWhole = state.deep || entries.listed?.isWhole === true;
    entries.listed = listedIn(log.entries, trigger.runtime, isWhole, entries.listed);
  }
  if (stopForBusy(run, trigger, log, now)) {
    return;
  }
  const isNews = moveBaseline(run, log);
  if (state.deep && log.requests > 1) {
    run.state = { ...state, deep: false };
    return;
  }
  run.state = { name: 'sending' };
  if (isNews) {
    sayBaseline(run, trigger);
  }
}

/** @returns whether it says something new: a further try with the same baseline does not */
function moveBaseline(run: Run, log: LogRead): boolean {
  // In a roll, the read may have been made down to the baseline of another node (roll-read.ts). If
  // it shows nothing above that, that is still the highest id.
  const id = log.entries[0]?.id ?? (typeof log.downTo === 'bigint' ? log.downTo : 0n);
  const isNews = id !== run.baseline.id || run.attempts.firstAt === null;
  setBaseline(run, { id, date: log.serverTime, readAt: log.startedAt });
  return isNews;
}

function sayBaseline({ baseline, entries, events }: Run, { nodes, idempotencyKey }: Trigger): void {
  // Nodes that are named need no count.
  const expects = nodes ? 0 : countMeant(entries);
  events.push({ event: 'baseline', baseline: baseline.id, idempotencyKey, expects });
}

/** Waits for a busy node, or fails because of it, as `--if-busy` says. @returns whether it does */
function stopForBusy(run: Run, { ifBusy, runtime }: Trigger, log: LogRead, now: number): boolean {
  const busy = busyOf(log.entries, runtime, run.entries.only);
  if (ifBusy === 'ignore') {
    warnOfBusy(run, busy);
    return false;
  }
  if (busy.length === 0) {
    return false;
  }
  if (ifBusy === 'fail') {
    endWithError(run, busyError(busy));
  } else {
    block(run, busy, log, now);
  }
  return true;
}

/** An earlier read of this run has warned of those up to the baseline. */
function warnOfBusy({ baseline, events }: Run, busy: readonly Activity[]): void {
  const fresh = busy.filter(({ id }) => id > baseline.id);
  if (fresh.length > 0) {
    events.push(warning('busy', busyText(fresh)));
  }
}

function block(run: Run, busy: readonly Activity[], log: LogRead, now: number): void {
  run.events.push(warning('busy', `${busyText(busy)}; ${waitingText(busy)}`));
  const blockers = new Entries({ ids: idsOf(busy) }, run.plan);
  blockers.take(busy, log, now);
  const { timeoutMs, endsBy = Infinity } = run.plan;
  run.busyDeadline = Math.min(run.busyDeadline, log.startedAt + timeoutMs, endsBy);
  run.state = { name: 'blocked', blockers };
  run.pace.nextRead = run.pace.earliest;
}

/**
 * Several runs may have waited for the same entry: they go on at different times, up to 2 s later,
 * so that the first one blocks the others.
 */
const spreadOf = (key: string): number => sha256(key).digest().readUInt32BE() % (2 * SECOND);

/** Goes on once all that it waited for has ended, or is gone from the log. */
export function unblock(
  run: Run,
  { blockers }: State & { name: 'blocked' },
  log: LogRead,
  now: number,
): void {
  blockers.take(
    log.entries.filter((activity) => blockers.wants(activity)),
    log,
    now,
  );
  const open = blockers.progress().open.filter((one) => {
    // Its status may be the same, and its end another.
    const shown = log.entries.find(({ id }) => id === one.id);
    return isRunning(shown ?? one, log.entries);
  });
  if (open.length === 0) {
    startAnew(run, now + spreadOf(run.trigger?.wireKey ?? ''));
  } else if (log.startedAt >= run.busyDeadline) {
    endWithError(run, busyError(open, 'It did not end in time.'));
  }
}
