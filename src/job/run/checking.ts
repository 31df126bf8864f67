/*
 * `checking` and `blocked`: before a POST the log is read for the nodes, the busy ones and the
 * baseline. A run comes back to this after each POST that had no effect.
 */

import type { Activity } from '../../base/activity.js';
import { formatDuration } from '../../base/durations.js';
import { refusedError, retryAfterOf, type LdctlError } from '../../base/errors.js';
import { sha256 } from '../../base/hash.js';
import type { Id } from '../../base/ids.js';
import { count, shortList } from '../../base/text.js';
import type { LogRead } from '../../log/log.js';
import { isHopeless } from '../answer.js';
import { busyError, busyOf, busyText, isRunning, waitingText } from '../busy.js';
import { belowLowest, IdEntries, idsOf } from '../entries.js';
import { countMeant, listedIn } from '../census.js';
import { warning } from '../events.js';
import type { FailedRead } from '../job.js';
import { BEFORE_POST, nextRead, SECOND } from '../pace.js';
import { endWithError, tolerate } from './ended.js';
import { isTooLate, type Ask, type In, type Run, type Sender, type Then } from './state.js';

type Checking = In<'checking'>;

/** Runs that have waited for the same busy node continue within this time, one after the other. */
const SPREAD = 2 * SECOND;

/** The longest time between two tries of a POST, unless the server asks for more. */
const LONGEST_BACKOFF = 8 * SECOND;

export function askChecking({ readBy }: Run, state: Checking, now: number): Ask<'checking'> {
  if (now < state.notBefore) return { do: 'wait', until: state.notBefore };
  const downTo = state.deep ? 'forNodes' : 'newest';
  // Nothing is at stake yet, so it tries several times.
  return { do: 'read', downTo, tries: 'several', cutAt: readBy };
}

/**
 * Only a deep read shows which nodes there are, and which have been busy for long. If that took
 * several requests, the newest page is read next, for what came meanwhile.
 */
export function takeChecking(
  run: Sender,
  state: Checking,
  log: LogRead,
  now: number,
): Then<'checking'> {
  const { entries, events, trigger } = run;
  const change = takeListed(run, state, log);
  if (change) return endWithError(run, change);
  const shown = [...log.entries, ...log.below];
  const busy = busyOf(shown, trigger.runtime, entries.only);
  if (busy.length > 0 && trigger.ifBusy !== 'ignore') {
    const isRefused = trigger.ifBusy === 'fail';
    return isRefused ? endWithError(run, busyError(busy)) : block(run, busy, log, now);
  }
  // An earlier read of this run has warned of those up to the baseline.
  const fresh = busy.filter(({ id }) => id > run.baseline.id);
  if (fresh.length > 0) events.push(warning('busy', busyText(fresh)));
  const isNews = moveBaseline(run, log);
  if (state.deep && log.requests > 1) return { ...state, deep: false };
  if (isNews) {
    // Nodes that are named need no count.
    const expects = entries.only ? 0 : countMeant(entries);
    const { idempotencyKey } = trigger;
    events.push({ event: 'baseline', baseline: run.baseline.id, idempotencyKey, expects });
  }
  return { name: 'sending', before: null, notBefore: log.startedAt + run.attempts.spacingMs };
}

/**
 * Notes which nodes the log has come to list since the last read: a question may have stood for
 * minutes, and a busy node have kept the run for hours.
 * @returns why nothing is sent where these are more than were expected, or another than were agreed
 * to; one that the question has named for other runtimes is no other
 */
function takeListed({ entries, trigger }: Sender, state: Checking, log: LogRead) {
  if (entries.only) return null;
  const isWhole = state.deep || entries.listed?.isWhole === true;
  entries.listed = listedIn(log.recent, trigger.runtime, isWhole, entries.listed);
  const { here } = entries.listed;
  const { expect } = entries;
  const { agreed, again } = trigger;
  const more = again === undefined ? undefined : { next: again };
  // Where Core counts fewer than the log lists, one that is listed may be gone.
  const before = trigger.listed?.here ?? here;
  if (expect !== null && here.length > Math.max(expect, before.length)) {
    const others = nodesText(here.filter((node) => !before.includes(node)));
    const text = `${count(expect, 'node')} expected: the log now lists ${here.length}, with ${others}`;
    return refusedError('other_node_count', text, CHECK_DEPLOYMENT, more);
  }
  const others = here.filter((node) => !agreed?.nodes.includes(node));
  if (!agreed || agreed.nodes.length + others.length <= agreed.most) return null;
  const text = `since you were asked, the log has come to list ${nodesText(others)}`;
  return refusedError('nodes_changed', text, CHECK_NODES, more);
}

const CHECK_DEPLOYMENT = 'Check that this is the right deployment, or name the nodes.';
const CHECK_NODES = 'The same command asks again, about all of them.';

const nodesText = (nodes: readonly Id[]) =>
  `node${nodes.length === 1 ? '' : 's'} ${shortList(nodes)}`;

/**
 * The first failed read ends the run, since it has been tried several times already, unless the API
 * was there before.
 */
