import { isFinal, type Activity } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import { listNewest, matches, readAfter, type ActivityFilter } from '../log/list.js';
import type { ActivityLog, LogRead } from '../log/log.js';
import { RECENT } from '../log/walk.js';
import { steps } from './drive.js';
import type { Job } from './job.js';
import {
  dueAt,
  failedRead,
  goodRead,
  MINUTE,
  newPace,
  quicken,
  SECOND,
  type Outage,
} from './pace.js';

/**
 * It ends on a read so long after its first at the earliest: what was dispatched just now may not
 * be in the log yet.
 */
const SHORTEST = 3 * SECOND;

export interface WatchPlan {
  filter: ActivityFilter;
  /** What is listed at first, and what may change into that. */
  first: readonly Activity[];
  /**
   * The newest entries, read before that, newest first: they are no news, whether they are listed
   * or not.
   */
  newest: Pick<LogRead, 'entries'>;
  /** What is at or below this id is no news. */
  floor: Id;
  /**
   * It goes on for ever, and keeps no more in memory than the recent entries and those that are
   * open.
   */
  endless: boolean;
  /** Milliseconds; null for none. */
  timeoutMs: number | null;
}

export interface WatchResult {
  /** Newest first, as last seen. */
  entries: Activity[];
  /** Whether one that was waited for was rejected; one that had ended before is history. */
  anyRejected: boolean;
  /** Why it ended otherwise than by what was waited for; exit 7, 8, or that of the signal. */
  error: LdctlError | null;
}

export type WatchStep = Outage | { event: 'activity'; activity: Activity };

/** A listing that is kept up to date: until all of it is final, or for ever. */
export function createWatch(plan: WatchPlan, startedAt: number): Job<WatchResult, WatchStep> {
  const { filter, first, newest, endless } = plan;
  const anyStatus = { ...filter, status: undefined };
  /** The entries above the floor, and the open ones, and when they were first seen. */
  const known = new Map<Id, { status: string; since: number }>();
  /** What was told of, as last seen. */
  const shown = new Map<Id, Activity>();
  /** Those that are followed: not final, and matching but for the status. */
  const open = new Set<Id>();
  const waitedFor = new Set<Id>();
  const deadline = plan.timeoutMs === null ? Infinity : startedAt + plan.timeoutMs;
  const pace = newPace(startedAt, startedAt + SECOND);
  /** An entry that comes late, below this id, was dispatched before the watch began. */
  const newestId = newest.entries[0]?.id ?? -1n;
  let floor = newest.entries[RECENT - 1]?.id ?? plan.floor;
  const news: WatchStep[] = [];
  let end: { error: LdctlError | null } | null = null;

  for (const { id, status } of [...newest.entries, ...first]) {
    known.set(id, { status, since: startedAt });
  }
  for (const entry of first) {
    if (matches(filter, entry)) shown.set(entry.id, entry);
    if (isFinal(entry.status)) continue;
    open.add(entry.id);
    waitedFor.add(entry.id);
  }
  raiseFloor(newest, startedAt);

  /**
   * An entry that is new or changed is followed until it is final, if it matches but for its
   * status; told of, if it matches now or was told of before; and waited for, if it was dispatched
   * before the watch began, or just then. @returns whether it is told of
   */
  function take(activity: Activity, isEarly: boolean, now: number): boolean {
    const { id, status } = activity;
    const before = known.get(id);
    if (before ? before.status === status || isFinal(before.status) : id <= floor) return false;
    known.set(id, { status, since: before?.since ?? now });
    const isFollowed = before ? open.has(id) : matches(anyStatus, activity);
    if (isFollowed && !isFinal(status)) open.add(id);
    else open.delete(id);
    if (!isFollowed || !(shown.has(id) || matches(filter, activity))) return false;
    // What appears right after the beginning was dispatched just before it, too.
    if ((isEarly || id < newestId) && !shown.has(id)) waitedFor.add(id);
    shown.set(id, activity);
    return true;
  }

  /**
   * An entry may come late, but not below one that was seen a minute ago; the recent ones are
   * looked at again all the same.
   */
  function raiseFloor({ entries }: Pick<LogRead, 'entries'>, now: number): void {
    const highest = entries[RECENT - 1]?.id ?? -1n;
    for (const [id, { since }] of known) {
      if (id > floor && id <= highest && now - since >= MINUTE) floor = id;
    }
    for (const id of known.keys()) {
      if (id > floor || open.has(id)) continue;
      known.delete(id);
      if (endless) shown.delete(id);
    }
  }

  function read(log: LogRead, now: number): void {
    news.push(...goodRead(pace, log, now));
    const isEarly = log.startedAt < startedAt + SHORTEST;
    const changed = log.entries.toReversed().filter((one) => take(one, isEarly, now));
    for (const activity of changed) news.push({ event: 'activity', activity });
    if (changed.length > 0) quicken(pace, now);
    raiseFloor(log, now);
    // Of those that are deep in the log, another one is looked up next time.
    const [next] = open;
    if (next !== undefined && open.delete(next)) open.add(next);
    if (endless) return;
    const isDone = [...waitedFor].every((id) => isFinal(shown.get(id)?.status ?? ''));
    if (isDone && !isEarly) end = { error: null };
    else if (log.startedAt >= deadline) {
      end = {
        error: new LdctlError('timedOut', 'timed_out', `timed out: ${open.size} still processing`),
      };
    }
  }

  return {
    next: (now) => {
      if (end) return { do: 'end' };
      const due = dueAt(pace, deadline);
      if (now < due) return { do: 'wait', until: due };
      const downTo = [...open].reduce((low, id) => (id <= low ? id - 1n : low), floor);
      return { do: 'read', downTo, open: [...open].slice(0, 1), patient: false };
    },
    take: (fact, now) => {
      if (fact.is === 'read') read(fact.read, now);
      else if (fact.is === 'stopped') end ??= { error: fact.reason };
      else if (fact.is === 'unreadable') {
        const failed = failedRead(pace, fact, now);
        news.push(...failed.news);
        if (!failed.givesUp && now < deadline) return;
        const what = `the log could not be read any more: ${fact.error.message}`;
        end = { error: new LdctlError('unconfirmed', fact.error.code, what, fact.error) };
      }
    },
    news: () => news.splice(0),
    result: () => ({
      entries: [...shown.values()].sort((a, b) => compareIds(b.id, a.id)),
      anyRejected: [...waitedFor].some((id) => shown.get(id)?.status === 'rejected'),
      error: end?.error ?? null,
    }),
  };
}

