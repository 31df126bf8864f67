/*
 * `following`: the run was accepted, or it is a wait. Its entries are read until they say how it
 * went, or its time is up.
 */

import { formatDuration } from '../../base/durations.js';
import { MISSING, type Outcome } from '../../base/outcome.js';
import { shortList } from '../../base/text.js';
import { belowLowest, IdEntries, idsOf, type Entries } from '../entries.js';
import { warning } from '../events.js';
import type { DownTo, LogRead } from '../../log/log.js';
import { nextRead, quicken, SECOND } from '../pace.js';
import {
  addMark,
  type Ask,
  type In,
  type Plan,
  type Run,
  type Sender,
  type Sent,
  type Then,
} from './state.js';
import { collect, findPeriodAndFloor } from './whose.js';

/** Once no new entry has come for this long, no more are expected. */
const QUIET = 10 * SECOND;

/** How long a node that the log did not list may take to report. */
export const LATE_NODE = 3 * SECOND;

/** How long a second entry of a node may take, or another node after the last new one. */
const ANOTHER = 2 * SECOND;

/** How long to wait for nodes where nothing says how many there are. */
const UNLISTED_NODES = 10 * SECOND;

/** How soon the log is read after a POST. */
export const FIRST_READ = SECOND / 2;

type Following = In<'following'>;

/** From now on the time limit counts. @param sent null for a wait */
export function newFollowing(plan: Plan, sent: Sent | null, now: number): Following {
  const { timeoutMs, endsBy = Infinity } = plan;
  const deadline = Math.min(now + timeoutMs, endsBy);
  return { name: 'following', sent, acceptedAt: now, deadline, decidesAt: null };
}

/** What was sent was accepted: its entries are followed. */
export function startFollowing(run: Run, sent: Sent, now: number): Following {
  const { accepted, isEarlier } = sent;
  const { requestId = null, replayed = false } = accepted ?? {};
  const recovered = accepted === null;
  // If both have sent it, and no answer came, the log does not say whose POST made the entries.
  const isTheirs = isEarlier && (recovered ? !run.hasPosted : replayed);
  const ageMs = now - (run.attempts.firstAt ?? now);
  const shown = { request_id: requestId, replayed, recovered };
  run.changed = true;
  run.events.push({ event: 'dispatched', ...shown, ...(isTheirs && { earlier: { ageMs } }) });
  quicken(run.pace, now, now + FIRST_READ);
  return newFollowing(run.plan, sent, now);
}

/** An answer or a record says that it was accepted. A run that does not wait has ended. */
export function accept(run: Sender, sent: Sent, now: number): In<'following' | 'ended'> {
  const state = startFollowing(run, sent, now);
  return run.trigger.wait ? state : end(state, 'accepted');
}

/** It has ended as it was meant to, or by what the log shows. */
const end = ({ sent, acceptedAt }: Following, outcome: Outcome): In<'ended'> => ({
  name: 'ended',
  outcome,
  error: null,
  sent,
  acceptedAt,
});

export function askFollowing(run: Run, state: Following, now: number): Ask<'following'> {
  const { deadline, decidesAt } = state;
  const depth = () => depthOfFollowing(run, state);
  return nextRead(run.pace, depth, now, deadline, decidesAt ?? Infinity);
}

/**
 * How far down the next read goes: to every entry that may change, and to where others may come.
 */
export function depthOfFollowing({ entries, baseline }: Run, { sent }: Following): DownTo {
  const floor = sent?.replay?.floor;
  if (entries instanceof IdEntries) return belowLowest(entries.unfinished);
  if (!entries.listed?.isWhole || floor === null) return 'forNodes';
  const open = entries.open();
  // Every target has its entry, and the run waits only for open ones.
  const isComplete =
    open.length > 0 && entries.hasEnough() && entries.mayStillReport().length === 0;
  const isQuiet = isComplete && entries.readAt - entries.newAt > QUIET;
  return isQuiet ? belowLowest(idsOf(open)) : (floor ?? baseline.id);
}

export function takeFollowing(
  run: Run,
  state: Following,
  log: LogRead,
  now: number,
): Then<'following'> {
  const { replay = null, accepted = null } = state.sent ?? {};
  if (replay?.floor === null) findPeriodAndFloor(run, replay, log, accepted?.serverTime);
  collect(run, replay, log, now);
  return judge(run, state, log);
}

