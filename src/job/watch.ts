/*
 * A listing of the log that is kept up to date: `list --watch`, which ends, and `--follow`, which does
 * not.
 */

import { isFinal, type Activity } from '../base/activity.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import { listNewest, matches, type ActivityFilter } from '../log/list.js';
import type { LogRead } from '../log/log.js';
import { RECENT } from '../log/walk.js';
import { steps, type DriveTools } from './drive.js';
import type { JobEvent } from './events.js';
import type { Job, Step } from './job.js';
import {
  cutOffAt,
  dueAt,
  failedRead,
  goodRead,
  MINUTE,
  newPace,
  POLL,
  quicken,
  SECOND,
  type FailedRead,
  type Pace,
} from './pace.js';

/**
 * A watch ends at the earliest on a read that starts this long after it did: what was dispatched
 * just before may not be in the log yet.
 */
const SHORTEST = 3 * SECOND;

export interface WatchPlan {
  filter: ActivityFilter;
  /** What is listed at first. What the filter wants apart from its status is followed, too. */
  first: readonly Activity[];
  /**
   * The newest entries, newest first, read before `first`. They are known, and shown only if `first`
   * has them, too.
   */
  newest: Pick<LogRead, 'entries'>;
  /** No entry up to this id is new, nor is one below the recent ones of `newest`. */
  floor: Id;
  /** It does not end by itself, and keeps only the recent entries and the open ones in memory. */
  endless: boolean;
  /** Milliseconds; Infinity for none. */
  timeoutMs: number;
}

export interface WatchResult {
  /** Newest first, as last seen. */
  entries: Activity[];
  /** Whether one that was waited for was rejected; one that had ended before is history. */
  anyRejected: boolean;
  /** Why it ended before all was final: exit 7, 8, or that of the signal; null where it did not. */
  error: LdctlError | null;
}

export type WatchStep = Extract<JobEvent, { event: 'activity' | 'warning' }>;

/** An entry that the watch knows. */
interface Followed {
  /** As last seen. */
  activity: Activity;
  /** When it was first seen: the job's clock, ms. */
  since: number;
  /** It is followed: it matches the filter apart from its status, and is not final. */
  isOpen: boolean;
  /** It was listed or reported once, and from then on each change of it is. */
  isShown: boolean;
  /**
   * The watch does not end before it is final. What is dispatched later is shown, but does not keep
   * the watch going.
   */
  isAwaited: boolean;
}

interface Watch {
  plan: WatchPlan;
  startedAt: number;
  deadline: number;
  pace: Pace;
  /** Those above the floor, the open ones and, unless it is endless, all that were shown. */
  entries: Map<Id, Followed>;
  /** The newest entry at the start: what comes late, below it, was dispatched before. */
  newestId: Id;
  /** An unknown entry at or below this id is not new. It rises with time. */
  floor: Id;
  /** How many good reads there have been: it says whose turn it is to be looked up. */
  reads: number;
  events: WatchStep[];
  end: { error: LdctlError | null } | null;
}

/** Keeps a listing up to date until all of it is final; an endless one until it is interrupted. */
export function createWatch(plan: WatchPlan, startedAt: number): Job<WatchResult, WatchStep> {
  const watch = startWatch(plan, startedAt);
  return {
    tick: () => undefined,
    next: (now) => nextOf(watch, now),
    take: (_step, fact, now) => {
      if (fact.is === 'read') takeRead(watch, fact.read, now);
      else if (fact.is === 'unreadable') takeFailure(watch, fact, now);
    },
    interrupt: (reason) => {
      watch.end ??= { error: reason };
    },
    events: () => watch.events.splice(0),
    result: () => resultOf(watch),
  };
}

