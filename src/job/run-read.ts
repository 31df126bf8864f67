/*
 * What a read of the log means for a run. Before the POST it gives the nodes, the busy ones and the
 * baseline. After a POST whose fate is unknown it decides whether to send again. Once a POST was
 * accepted it decides when the run is done.
 */

import type { Activity } from '../base/activity.js';
import { formatDuration } from '../base/durations.js';
import { compareIds, type Id } from '../base/ids.js';
import { MISSING, type Outcome } from '../base/outcome.js';
import { shortList } from '../base/text.js';
import type { LogRead } from '../log/log.js';
import { isHopeless } from './answer.js';
import { busyError, busyOf, busyText } from './busy.js';
import { bothListed, Entries, listedIn, notOurs } from './entries.js';
import { warning } from './events.js';
import type { FactOf } from './job.js';
import { failedRead, goodRead, MINUTE, quicken, SECOND, type FailedRead } from './pace.js';
import { tryLater } from './run-answer.js';
import {
  accept,
  addMark,
  deadlineOf,
  fail,
  giveUp,
  isPosted,
  isTooLate,
  needsFloor,
  READ_AFTER,
  setBaseline,
  startAnew,
  RETRY_WINDOW,
  type Replay,
  type Run,
  type State,
  type Trigger,
} from './run-state.js';
import { spreadOf } from './wire-key.js';