/**
 * Ends the run if this read decides it, by when it started, or if the deadline has passed. It is
 * settled once all entries are final, and no other is to be expected.
 */
export function judge(run: Run, state: Following, log: LogRead): Then<'following'> {
  const { entries } = run;
  const { startedAt } = log;
  const areFinal = entries.open().length === 0;
  const settlesAt = settlesAtOf(run, state);
  const isSettled = areFinal && startedAt >= settlesAt;
  const decidesAt = areFinal && !isSettled ? settlesAt : null;
  // The rows say how long the run still waits.
  run.changed ||= state.decidesAt !== decidesAt;
  if (!isSettled && startedAt < state.deadline) return { ...state, decidesAt };
  entries.notActedOn = entries.mayStillReport();
  warnAtEnd(run);
  if (isSettled && entries.hasEnough() && run.newestWhenSettled === null) {
    addMark(run, 'settled', log.entries[0]?.id);
  }
  return end(state, outcomeOf(entries, isSettled));
}

/**
 * When no other entry is to be expected any more. It counts from when this process learnt that the
 * run was accepted, not from the first POST in the record: another process may have sent a later
 * one just now.
 */
function settlesAtOf({ entries, plan }: Run, { acceptedAt, sent }: Following): number {
  if (entries.isCounting) {
    // Core's number may excuse a node, or ask for one more.
    return Infinity;
  }
  if (entries instanceof IdEntries) {
    // Each id has its one entry, which has been in the log before: a second look is enough.
    return acceptedAt + (entries.hasEnough() ? 0 : Math.min(plan.appearTimeoutMs, SECOND));
  }
  if (!entries.hasEnough()) return acceptedAt + plan.appearTimeoutMs;
  // Nothing but the log says which nodes there are.
  const isOpenEnded = entries.targets === 'observed';
  const grace = () => {
    // Until the newest entry of a node shows up, an older one may stand in its place.
    if (sent?.replay) return QUIET;
    // Only a second entry of a target may come, or one node too many.
    if (!isOpenEnded) return ANOTHER;
    // A node that the log did not list may report.
    return entries.listed?.here.length ? LATE_NODE : UNLISTED_NODES;
  };
  // Where another node may follow the newest, none has for some time.
  const othersMs = isOpenEnded ? ANOTHER : -Infinity;
  const quietMs = entries.mayStillReport().length > 0 ? QUIET : othersMs;
  return Math.max(acceptedAt + grace(), entries.newAt + quietMs);
}

/** If several apply: unconfirmed before rejected before timed out. */
function outcomeOf(entries: Entries, isSettled: boolean): Outcome {
  const statuses = entries.rows(MISSING).map(({ status }) => status);
  if (statuses.length === 0 || statuses.includes(MISSING) || entries.hasTooMany()) {
    return 'unconfirmed';
  }
  if (statuses.includes('rejected')) return 'rejected';
  if (!isSettled || statuses.includes('processing')) return 'timed_out';
  // What has ended in a way that ldctl does not know may or may not have done it.
  return statuses.every((status) => status === 'completed') ? 'completed' : 'unconfirmed';
}

/**
 * Warns of nodes that did not act and did not have to, and of nodes that acted unexpectedly. Says why
 * a node is missing although the log has an entry for it: that entry was created too early.
 */
function warnAtEnd({ entries, baseline, events }: Run): void {
  if (entries.notActedOn.length > 0) {
    const nodes = shortList(entries.notActedOn, 5);
    const message = `not acted on, perhaps gone or without this runtime: ${nodes}`;
    events.push(warning('not_acted_on', message));
  }
  const unforeseen = entries.unforeseen();
  if (unforeseen.length > 0) {
    const message = `more nodes acted than the log listed before: ${shortList(unforeseen, 5)}`;
    events.push(warning('also_acted_on', message));
  }
  for (const { id, node_id: node, created_at } of entries.earlyOnly()) {
    // Only by a date can an entry be too early.
    const age = formatDuration((baseline.date ?? 0) - Date.parse(created_at));
    const why = `created ${age} before this trigger, by the server's clocks: an earlier action, or clocks that differ`;
    events.push(warning('created_earlier', `node ${node}: activity ${id} was ${why}`));
  }
}
