import { isFinal, type Activity } from '../base/activity.js';
import { Interrupted, LdctlError, retryAfterOf } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import type { JobEvent } from '../base/progress.js';
import { warning } from '../base/progress.js';
import { matches, type ActivityFilter } from '../log/list.js';
import { isHopeless } from './answer.js';
import type { Job } from './job.js';

const SECOND = 1000;
/** It ends on a read so long after its first at the earliest: what was dispatched just now may not be in the log yet. */
const SHORTEST = 3 * SECOND;
const OUTAGE = 60 * SECOND;

export interface WatchPlan {
  filter: ActivityFilter;
  /** What is listed at first, and the highest id of the log then: what is above it is new. */
  first: readonly Activity[];
  after: Id;
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

/** A listing that is kept up to date until all of it is final. */
export function createWatch({ filter, first, after, timeoutMs }: WatchPlan, startedAt: number): Job<WatchResult> {
  const entries = new Map<Id, Activity>([...first].sort((a, b) => compareIds(a.id, b.id)).map((one) => [one.id, one]));
  const waitedFor = new Set(first.filter(({ status }) => !isFinal(status)).map(({ id }) => id));
  /** Not wanted as they are, but their status may become the one that is. */
  const candidates = new Set<Id>();
  const deadline = timeoutMs === null ? Infinity : startedAt + timeoutMs;
  let news: JobEvent[] = [];
  let nextRead = startedAt + SECOND;
  let changedAt = startedAt;
  let failing: { since: number; count: number } | null = null;
  let end: { error: LdctlError | null } | null = null;

  const open = (): Id[] => [
    ...[...entries.values()].filter(({ status }) => !isFinal(status)).map(({ id }) => id),
    ...candidates,
  ];
  const isDone = (): boolean => [...waitedFor].every((id) => isFinal(entries.get(id)?.status ?? ''));

  function take(activity: Activity, isEarly: boolean): boolean {
    const before = entries.get(activity.id);
    if (before && (before.status === activity.status || isFinal(before.status))) return false;
    if (!before) {
      if (activity.id <= after || !matches({ ...filter, status: undefined }, activity)) return false;
      const isWanted = matches(filter, activity);
      if (isWanted || isFinal(activity.status)) candidates.delete(activity.id);
      else candidates.add(activity.id);
      if (!isWanted) return false;
    }
    entries.set(activity.id, activity);
    // What appears right after the beginning was dispatched just before it.
    if (isEarly && !before && !isFinal(activity.status)) waitedFor.add(activity.id);
    return true;
  }

  function read(shown: readonly Activity[], requests: number, began: number, now: number): void {
    if (failing) news.push({ event: 'outage', ageMs: null });
    failing = null;
    const changed = [...shown].reverse().filter((one) => take(one, began < startedAt + SHORTEST));
    news.push(...changed.map((activity): JobEvent => ({ event: 'activity', activity })));
    if (changed.length > 0) changedAt = now;
    if (isDone() && began >= startedAt + SHORTEST) end = { error: null };
    else if (began >= deadline) end = { error: timedOut(open().length) };
    later(now, requests);
  }

  function later(now: number, requests: number): void {
    const quiet = now - changedAt;
    const gap = quiet < 60 * SECOND ? SECOND : Math.min(quiet / 60, 5 * SECOND);
    nextRead = now + Math.max(gap, requests * (SECOND / 4));
  }

  return {
    next: (now) => {
      if (end) return { do: 'end' };
      const due = Math.min(nextRead, deadline);
      if (now < due) return { do: 'wait', until: due };
      const ids = open();
      const lowest = ids.reduce((low, id) => (id < low ? id : low), after + 1n);
      return { do: 'read', downTo: lowest - 1n, open: ids, patient: false };
    },
    take: (fact, now) => {
      if (fact.is === 'read') read(fact.read.entries, fact.read.requests, fact.read.startedAt, now);
      else if (fact.is === 'stopped') end ??= { error: fact.reason };
      else if (fact.is === 'unreadable') {
        const { error, startedAt: began } = fact;
        if (!failing) news.push(warning('log_unreadable', `the log cannot be read: ${error.message}; trying again`));
        failing = { since: failing?.since ?? began, count: (failing?.count ?? 0) + 1 };
        const isOverdue = now - failing.since >= OUTAGE && failing.count >= 3;
        if (isHopeless(error) || isOverdue || now >= deadline) end = { error: givenUp(error) };
        news.push({ event: 'outage', ageMs: now - failing.since });
        later(now, 1);
        nextRead = Math.max(nextRead, now + Math.min(retryAfterOf(error), 300 * SECOND));
      }
    },
    news: () => {
      const told = news;
      news = [];
      return told;
    },
    result: () => ({
      entries: [...entries.values()].sort((a, b) => compareIds(b.id, a.id)),
      anyRejected: [...waitedFor].some((id) => entries.get(id)?.status === 'rejected'),
      error: end?.error ?? null,
    }),
  };
}

function timedOut(count: number): LdctlError {
  return new LdctlError('timedOut', 'timed_out', `timed out: ${count} still processing`);
}

function givenUp(error: LdctlError): LdctlError {
  if (error instanceof Interrupted) return error;
  const { code, message, hint, requestId } = error;
  return new LdctlError('unconfirmed', code, `the log could not be read any more: ${message}`, { hint, requestId });
}