export interface FollowPlan {
  /** It begins with what is in the log above this id; null: with the newest entries. */
  after: Id | null;
  filter: ActivityFilter;
  /** How many of the newest entries it begins with; 0 for all, null for none. */
  limit: number | null;
}

/** First what it begins with, newest first, unless that is what is after an id. */
export type FollowEvent = { event: 'listing'; activities: readonly Activity[] } | WatchStep;

/**
 * Every new entry, and every change, for ever.
 * @throws Interrupted; as `Supervisor.list` does for what it begins with; LdctlError (exit 7) when
 * the log cannot be read any more
 */
export async function* followLog(
  log: ActivityLog,
  { after, filter, limit }: FollowPlan,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): AsyncGenerator<FollowEvent, never> {
  const newest =
    after === null ? await log.newest({ signal }) : await readAfter(log, after, { signal });
  let first: Activity[] = [];
  if (after !== null) {
    first = newest.entries.filter((one) => matches({ ...filter, status: undefined }, one));
    for (const activity of first.toReversed()) {
      if (matches(filter, activity)) yield { event: 'activity', activity };
    }
  } else if (limit !== null) {
    for await (const { entries } of listNewest(log, { filter, limit }, { signal })) {
      first.push(...entries);
    }
    yield { event: 'listing', activities: first };
  }
  const plan = { filter, first, newest, floor: after ?? -1n, endless: true, timeoutMs: null };
  const supervisor = { trigger: () => Promise.reject(new Error('what is followed is never sent')) };
  const job = createWatch(plan, clock.elapsed());
  yield* steps(job, { log, clock, signal, supervisor, journal: null }, () => undefined);
  throw job.result().error ?? new Interrupted('SIGINT');
}
