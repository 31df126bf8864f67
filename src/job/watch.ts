/*
 * A listing of the log that is kept up to date: `list --watch`, which ends, and `--follow`, which
 * does not.
 */

import { hasChanged, isFinal, isUnclear, type Activity } from '../base/activity.js';
import { LdctlError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import { matches, type ActivityFilter } from '../log/list.js';
import type { LogRead } from '../log/log.js';
import { LATEST_MS, NEWEST_COUNT } from '../log/walk.js';
import { belowLowest } from './entries.js';
import type { JobEvent } from './events.js';
import type { FailedRead, Job, Step } from './job.js';
import {
  failedRead,
  goodRead,
  MINUTE,
  newPace,
  nextRead,
  quicken,
  SECOND,
  type Pace,
} from './pace.js';

/**
 * A watch ends at the earliest on a read that starts this long after it did: what was dispatched
 * just before may not be in the log yet.
 */
const SHORTEST = 3 * SECOND;

/**
 * `list --watch` gives `limit` and `timeoutMs`, `list --follow` only `limit`, and a program neither.
 * `--follow` and a program may give `after`, which then counts in place of `limit`.
 */
export interface FollowPlan {
  filter: ActivityFilter;
  /** It starts with what the log has above this id. */
  after?: Id | undefined;
  /** How many of the newest entries it starts with (0: all); none without it. */
  limit?: number;
  /**
   * It ends when all that it waits for is final, or after this many ms (may be Infinity). Without
   * it, it is endless, and keeps only the recent entries and the open ones in memory.
   */
  timeoutMs?: number | undefined;
}

/** What was read before the watch: none of it is news. */
export interface WatchStart {
  /** The newest entries, newest first, whether the filter wants them or not. */
  known: readonly Activity[];
  /** What it starts with: it shows those that match the filter, and follows those that may yet. */
  first: readonly Activity[];
}

export interface WatchResult {
  /** Newest first, as last seen. */
  entries: Activity[];
  /** Whether one that it waited for was rejected; one that had ended before is history. */
  anyRejected: boolean;
  /** Why it ended before all was final: exit 7, 8, or that of the signal; null where it did not. */
  error: LdctlError | null;
}

type WatchEvent = Extract<JobEvent, { event: 'activity' | 'warning' }>;

/** An entry that a read has shown. From then on only a change of it is news. */
interface SeenEntry {
  /** As last seen. */
  activity: Activity;
  /**
   * When the read that first showed it started: the job's clock, ms. -Infinity: none below it can be
   * late.
   */
  since: number;
  /** It is followed: it matches the filter apart from its status, and is not final. */
  isOpen: boolean;
  /** It was listed or reported once: from then on each change of its status is reported. */
  isShown: boolean;
}

interface Watch {
  filter: ActivityFilter;
  endless: boolean;
  startedAt: number;
  deadline: number;
  pace: Pace;
  /** Those above the floor, the open ones and, unless it is endless, all that were shown. */
  entries: Map<Id, SeenEntry>;
  /** What was not seen is new if it is above this id: `floorOf`. */
  floor: Id;
  /** Nothing below it is of interest. */
  after: Id;
  /** When the last good read started. */
  readAt: number;
  /** Until then it looks for no open entry that is further down than others may come. */
  deepFrom: number;
  /** The newest entry at the start. */
  newestId: Id;
  /** Whether one that it waits for was rejected. */
  anyRejected: boolean;
  /** Of the first that it waited for, and that ended with a status that ldctl does not know. */
  unclear: LdctlError | null;
  events: WatchEvent[];
  end: { error: LdctlError | null } | null;
}

/** The job of a plan, from what was read before it starts. */
export function createWatch(
  { filter, after = -1n, timeoutMs }: FollowPlan,
  { known, first }: WatchStart,
  startedAt: number,
): Job<WatchResult, WatchEvent> {
  const entries = new Map<Id, SeenEntry>();
  // Among the newest NEWEST_COUNT one may show up late. None does below them.
  const floor = known[NEWEST_COUNT - 1]?.id ?? after;
  const see = (activity: Activity, isOpen: boolean, isShown: boolean) => {
    const since = activity.id > floor ? startedAt : -Infinity;
    entries.set(activity.id, { activity, since, isOpen, isShown });
  };
  // One that is left out for its status may come to match.
  for (const activity of known) {
    see(activity, !matches(filter, activity) && mayChange(filter, activity), false);
  }
  for (const activity of first) {
    see(activity, mayChange(filter, activity), matches(filter, activity));
  }
  const watch: Watch = {
    filter,
    endless: timeoutMs === undefined,
    entries,
    floor: floorOf(entries, startedAt) ?? after,
    startedAt,
    deadline: startedAt + (timeoutMs ?? Infinity),
    pace: newPace(startedAt, startedAt + SECOND),
    after,
    readAt: startedAt,
    deepFrom: startedAt,
    newestId: known[0]?.id ?? -1n,
    anyRejected: false,
    unclear: null,
    events: [],
    end: null,
  };
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

const openOf = (watch: Watch): SeenEntry[] =>
  [...watch.entries.values()].filter((one) => one.isOpen);

/**
 * An entry may show up late, below newer ones, but by less than a minute: so this is the newest one
 * that was seen a minute ago, below the newest NEWEST_COUNT, which every read looks at for late ones.
 */
function floorOf(entries: Watch['entries'], readAt: number): Id | undefined {
  const all = [...entries.values()].sort((a, b) => compareIds(b.activity.id, a.activity.id));
  const isOld = ({ since }: SeenEntry) => readAt - since >= LATEST_MS;
  return all.slice(NEWEST_COUNT - 1).find(isOld)?.activity.id;
}

/**
 * Whether the watch waits for it to be final: it was dispatched before the watch started, since it
 * showed up within SHORTEST, or is older than what was the newest then. What was dispatched later
 * is only shown.
 */
function isAwaited(
  { startedAt, newestId }: Watch,
  { activity, since, isShown }: SeenEntry,
): boolean {
  return isShown && (since < startedAt + SHORTEST || activity.id < newestId);
}

function nextOf(watch: Watch, now: number): Step {
  const open = now < watch.deepFrom ? [] : openOf(watch);
  const depth = () => belowLowest([watch.floor + 1n, ...open.map(({ activity }) => activity.id)]);
  return watch.end ? { do: 'end' } : nextRead(watch.pace, depth, now, watch.deadline);
}

function takeRead(watch: Watch, log: LogRead, now: number): void {
  goodRead(watch.pace, log.requests, now);
  watch.readAt = log.startedAt;
  // What is stuck far down does not change soon, and would cost as many requests each time.
  if (watch.endless && log.requests > 2 && log.startedAt >= watch.deepFrom) {
    watch.deepFrom = log.startedAt + MINUTE;
  }
  const changed = log.entries.toReversed().filter((one) => notice(watch, one));
  for (const activity of changed) watch.events.push({ event: 'activity', activity });
  if (changed.length > 0) quicken(watch.pace, now);
  watch.floor = floorOf(watch.entries, watch.readAt) ?? watch.after;
  forgetSettled(watch);
  if (!watch.endless) watch.end ??= endAfter(watch, log);
}

/**
 * Takes an entry as a read shows it. It is first reported when its status matches the filter, and
 * from then on at each change of its status, whether that matches or not.
 * @returns whether to report it
 */
function notice(watch: Watch, activity: Activity): boolean {
  const { entries, filter, floor, readAt } = watch;
  const { id } = activity;
  const before = entries.get(id);
  const isNews = before ? before.isOpen && hasChanged(before.activity, activity) : id > floor;
  if (!isNews) return false;
  const known = {
    activity,
    since: before?.since ?? readAt,
    isOpen: mayChange(filter, activity),
    isShown: (before?.isShown ?? false) || matches(filter, activity),
  };
  entries.set(id, known);
  if (isAwaited(watch, known)) noteFailure(watch, activity);
  return known.isShown;
}

function noteFailure(watch: Watch, activity: Activity): void {
  watch.anyRejected ||= activity.status === 'rejected';
  if (isUnclear(activity)) watch.unclear ??= unclearError(activity);
}

const mayChange = (filter: ActivityFilter, activity: Activity): boolean =>
  !isFinal(activity) && matches({ ...filter, status: undefined }, activity);

/** Forgets what is settled below the floor, where no entry counts as new. */
function forgetSettled({ entries, floor, endless }: Watch): void {
  for (const [id, { isOpen, isShown }] of entries) {
    const isResult = isShown && !endless;
    if (id < floor && !isOpen && !isResult) entries.delete(id);
  }
}

function endAfter(watch: Watch, { startedAt }: LogRead): Watch['end'] {
  const open = openOf(watch).filter((one) => isAwaited(watch, one));
  if (open.length === 0 && startedAt >= watch.startedAt + SHORTEST) return { error: watch.unclear };
  if (startedAt < watch.deadline) return null;
  if (open.length > 0) {
    const message = `timed out: ${open.length} still processing`;
    return { error: new LdctlError('timedOut', 'timed_out', message) };
  }
  const message = 'timed out: nothing is processing, but a new activity may not be in the log yet';
  const hint = `It takes ${SHORTEST / SECOND} s to be sure.`;
  return { error: new LdctlError('timedOut', 'timed_out', message, { hint }) };
}

function unclearError({ id, status }: Activity): LdctlError {
  const message = `activity ${id} ended, and ldctl does not know its status: ${status}`;
  return new LdctlError('unconfirmed', 'unknown_status', message, {
    hint: "The node's own log may say what happened.",
  });
}

function takeFailure(watch: Watch, failure: FailedRead, now: number): void {
  const failed = failedRead(watch.pace, failure, now);
  if (!failed.givesUp && now < watch.deadline) return void watch.events.push(...failed.events);
  const { error } = failure;
  const message = `the log could not be read any more: ${error.message}`;
  watch.end = { error: new LdctlError('unconfirmed', error.code, message, error) };
}

function resultOf({ entries, anyRejected, end }: Watch): WatchResult {
  const shown = [...entries.values()].filter(({ isShown }) => isShown);
  return {
    entries: shown.map(({ activity }) => activity).sort((a, b) => compareIds(b.id, a.id)),
    anyRejected,
    error: end?.error ?? null,
  };
}

/**
 * First the entries it starts with, newest first, and how many the log has. With `after` they come
 * as events instead.
 */
export type FollowEvent =
  | { event: 'listing'; activities: readonly Activity[]; total: number }
  | WatchEvent;
