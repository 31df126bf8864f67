import { isFinal, type Activity } from '../base/activity.js';
import type { Clock, Signal } from '../base/clock.js';
import { ApiError, Interrupted, LdctlError, retryAfterOf } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { isYoung, listNewest, matches, readAfter, type ActivityFilter } from './list.js';
import type { ActivityLog, LogRead } from './log.js';

export interface FollowPlan {
  /** It begins with what is in the log above this id; null: with the newest entries. */
  after: Id | null;
  filter: ActivityFilter;
  /** How many of the newest entries it begins with; 0 for all. */
  limit: number;
}

export type FollowEvent =
  /** What it begins with, newest first. */
  | { event: 'listing'; activities: readonly Activity[] }
  /** An entry appeared after that, or its status changed. */
  | { event: 'activity'; activity: Activity }
  | { event: 'warning'; code: string; message: string }
  /** The log cannot be read, and was last read so many ms ago; or, with null, it can again. */
  | { event: 'outage'; ageMs: number | null };

/** What is deeper than this is looked up, one entry a poll. */
const MOST_PAGES = 10;
const SHORTEST_MS = 1000;
const LONGEST_MS = 5000;
const REST_FOR_A_REQUEST_MS = 250;
/** Failing reads are tolerated for so long, and so many of them. */
const TOLERATED = { ms: 60_000, reads: 3 };
const LONGEST_RETRY_AFTER_MS = 5 * 60_000;
/** The key is no longer good for it, or the deployment is gone. */
const HOPELESS: ReadonlySet<number> = new Set([401, 403, 404]);

/**
 * Every new entry, and every change, for ever.
 * @throws Interrupted; as `Supervisor.list` does for what it begins with; LdctlError (exit 7) when the log cannot be read any more
 */
export async function* followLog(
  log: ActivityLog,
  { after, filter, limit }: FollowPlan,
  { clock, signal }: { clock: Clock; signal: Signal },
): AsyncGenerator<FollowEvent, never> {
  const followed = new Followed(filter, after ?? -1n);
  let goodAt = clock.elapsed();
  if (after === null) {
    const newest = await log.newest({ signal });
    const activities: Activity[] = [];
    for await (const batch of listNewest(log, { filter, limit }, { signal }).batches) activities.push(...batch);
    yield { event: 'listing', activities };
    followed.begin(newest, activities, clock.now());
  } else {
    const later = await readAfter(log, after, { signal });
    for (const activity of followed.take(later.entries)) yield { event: 'activity', activity };
    followed.passed(later, clock.now());
  }

  let changedAt = clock.elapsed();
  let restMs = 0;
  /** Of reads that failed one after the other. */
  let failed = { since: 0, reads: 0 };
  for (;;) {
    const adaptedMs = Math.min(Math.max((clock.elapsed() - changedAt) / 60, SHORTEST_MS), LONGEST_MS);
    await clock.sleep(Math.max(adaptedMs, restMs), signal);
    const startedAt = clock.elapsed();
    try {
      const read = await followed.read(log, signal);
      const news = followed.take([...read.entries].reverse());
      followed.passed(read, clock.now());
      if (failed.reads > 0) yield { event: 'outage', ageMs: null };
      failed = { since: 0, reads: 0 };
      goodAt = startedAt;
      restMs = read.requests * REST_FOR_A_REQUEST_MS;
      if (news.length > 0) changedAt = clock.elapsed();
      for (const activity of news) yield { event: 'activity', activity };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
      const now = clock.elapsed();
      failed = { since: failed.reads > 0 ? failed.since : startedAt, reads: failed.reads + 1 };
      if (isHopeless(error) || (failed.reads >= TOLERATED.reads && now - failed.since >= TOLERATED.ms)) {
        const { code, message, hint, requestId } = error;
        throw new LdctlError('unconfirmed', code, `lost sight of the log: ${message}`, { hint, requestId });
      }
      restMs = Math.min(retryAfterOf(error), LONGEST_RETRY_AFTER_MS);
      if (failed.reads > 1) continue;
      yield { event: 'warning', code: 'poll_failed', message: `cannot see the log just now: ${error.message}` };
      yield { event: 'outage', ageMs: now - goodAt };
    }
  }
}

function isHopeless(error: LdctlError): boolean {
  return error instanceof ApiError && HOPELESS.has(error.status);
}

/** What is known of a log that is followed: in memory, the entries of the last minute and those that are open. */
class Followed {
  readonly #filter: ActivityFilter;
  /** What is at or below this id is no news, but for the open ones. */
  #floor: Id;
  readonly #status = new Map<Id, string>();
  /** Told of before: then any change is told of. */
  readonly #shown = new Set<Id>();
  readonly #open = new Set<Id>();

  constructor(filter: ActivityFilter, floor: Id) {
    this.#filter = filter;
    this.#floor = floor;
  }

  /** With a listing, before which the newest entries were read: they are no news, whether they are in it or not. */
  begin(newest: LogRead, listing: readonly Activity[], now: number): void {
    for (const { id, status } of newest.entries) this.#status.set(id, status);
    for (const { id, status } of listing) {
      this.#status.set(id, status);
      this.#shown.add(id);
      if (!isFinal(status)) this.#open.add(id);
    }
    this.#floor = newest.entries.at(-1)?.id ?? this.#floor;
    this.passed({ ...newest, entries: [...newest.entries].reverse() }, now);
  }

  /** What is above the floor, and the open ones. */
  async read(log: ActivityLog, signal: Signal): Promise<LogRead> {
    const options = { signal, tries: 'one' } as const;
    const lowestOpen = [...this.#open].reduce((lowest, id) => (id <= lowest ? id - 1n : lowest), this.#floor);
    const read = await log.downTo(lowestOpen, { ...options, pages: MOST_PAGES });
    const lowest = read.isWhole ? -1n : (read.entries.at(-1)?.id ?? -1n);
    const [deep] = [...this.#open].filter((id) => id < lowest);
    if (deep === undefined) return read;
    const found = await log.find(deep, options);
    // So that another one is looked up next time.
    this.#open.delete(deep);
    if (found) this.#open.add(deep);
    return { ...read, entries: found ? [...read.entries, found] : read.entries };
  }

  /** @param entries oldest first @returns those that are news */
  take(entries: readonly Activity[]): Activity[] {
    return entries.filter((activity) => {
      const { id, status } = activity;
      const before = this.#status.get(id);
      const isOld = id <= this.#floor && !this.#open.has(id);
      if (isOld || before === status || (before !== undefined && isFinal(before))) return false;
      this.#status.set(id, status);
      const isOfUse =
        before === undefined ? matches({ ...this.#filter, status: undefined }, activity) : this.#open.has(id);
      if (isOfUse && !isFinal(status)) this.#open.add(id);
      else this.#open.delete(id);
      const isNews = isOfUse && (this.#shown.has(id) || matches(this.#filter, activity));
      if (isNews) this.#shown.add(id);
      return isNews;
    });
  }

  /** Behind what is older than a minute, nothing new shows up any more. */
  passed({ entries, serverTime }: Pick<LogRead, 'entries' | 'serverTime'>, now: number): void {
    for (const activity of [...entries].sort((a, b) => (a.id < b.id ? -1 : 1))) {
      if (isYoung(activity, serverTime ?? now)) break;
      if (activity.id > this.#floor) this.#floor = activity.id;
    }
    for (const id of this.#status.keys()) {
      if (id > this.#floor || this.#open.has(id)) continue;
      this.#status.delete(id);
      this.#shown.delete(id);
    }
  }
}
