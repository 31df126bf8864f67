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

/** How long a node that the log did not list may take to report. */
export const LATE_NODE = 3 * SECOND;

type Following = State & { name: 'following' };

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
  if (run.entries.progress().everyTargetHasEntry) {
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
  const { everyTargetHasEntry, open, mayStillReport, tooMany } = entries.progress();
  const settlesAt = everyTargetHasEntry
    ? graceEndOf(run, acceptedAt, mayStillReport.length > 0)
    : acceptedAt + appearOf(run);
  const isSettled = open.length === 0 && startedAt >= settlesAt;
  const decidesAt = open.length === 0 && !isSettled ? settlesAt : null;
  // The rows say how long the run still waits.
  run.changed ||= state.decidesAt !== decidesAt;
  state.decidesAt = decidesAt;
  if (!isSettled && startedAt < state.deadline) {
    return;
  }
  if (isSettled && mayStillReport.length > 0) {
    noteNotActedOn(run, mayStillReport);
  }
  warnOfEarly(run);
  end(run, outcomeOf(entries, tooMany, isSettled));
}

/** How long an entry may take to appear. An id was in the log once, so a second look is enough. */
function appearOf({ entries, plan }: Run): number {
  return 'ids' in entries.wanted ? Math.min(plan.appearMs, SECOND) : plan.appearMs;
}

/**
 * Until when another entry may show up although every target has one. It counts from when this
 * process learnt that the run was accepted, not from the first POST in the record: another process
 * may have sent a later one just now.
 * @param mayGrow whether there are nodes that need no entry, and may still get one
 */
function graceEndOf({ entries, replay }: Run, acceptedAt: number, mayGrow: boolean): number {
  const afterAccepted = acceptedAt + graceOf(entries, replay !== null);
  return Math.max(afterAccepted, entries.newAt + quietOf(entries, mayGrow));
}

/** How long another entry may take after the run was accepted. */
function graceOf({ wanted, targets, listed }: Entries, isReplay: boolean): number {
  if ('ids' in wanted) {
    // Each id has its one entry.
    return 0;
  }
  if (isReplay) {
    // Until the newest entry of a node shows up, an older one may stand in its place.
    return 10 * SECOND;
  }
  if (targets !== 'observed') {
    // The targets are known, not left to the log: only a second entry of one may come, or one node
    // too many.
    return 2 * SECOND;
  }
  // A node that the log did not list may report; where it listed none, nothing says how many.
  return listed?.here.length ? LATE_NODE : 10 * SECOND;
}

/** How long another entry may take after the newest one, if more nodes may report. */
function quietOf({ targets }: Entries, mayGrow: boolean): number {
  if (mayGrow) {
    return 10 * SECOND;
  }
  return targets === 'observed' ? 2 * SECOND : -Infinity;
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
  events.push(warning('not_acted_on', `not acted on, perhaps gone: ${shortList(nodes, 5)}`));
}

/** Says why a node is missing although the log has an entry for it: that was created too early. */
function warnOfEarly({ entries, baseline, events }: Run): void {
  for (const { id, node_id: node, created_at } of entries.earlyOnly()) {
    const age = formatDuration((baseline.date ?? 0) - Date.parse(created_at));
    const why = `created ${age} before this trigger, by the server's clocks: an earlier action, or clocks that differ`;
    events.push(warning('created_earlier', `node ${node}: activity ${id} was ${why}`));
  }
}