function startWatch(plan: WatchPlan, startedAt: number): Watch {
  const { filter, first, newest, timeoutMs } = plan;
  const entries = new Map<Id, Followed>();
  const unlisted = { since: startedAt, isOpen: false, isShown: false, isAwaited: false };
  for (const activity of newest.entries) entries.set(activity.id, { ...unlisted, activity });
  for (const activity of first) {
    const isOpen = !isFinal(activity.status);
    const isShown = matches(filter, activity);
    entries.set(activity.id, { ...unlisted, activity, isOpen, isShown, isAwaited: isOpen });
  }
  const watch: Watch = {
    plan,
    startedAt,
    deadline: startedAt + timeoutMs,
    pace: newPace(startedAt, startedAt + SECOND),
    entries,
    newestId: newest.entries[0]?.id ?? -1n,
    floor: newest.entries[RECENT - 1]?.id ?? plan.floor,
    reads: 0,
    events: [],
    end: null,
  };
  forgetSettled(watch);
  return watch;
}

const openOf = (watch: Watch): Followed[] =>
  [...watch.entries.values()].filter((one) => one.isOpen);

function nextOf(watch: Watch, now: number): Step {
  if (watch.end) return { do: 'end' };
  const due = dueAt(watch.pace, watch.deadline);
  if (now < due) return { do: 'wait', until: due };
  const open = openOf(watch).map(({ activity }) => activity.id);
  // Down to the lowest open entry, if a few pages reach it (drive.ts says how many). If they do not
  // show one of the open entries, it is looked up; each read has the next one in turn.
  const downTo = open.reduce((low, id) => (id <= low ? id - 1n : low), watch.floor);
  const turn = watch.reads % Math.max(open.length, 1);
  const cutAt = cutOffAt(watch.deadline, now);
  return { do: 'read', downTo, lookUp: open.slice(turn, turn + 1), ...POLL, cutAt };
}

function takeRead(watch: Watch, log: LogRead, now: number): void {
  goodRead(watch.pace, log.requests, now);
  watch.reads += 1;
  const isEarly = log.startedAt < watch.startedAt + SHORTEST;
  const changed = log.entries.toReversed().filter((one) => notice(watch, one, isEarly, now));
  for (const activity of changed) watch.events.push({ event: 'activity', activity });
  if (changed.length > 0) quicken(watch.pace, now);
  raiseFloor(watch, log, now);
  forgetSettled(watch);
  if (!watch.plan.endless) watch.end ??= endAfter(watch, log);
}

/**
 * Takes an entry as a read shows it. It is first reported when its status matches the filter, and
 * from then on at each change of its status, whether that matches or not.
 * @param isEarly whether the watch has just started
 * @returns whether to report it
 */
function notice(watch: Watch, activity: Activity, isEarly: boolean, now: number): boolean {
  const { entries, floor, newestId } = watch;
  const { filter } = watch.plan;
  const { id, status } = activity;
  const known = entries.get(id);
  const isNews = known ? known.isOpen && known.activity.status !== status : id > floor;
  if (!isNews) return false;
  const before = known ?? { since: now, isShown: false, isAwaited: false };
  const isShown = before.isShown || matches(filter, activity);
  const isFirstReport = isShown && !before.isShown;
  // It appears right after the start, or below what was newest then.
  const wasDispatchedBefore = isEarly || id < newestId;
  const isAwaited = before.isAwaited || (isFirstReport && wasDispatchedBefore);
  const isOpen = mayChange(filter, activity);
  entries.set(id, { activity, since: before.since, isOpen, isShown, isAwaited });
  return isShown;
}

const mayChange = (filter: ActivityFilter, activity: Activity): boolean =>
  !isFinal(activity.status) && matches({ ...filter, status: undefined }, activity);

/**
 * An entry may show up late, below newer ones, but by less than a minute. So the floor rises to
 * entries that were first seen a minute ago, but never into the newest RECENT: every read shows
 * those, and one that was forgotten would look new.
 */
function raiseFloor(watch: Watch, log: LogRead, now: number): void {
  const highest = log.entries[RECENT - 1]?.id ?? -1n;
  for (const [id, { since }] of watch.entries) {
    if (id > watch.floor && id <= highest && now - since >= MINUTE) watch.floor = id;
  }
}

