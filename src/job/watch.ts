import { isFinal, type Activity } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import { isYoung, listNewest, matches, readAfter, type ActivityFilter } from '../log/list.js';
import type { ActivityLog, LogRead } from '../log/log.js';
import { steps } from './drive.js';
import type { Job } from './job.js';
import { dueAt, failedRead, goodRead, newPace, quicken, SECOND, type Outage } from './pace.js';

/** It ends on a read so long after its first at the earliest: what was dispatched just now may not be in the log yet. */
const SHORTEST = 3 * SECOND;

export interface WatchPlan {
  filter: ActivityFilter;
  /** What is listed at first. */
  first: readonly Activity[];
  /** The newest entries, read before that: they are no news, whether they are listed or not. Null: all above `floor` is. */
  newest: LogRead | null;
  floor: Id;
  /** It goes on for ever, and keeps no more in memory than the entries of the last minute and those that are open. */
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
  const status = new Map<Id, string>();
  /** Told of before: then any change is told of. */
  const shown = new Map<Id, Activity>();
  /** Those that are not final: wanted, or such as may become it. */
  const open = new Set<Id>();
  const waitedFor = new Set<Id>();
  const deadline = plan.timeoutMs === null ? Infinity : startedAt + plan.timeoutMs;
  const pace = newPace(startedAt, startedAt + SECOND);
  /** What is at or below this id is no news, but for the open ones. */
  let floor = newest?.entries.at(-1)?.id ?? plan.floor;
  let news: WatchStep[] = [];
  let end: { error: LdctlError | null } | null = null;

  for (const entry of newest?.entries ?? []) status.set(entry.id, entry.status);
  for (const entry of [...first].sort((a, b) => compareIds(a.id, b.id))) {
    status.set(entry.id, entry.status);
    shown.set(entry.id, entry);
    if (isFinal(entry.status)) continue;
    open.add(entry.id);
    waitedFor.add(entry.id);
  }
  if (newest) raiseFloor(newest);

  /** @returns whether it is news */
  function take(activity: Activity, isEarly: boolean): boolean {
    const { id } = activity;
    const before = status.get(id);
    const isOld = id <= floor && !open.has(id);
    if (isOld || before === activity.status || (before !== undefined && isFinal(before))) return false;
    status.set(id, activity.status);
    const isOfUse = before === undefined ? matches(anyStatus, activity) : open.has(id);
    if (isOfUse && !isFinal(activity.status)) open.add(id);
    else open.delete(id);
    if (!isOfUse || !(shown.has(id) || matches(filter, activity))) return false;
    // What appears right after the beginning was dispatched just before it.
    if (isEarly && !shown.has(id) && !isFinal(activity.status)) waitedFor.add(id);
    shown.set(id, activity);
    return true;
  }

  /** Behind what is older than a minute, nothing new shows up any more. */
  function raiseFloor({ entries, serverTime }: LogRead): void {
    if (serverTime === null) return;
    for (const activity of [...entries].sort((a, b) => compareIds(a.id, b.id))) {
      if (isYoung(activity, serverTime)) break;
      if (activity.id > floor) floor = activity.id;
    }
    for (const id of status.keys()) {
      if (id > floor || open.has(id)) continue;
      status.delete(id);
      if (endless) shown.delete(id);
    }
  }

  function read(log: LogRead, now: number): void {
    news.push(...goodRead(pace, log, now));
    const isEarly = log.startedAt < startedAt + SHORTEST;
    const changed = [...log.entries].reverse().filter((one) => take(one, isEarly));
    news.push(...changed.map((activity): WatchStep => ({ event: 'activity', activity })));
    if (changed.length > 0) quicken(pace, now);
    raiseFloor(log);
    // Of those that are deep in the log, another one is looked up next time.
    const [next] = open;
    if (next !== undefined && open.delete(next)) open.add(next);
    if (endless) return;
    const isDone = [...waitedFor].every((id) => isFinal(shown.get(id)?.status ?? ''));
    if (isDone && !isEarly) end = { error: null };
    else if (log.startedAt >= deadline) {
      end = { error: new LdctlError('timedOut', 'timed_out', `timed out: ${open.size} still processing`) };
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
        if (failed.isOver || now >= deadline) end = { error: givenUp(fact.error) };
      }
    },
    news: () => {
      const told = news;
      news = [];
      return told;
    },
    result: () => ({
      entries: [...shown.values()].sort((a, b) => compareIds(b.id, a.id)),
      anyRejected: [...waitedFor].some((id) => shown.get(id)?.status === 'rejected'),
      error: end?.error ?? null,
    }),
  };
}

function givenUp({ code, message, hint, requestId }: LdctlError): LdctlError {
  return new LdctlError('unconfirmed', code, `the log could not be read any more: ${message}`, { hint, requestId });
}

export interface FollowPlan {
  /** It begins with what is in the log above this id; null: with the newest entries. */
  after: Id | null;
  filter: ActivityFilter;
  /** How many of the newest entries it begins with; 0 for all. */
  limit: number;
}

/** First what it begins with, newest first, unless that is what is after an id. */
export type FollowEvent = { event: 'listing'; activities: readonly Activity[] } | WatchStep;

/**
 * Every new entry, and every change, for ever.
 * @throws Interrupted; as `Supervisor.list` does for what it begins with; LdctlError (exit 7) when the log cannot be read any more
 */
export async function* followLog(
  log: ActivityLog,
  { after, filter, limit }: FollowPlan,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): AsyncGenerator<FollowEvent, never> {
  const first: Activity[] = [];
  const startedAt = clock.elapsed();
  const newest = after === null ? await log.newest({ signal }) : null;
  const later = after === null ? null : await readAfter(log, after, { signal });
  if (!later) {
    for await (const { entries } of listNewest(log, { filter, limit }, { signal })) first.push(...entries);
    yield { event: 'listing', activities: first };
  }
  const plan = { filter, first, newest, floor: after ?? -1n, endless: true, timeoutMs: null };
  const job = createWatch(plan, clock.elapsed());
  if (later) {
    const read = { ...later, entries: later.entries.reverse(), startedAt, requests: 0, isWhole: true };
    job.take({ is: 'read', read }, clock.elapsed());
  }
  const supervisor = { trigger: () => Promise.reject(new Error('what is followed is never sent')) };
  const tools = { log, clock, signal, supervisor, journal: null };
  yield* steps(job, tools, () => undefined);
  throw job.result().error ?? new Interrupted('SIGINT');
}
