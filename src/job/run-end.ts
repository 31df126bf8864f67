/*
 * When an accepted run is done, and how it ends.
 */

import type { Id } from '../base/ids.js';
import { formatDuration } from '../base/durations.js';
import { MISSING, type Outcome } from '../base/outcome.js';
import { shortList } from '../base/text.js';
import type { Entries } from './entries.js';
import { warning } from './events.js';
import { SECOND } from './pace.js';
import { addMark, end } from './run-moves.js';
import type { Run, State } from './run-state.js';

/** Once no new entry has come for this long, no more are expected. */
export const QUIET = 10 * SECOND;

/** How long a node that the log did not list may take to report. */
export const LATE_NODE = 3 * SECOND;

type Following = State & { name: 'following' };
type Progress = ReturnType<Entries['progress']>;

/** Ends the run if a read that started at this time decides it, or if the deadline has passed. */
export function judge(run: Run, startedAt: number): void {
  const { state, acceptedAt, trigger } = run;
  if (state.name !== 'following' || acceptedAt === null) {
    return;
  }
  if (trigger?.wait === false) {
    judgeAccepted(run, state, acceptedAt, startedAt);
  } else {
    judgeEntries(run, state, acceptedAt, startedAt);
  }
}

/**
 * For a run that does not wait, after a lost answer. A single entry may be another operator's, so
 * the run counts as accepted only once every node has one.
 */
function judgeAccepted(run: Run, state: Following, acceptedAt: number, startedAt: number): void {
  if (run.entries.progress().hasNamed) {
    addMark(run, 'accepted');
    end(run, 'accepted');
  } else if (startedAt >= Math.min(acceptedAt + run.plan.appearMs, state.deadline)) {
    warnOfEarly(run);
    end(run, 'unconfirmed');
  }
}

/** It is settled once all entries are final, and no other is to be expected. */
function judgeEntries(run: Run, state: Following, acceptedAt: number, startedAt: number): void {
  const { entries } = run;
  const progress = entries.progress();
  const { open, mayStillReport, tooMany } = progress;
  const settlesAt = settlesAtOf(run, acceptedAt, progress);
  const isSettled = open.length === 0 && startedAt >= settlesAt;
  const decidesAt = open.length === 0 && !isSettled ? settlesAt : null;
  // The rows say how long the run still waits.
  run.changed ||= state.decidesAt !== decidesAt;
  state.decidesAt = decidesAt;
  if (!isSettled && startedAt < state.deadline) {
    return;
  }
  if (mayStillReport.length > 0) {
    noteNotActedOn(run, mayStillReport);
  }
  warnOfEarly(run);
  end(run, outcomeOf(entries, tooMany, isSettled));
}

/**
 * When no other entry is to be expected any more. It counts from when this process learnt that the
 * run was accepted, not from the first POST in the record: another process may have sent a later
 * one just now.
 */
function settlesAtOf(
  { entries, plan, replay }: Run,
  acceptedAt: number,
  { hasEnough, mayStillReport }: Progress,
): number {
  if (entries.isCounting) {
    // Core's number may excuse a node, or ask for one more.
    return Infinity;
  }
  if ('ids' in entries.wanted) {
    // Each id has its one entry, which has been in the log before: a second look is enough.
    return acceptedAt + (hasEnough ? 0 : Math.min(plan.appearMs, SECOND));
  }
  if (!hasEnough) {
    return acceptedAt + plan.appearMs;
  }
  const graceEnd = acceptedAt + graceOf(entries, replay !== null);
  if (mayStillReport.length > 0) {
    return Math.max(graceEnd, entries.newAt + QUIET);
  }
  // Nothing but the log says which nodes there are: another may follow the newest.
  const isOpenEnded = entries.targets === 'observed';
  return isOpenEnded ? Math.max(graceEnd, entries.newAt + 2 * SECOND) : graceEnd;
}

/** How long another entry may take after the run was accepted, although every target has one. */
function graceOf({ targets, listed }: Entries, isReplay: boolean): number {
  if (isReplay) {
    // Until the newest entry of a node shows up, an older one may stand in its place.
    return 10 * SECOND;
  }
  if (targets !== 'observed') {
    // Only a second entry of a target may come, or one node too many.
    return 2 * SECOND;
  }
  // A node that the log did not list may report; where it listed none, nothing says how many.
  return listed?.here.length ? LATE_NODE : 10 * SECOND;
}

/** If several apply: unconfirmed before rejected before timed out. */
function outcomeOf(entries: Entries, tooMany: boolean, isSettled: boolean): Outcome {
  const statuses = entries.rows(MISSING).map(({ status }) => status);
  if (statuses.length === 0 || statuses.includes(MISSING) || tooMany) {
    return 'unconfirmed';
  }
  if (statuses.includes('rejected')) {
    return 'rejected';
  }
  const isDone = isSettled && statuses.every((status) => status === 'completed');
  return isDone ? 'completed' : 'timed_out';
}

/** Notes, and warns of, the nodes that needed no entry, and have none. */
function noteNotActedOn({ entries, events }: Run, nodes: readonly Id[]): void {
  entries.notActedOn = nodes;
  events.push(
    warning(
      'not_acted_on',
      `not acted on, perhaps gone or without this runtime: ${shortList(nodes, 5)}`,
    ),
  );
}

/** Says why a node is missing although the log has an entry for it: that was created too early. */
function warnOfEarly({ entries, baseline, events }: Run): void {
  for (const { id, node_id: node, created_at } of entries.earlyOnly()) {
    // Only by a date can an entry be too early.
    const age = formatDuration((baseline.date ?? 0) - Date.parse(created_at));
    const why = `created ${age} before this trigger, by the server's clocks: an earlier action, or clocks that differ`;
    events.push(warning('created_earlier', `node ${node}: activity ${id} was ${why}`));
  }
}