export function takeFailedCheck(
  run: Run,
  state: Checking,
  failure: FailedRead,
  now: number,
): In<'checking' | 'ended'> {
  const { error } = failure;
  if (run.attempts.firstAt !== null && !isHopeless(error)) {
    // It counts as another try that failed.
    return retryLater(run, error, now);
  }
  const next = run.isUnderway ? tolerate(run, state, failure, now) : endWithError(run, error);
  return next.name === 'ended' ? next : { ...next, notBefore: run.pace.nextRead };
}

/** @returns whether it says something new: a further try with the same baseline does not */
function moveBaseline(run: Run, log: LogRead): boolean {
  // In a roll, the read may have been made down to the baseline of another node (roll/read.ts). If
  // it shows nothing above that, that is still the highest id.
  const id = log.entries[0]?.id ?? (typeof log.downTo === 'bigint' ? log.downTo : 0n);
  const isNews = id !== run.baseline.id || run.attempts.firstAt === null;
  run.baseline = { id, date: log.serverTime, readAt: log.startedAt };
  return isNews;
}

function block(run: Run, busy: readonly Activity[], log: LogRead, now: number): In<'blocked'> {
  run.events.push(warning('busy', `${busyText(busy)}; ${waitingText(busy)}`));
  const blockers = new IdEntries(idsOf(busy), run.plan);
  blockers.take(busy, log, now);
  const { timeoutMs, endsBy = Infinity } = run.plan;
  run.busyDeadline = Math.min(run.busyDeadline, log.startedAt + timeoutMs, endsBy);
  run.pace.nextRead = run.pace.earliest;
  return { name: 'blocked', blockers };
}

export function askBlocked(run: Run, { blockers }: In<'blocked'>, now: number): Ask<'blocked'> {
  const depth = () => belowLowest(idsOf(blockers.open()));
  return nextRead(run.pace, depth, now, run.busyDeadline);
}

/** Continues once all that it waited for has ended, or is gone from the log. */
export function takeBlocked(
  run: Sender,
  state: In<'blocked'>,
  log: LogRead,
  now: number,
): Then<'blocked'> {
  const { blockers } = state;
  blockers.take(
    log.entries.filter((activity) => blockers.wants(activity)),
    log,
    now,
  );
  const open = blockers.open().filter((one) => isRunning(one, log.entries));
  if (open.length === 0) {
    const { attempts, trigger } = run;
    // What it tried before was not sent, so its counters start again.
    [attempts.backoffs, attempts.firstAt, attempts.postedAt] = [0, null, null];
    run.isUnderway = true;
    // It may have waited for hours: what became busy since is not all on the newest page.
    return { ...newTry(run, now + spreadOf(trigger.wireKey)), deep: true };
  }
  return log.startedAt >= run.busyDeadline
    ? endWithError(run, busyError(open, 'It did not end in time. Wait for it, or allow more time.'))
    : state;
}

/** Several runs may have waited for the same entry: the first one that continues blocks the others. */
const spreadOf = (key: string): number => sha256(key).digest().readUInt32BE() % SPREAD;

/** A new try has as long again for its reads. */
function newTry(run: Run, notBefore: number): Checking {
  run.readBy = notBefore + BEFORE_POST;
  return recheck(run, notBefore);
}

/**
 * Some time has passed since the baseline was read, and no POST had an effect: it is read again.
 * The newest entries are enough: what became busy since is among them. If it was a long pause, such
 * as of a laptop that was shut, the reads have as long again; not if they are slow themselves.
 */
export function recheck(run: Run, notBefore: number): Checking {
  if (notBefore > run.readBy) run.readBy = notBefore + BEFORE_POST;
  return { name: 'checking', deep: false, notBefore };
}

/**
 * The run tries again, since a POST had no effect, or a read before the next one has failed. It
 * starts over with a new baseline: an entry of the meantime belongs to someone else.
 */
export function retryLater(run: Run, error: LdctlError, now: number): In<'checking' | 'ended'> {
  const notBefore = backOff(run, error, now);
  if (isTooLate(run, notBefore)) return endWithError(run, error, null);
  sayTryingAgain(run, error, notBefore - now);
  return newTry(run, notBefore);
}

/** Notes another try. @returns when it may be made, by the job's clock: each time later than the last */
export function backOff({ attempts }: Run, error: LdctlError, now: number): number {
  const waitMs = waitAfter(attempts, error);
  attempts.backoffs += 1;
  return now + waitMs;
}

/** Longer each time, and as long as the server asks for, ms. */
export const waitAfter = ({ backoffs }: Run['attempts'], error: LdctlError): number =>
  Math.max(Math.min(2 ** backoffs * SECOND, LONGEST_BACKOFF), retryAfterOf(error));

/** `not_sent` is about this try; an earlier one may have been sent. */
export function sayTryingAgain({ events }: Run, error: LdctlError, waitMs: number): void {
  events.push(warning('not_sent', `${error.message}; trying again in ${formatDuration(waitMs)}`));
}