/** Below the floor, an entry that is not open cannot be mistaken for a new one. */
function forgetSettled({ entries, plan, floor }: Watch): void {
  for (const [id, { isOpen, isShown }] of entries) {
    const isResult = isShown && !plan.endless;
    if (id <= floor && !isOpen && !isResult) entries.delete(id);
  }
}

function endAfter(watch: Watch, { startedAt }: LogRead): Watch['end'] {
  const open = openOf(watch);
  const isDone = !open.some(({ isAwaited }) => isAwaited);
  if (isDone && startedAt >= watch.startedAt + SHORTEST) return { error: null };
  if (startedAt < watch.deadline) return null;
  const message = `timed out: ${open.length} still processing`;
  return { error: new LdctlError('timedOut', 'timed_out', message) };
}

function takeFailure(watch: Watch, failure: FailedRead, now: number): void {
  const failed = failedRead(watch.pace, failure, now);
  watch.events.push(...failed.events);
  if (!failed.givesUp && now < watch.deadline) return;
  const { error } = failure;
  const message = `the log could not be read any more: ${error.message}`;
  watch.end = { error: new LdctlError('unconfirmed', error.code, message, error) };
}

function resultOf({ entries, end }: Watch): WatchResult {
  const all = [...entries.values()];
  return {
    entries: all
      .filter(({ isShown }) => isShown)
      .map(({ activity }) => activity)
      .sort((a, b) => compareIds(b.id, a.id)),
    anyRejected: all.some(({ activity, isAwaited }) => isAwaited && activity.status === 'rejected'),
    error: end?.error ?? null,
  };
}

export interface FollowPlan {
  /** It starts with what the log has above this id; without it, as `limit` says. */
  after?: Id | undefined;
  filter: ActivityFilter;
  /** How many of the newest entries it starts with; 0: all. Without it, it starts with none. */
  limit?: number;
  /**
   * It ends when all that it shows is final, or after so many milliseconds. Without it, it does not
   * end.
   */
  timeoutMs?: number | undefined;
}

/**
 * First the entries it starts with, newest first, and how many the log has. With `after` they come
 * as events instead.
 */
export type FollowEvent =
  { event: 'listing'; activities: readonly Activity[]; total: number } | WatchStep;

/**
 * Every new entry and every change, until it ends or is interrupted.
 * @returns how it ended
 * @throws as `Supervisor.list` does for what it starts with. What does not end by itself throws
 * Interrupted, or LdctlError (exit 7) when the log cannot be read any more
 */
export async function* followLog(
  { after, filter, limit, timeoutMs }: FollowPlan,
  tools: Pick<DriveTools, 'log' | 'clock' | 'signal' | 'supervisor'>,
): AsyncGenerator<FollowEvent, WatchResult> {
  const { log, clock, signal } = tools;
  const newest = await (after === undefined
    ? log.newest({ signal })
    : log.downTo(after, { signal, expectedPages: Infinity }));
  let first: Activity[] = [];
  if (after !== undefined) {
    first = newest.entries.filter((one) => matches({ ...filter, status: undefined }, one));
    for (const activity of first.toReversed()) {
      if (matches(filter, activity)) yield { event: 'activity', activity };
    }
  } else if (limit !== undefined) {
    let total = 0;
    for await (const part of listNewest(log, { filter, limit }, { signal })) {
      first.push(...part.entries);
      ({ total } = part);
    }
    yield { event: 'listing', activities: first, total };
  }
  const endless = timeoutMs === undefined;
  const limits = { floor: after ?? -1n, endless, timeoutMs: timeoutMs ?? Infinity };
  const job = createWatch({ filter, first, newest, ...limits }, clock.elapsed());
  yield* steps(job, { ...tools, journal: null }, () => undefined);
  const result = job.result();
  if (endless) throw result.error ?? new Interrupted('SIGINT');
  return result;
}