/** What a read means depends on the state. */
export function takeRead(run: Run, fact: FactOf<'read'>, now: number): void {
  if (fact.is === 'unreadable') {
    return takeFailedRead(run, fact, now);
  }
  const { state } = run;
  const log = fact.read;
  run.events.push(...goodRead(run.pace, log, now));
  const problem = notOurs(log.entries, run.plan.deploymentId, run.trigger?.tenant ?? null);
  if (problem) {
    return fail(run, problem);
  }
  if (isPosted(run)) {
    collect(run, log, now);
    lookForTrace(run, log, now);
    if (run.trigger?.wait === false) {
      judgeAccepted(run, log.startedAt);
    } else {
      judge(run, log.startedAt);
    }
  } else if (state.name === 'blocked') {
    unblock(run, state, log, now);
  } else if (state.name === 'checking' && run.trigger) {
    check(run, state, run.trigger, log, now);
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
  if (isChecking) state.notBefore = run.pace.nextRead;
}

/**
 * Before the POST. Only a read from far back shows which nodes there are, and which have been busy
 * for long. If it took a while, the newest page is read next, for what came meanwhile.
 */
function check(
  run: Run,
  state: State & { name: 'checking' },
  trigger: Trigger,
  log: LogRead,
  now: number,
): void {
  const { entries } = run;
  if (!entries.only) {
    // Some may have shown up since they were last looked for.
    entries.listed = bothListed(entries.listed, listedIn(log.entries, trigger.runtime));
  }
  if (stopForBusy(run, state, trigger, log, now)) {
    return;
  }
  // A read that a roll has made for another node leaves out all up to that node's baseline. If it
  // shows nothing above, that is still the highest id.
  const baseline = log.entries[0]?.id ?? log.above ?? 0n;
  // A further try with the same baseline says nothing new.
  const isNews = baseline !== run.baseline.id || run.attempts.firstAt === null;
  setBaseline(run, { id: baseline, date: log.serverTime, readAt: log.startedAt });
  const tookLong = log.requests > 1;
  if (state.deep && tookLong) {
    run.state = { ...state, deep: false };
    return;
  }
  run.state = { name: 'sending' };
  if (isNews) {
    const { idempotencyKey } = trigger;
    const expects = trigger.nodes ? 0 : expectedOf(entries);
    run.events.push({ event: 'baseline', baseline, idempotencyKey, expects });
  }
}

const expectedOf = ({ expect, listed }: Entries): number => expect ?? listed?.here.length ?? 0;

/** Waits for a busy node, or fails because of it, as `--if-busy` says. @returns whether it does */
function stopForBusy(
  run: Run,
  { deadline }: State & { name: 'checking' },
  { ifBusy, runtime }: Trigger,
  log: LogRead,
  now: number,
): boolean {
  const busy = busyOf(log.entries, runtime, run.entries.only);
  if (ifBusy === 'fail' && busy.length > 0) {
    fail(run, busyError(busy));
    return true;
  }
  if (ifBusy !== 'wait') {
    // The deep read before this one has warned of those up to the baseline.
    const fresh = busy.filter(({ id }) => id > run.baseline.id);
    run.events.push(...(fresh.length > 0 ? [warning('busy', busyText(fresh))] : []));
    return false;
  }
  if (busy.length > 0) {
    run.events.push(warning('busy', `${busyText(busy)}; waiting for that to end`));
    const by = new Entries({ ids: busy.map(({ id }) => id) }, run.plan.appearMs);
    by.take(busy, log, now);
    const until = Math.min(deadline, log.startedAt + run.plan.timeoutMs);
    run.state = { name: 'blocked', by, deadline: until };
    run.pace.nextRead = run.pace.earliest;
  }
  return busy.length > 0;
}

/** Several runs may have waited for the same entry: the first one to start blocks the others. */
const SPREAD = 2 * SECOND;

function unblock(
  run: Run,
  { by, deadline }: State & { name: 'blocked' },
  log: LogRead,
  now: number,
): void {
  const counted = log.entries.filter((activity) => by.wants(activity));
  by.take(counted, log, now);
  const { open } = by.progress();
  if (open.length === 0) {
    startAnew(run, now + spreadOf(run.trigger?.wireKey ?? '', SPREAD), deadline);
  } else if (log.startedAt >= deadline) {
    fail(run, busyError(open, 'It did not end in time.'));
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
  const counted = log.entries.filter(
    (activity) => entries.wants(activity) && (isById || isRecent(run, activity)),
  );
  const changes = entries.take(replay ? dropOlder(run, counted) : counted, log, now);
  if (changes.length > 0) {
    quicken(run.pace, now);
    run.events.push(...changes);
    run.changed = true;
  }
}

/**
 * The first read after a replay shows when its entries can have been created, by the server's
 * clock, and how far down the log they can be.
 */
function findFloor(run: Run, replay: Replay, log: LogRead): void {
  const { entries, startedAt } = log;
  const serverTime = log.serverTime ?? run.sent?.accepted?.serverTime;
  if (serverTime) {
    replay.from = serverTime - (startedAt - replay.since);
    replay.to = serverTime + MINUTE;
  }
  // Down to the next older entry, or to the end of the log. The oldest recent entry is no floor: one
  // that shows up late may be right below it. Where none is recent, the newest entry is next.
  const oldestRecent = entries.findLastIndex((activity) => isRecent(run, activity));
  const nextOlder = entries[oldestRecent + 1];
  replay.floor = nextOlder?.id ?? (entries[oldestRecent]?.id ?? 1n) - 1n;
}

/** Above the baseline or, after a replay, created in its time. */
function isRecent({ replay, baseline }: Run, { id, created_at }: Activity): boolean {
  const at = Date.parse(created_at);
  return id > baseline.id || (replay !== null && at >= replay.from && at <= replay.to);
}

/**
 * After a replay, several actions of one node can be recent, and only the newest can be the run's.
 * So an entry up to the baseline counts only if it is the newest of its node. One that was taken
 * before the newest showed up is forgotten. Above the baseline every entry counts.
 */
function dropOlder({ entries, baseline }: Run, recent: readonly Activity[]): Activity[] {
  const newest = newestOfNodes(recent);
  const isOlder = ({ id, node_id: node }: Activity): boolean =>
    id <= baseline.id && id < (newest.get(node) ?? 0n);
  for (const { activity } of [...entries.byId.values()]) {
    if (isOlder(activity)) {
      entries.byId.delete(activity.id);
    }
  }
  return recent.filter((activity) => !isOlder(activity));
}

/** The highest id of each node. */
function newestOfNodes(activities: readonly Activity[]): Map<Id, Id> {
  const byId = activities.toSorted((a, b) => compareIds(a.id, b.id));
  return new Map(byId.map(({ id, node_id: node }) => [node, id]));
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

/**
 * For a run that does not wait, after a lost answer. A single entry may be another operator's, so
 * the run counts as accepted only once every node has one.
 */
function judgeAccepted(run: Run, startedAt: number): void {
  const { plan, entries, acceptedAt, state } = run;
  if (state.name !== 'following' || acceptedAt === null) {
    return;
  }
  if (entries.progress().complete) {
    addMark(run, 'accepted');
    run.state = { name: 'ended', outcome: 'accepted', error: null };
  } else if (startedAt >= Math.min(acceptedAt + plan.appearMs, state.deadline)) {
    sayEarly(run);
    run.state = { name: 'ended', outcome: 'unconfirmed', error: null };
  }
}

/**
 * Ends the run if a read that started at this time shows that all is final and no more entries are
 * to be expected, or if the deadline has passed.
 */
function judge(run: Run, startedAt: number): void {
  const { entries, acceptedAt, state } = run;
  if (state.name !== 'following' || acceptedAt === null) {
    return;
  }
  const { complete, open, optional, tooMany } = entries.progress();
  const settlesAt = complete
    ? graceEndOf(run, acceptedAt, optional.length > 0)
    : acceptedAt + appearOf(run);
  const isSettled = open.length === 0 && startedAt >= settlesAt;
  const decidesAt = open.length === 0 && !isSettled ? settlesAt : null;
  // The rows say how long the run still waits.
  run.changed ||= state.decidesAt !== decidesAt;
  state.decidesAt = decidesAt;
  if (!isSettled && startedAt < state.deadline) {
    return;
  }
  if (isSettled && optional.length > 0) {
    sayNotActedOn(run, optional);
  }
  sayEarly(run);
  run.state = { name: 'ended', outcome: outcomeOf(entries, tooMany, isSettled), error: null };
}

/** How long an entry may take to appear. An id was in the log once, so a second look is enough. */
function appearOf({ entries, plan }: Run): number {
  return 'ids' in entries.wanted ? Math.min(plan.appearMs, SECOND) : plan.appearMs;
}

/** Notes, and warns of, the nodes that needed no entry, and have none. */
function sayNotActedOn({ entries, events }: Run, nodes: readonly Id[]): void {
  entries.notActedOn = nodes;
  events.push(warning('not_acted_on', `not acted on, perhaps gone: ${shortList(nodes, 5)}`));
}

/** Says why a node is missing although the log has an entry for it: that was created too early. */
function sayEarly({ entries, baseline, events }: Run): void {
  for (const { id, node_id: node, created_at } of entries.earlyOnly()) {
    const age = formatDuration((baseline.date ?? 0) - Date.parse(created_at));
    const why = `created ${age} before this trigger, by the server's clocks: an earlier action, or clocks that differ`;
    events.push(warning('created_earlier', `node ${node}: activity ${id} was ${why}`));
  }
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

/**
 * Until when another entry may show up although every target has one. The grace counts from when
 * this run learnt that it was accepted: a record has the time of the first POST, and another run
 * may have made one a moment ago.
 * @param mayGrow whether there are nodes that need no entry, and may still get one
 */
function graceEndOf({ entries, replay }: Run, acceptedAt: number, mayGrow: boolean): number {
  const graceEnd = acceptedAt + graceOf(entries, replay);
  // Each new entry makes it longer, if more nodes may report.
  if (mayGrow) {
    return Math.max(graceEnd, entries.newAt + 10 * SECOND);
  }
  return entries.targets === 'observed' ? Math.max(graceEnd, entries.newAt + 2 * SECOND) : graceEnd;
}

/** How long another entry may take, after the `202`. */
function graceOf(entries: Entries, replay: Replay | null): number {
  if ('ids' in entries.wanted) {
    // Each id has its one entry.
    return 0;
  }
  if (replay) {
    // Until the newest entry of a node shows up, an older one may stand in its place.
    return 10 * SECOND;
  }
  if (entries.targets !== 'observed') {
    // The targets are known: only a second entry of one may come, or one node too many.
    return 2 * SECOND;
  }
  // A node that the log did not list may report; where it listed none, nothing says how many.
  return entries.listed?.here.length ? 3 * SECOND : 10 * SECOND;
}
