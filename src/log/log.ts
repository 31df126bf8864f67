import { onAbort, type Clock } from '../base/clock.js';
import type { Activity } from '../base/activity.js';
import { ApiError, retryAfterOf } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import type { CallOptions, Supervisor } from '../base/supervisor.js';
import { middleOf, newReading, Pages, type LogPage, type Reading } from './pages.js';

export interface ReadOptions extends CallOptions {
  /** So many pages at most. */
  pages?: number;
}

export interface LogRead {
  /** Newest first, each once. */
  entries: Activity[];
  /** When its first request began: monotonic clock, ms. */
  startedAt: number;
  /**
   * The server's clock at the first answer, cut to whole seconds, ms UTC; null where it does not
   * say.
   */
  serverTime: number | null;
  requests: number;
  /** Whether it reaches down to where it was to: `pages` may have ended it before. */
  isWhole: boolean;
  /** An id that the log had reached before; entries up to it were left out. */
  above?: Id;
}

export interface KnownOptions extends ReadOptions {
  /** Asked after each page whether all that is looked for was seen. */
  isEnough?: (entries: readonly Activity[]) => boolean | Promise<boolean>;
}

/** Some entries of the log, with what was known when they were read. */
export interface LogPart extends Pick<LogRead, 'entries' | 'serverTime'> {
  /** How many entries the log has. */
  total: number;
  /** What is behind them is older than this one; null where that is not sure. */
  reach: Id | null;
}

/**
 * An entry that was looked for; null where there is none, with the ids right below and above where
 * it would be.
 */
export interface Found {
  activity: Activity | null;
  older: Id | null;
  newer: Id | null;
  serverTime: number | null;
}

export type ActivityLog = ReturnType<typeof openLog>;

/**
 * So many of the newest entries are always read, and looked at again: one may come late, below
 * those that are there.
 */
export const RECENT = 50;
/** Pages on their way at once, where the log stands still: enough to hide the latency. */
const MOST_AT_ONCE = 8;
/** A server that wants to be left alone for longer than this ends the reading. */
const LONGEST_RETRY_AFTER_MS = 60_000;
/**
 * How far back the nodes of a deployment are looked for: far enough that each of hundreds has an
 * entry.
 */
const KNOWN = { entries: 1000, ageMs: 30 * 24 * 60 * 60_000 };

/**
 * The log of one deployment. It is read from the newest end down, one page after the other: what
 * grows at the top or is deleted at the bottom can then repeat an entry, never hide one. Where page
 * 1 is the oldest, an entry that comes late pushes others back by one: then the page before is read
 * again.
 *
 * All of it throws as `Supervisor.list` does.
 */
export function openLog(supervisor: Pick<Supervisor, 'list'>, deploymentId: Id, clock: Clock) {
  const pages = new Pages(supervisor, deploymentId);

  /** Pages from the newest to the oldest, each with what the ones before it have not shown. */
  async function* walk(reading: Reading, mostAtOnce: number): AsyncGenerator<LogPage> {
    const isNew = onlyOnce();
    let page = await pages.newest(reading);
    let [shown, count] = [0, 0];
    const fresh = (one: LogPage): LogPage => {
      const entries = one.entries.filter(({ id }) => isNew(id));
      shown += 1;
      count += entries.length;
      return { ...one, entries, reach: count < RECENT ? null : one.reach };
    };
    // At first few pages at once: a reader that stops soon has not asked for many.
    const nextPages = (behind: LogPage): Array<Promise<LogPage>> => {
      const asked: Array<Promise<LogPage>> = [];
      let next = pages.behind(behind.number);
      const most = Math.min(shown, mostAtOnce);
      for (; next !== null && asked.length < most; next = pages.behind(next)) {
        asked.push(pages.read(next, reading));
      }
      return asked;
    };

    async function* oneByOne(most: number): AsyncGenerator<LogPage> {
      for (let read = 0; read < most; read += 1) {
        const next = pages.behind(page.number);
        if (next === null) return;
        const before = page;
        page = await pages.read(next, reading);
        // With the oldest on page 1, what came late has pushed an entry from this page to the one
        // before.
        if (!pages.isNewestFirst && page.total > before.total) {
          yield fresh(await pages.read(before.number, reading));
        }
        yield fresh(page);
      }
    }

    /**
     * Several pages at once, until the log moves or ends.
     * @returns whether any were read that way
     */
    async function* inBatches(): AsyncGenerator<LogPage, boolean> {
      let anyRead = false;
      const mark = await pages.mark(reading);
      let batch = await together(nextPages(page), reading);
      while (batch && batch.length > 0) {
        // Asked for before it is known whether the log stood still: after them it is looked at
        // again.
        const following = together(nextPages(batch.at(-1) ?? page), reading);
        following.catch(() => undefined);
        const [now] = (await together([pages.mark(reading)], reading)) ?? [];
        const stoodStill = now !== null && now === mark && batch[0]?.total === page.total;
        if (stoodStill) for (const one of batch) yield fresh((page = one));
        anyRead ||= stoodStill;
        const answers = await following;
        batch = stoodStill ? answers : null;
      }
      return anyRead;
    }

    yield fresh(page);
    yield* oneByOne(mostAtOnce === 1 ? Infinity : 1);
    // After the log has moved, this many pages are read one by one; twice as many each time that it
    // moves again at once.
    let nextAlone = mostAtOnce;
    while (pages.behind(page.number) !== null) {
      if (yield* inBatches()) nextAlone = mostAtOnce;
      yield* oneByOne(nextAlone);
      nextAlone *= 2;
    }
  }

  /**
   * @returns null when the server says that these were too many, after the time that it asks for
   */
  async function together<T>(
    asked: ReadonlyArray<Promise<T>>,
    reading: Reading,
  ): Promise<T[] | null> {
    const answers = await Promise.allSettled(asked);
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (!failed) {
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    }
    const error: unknown = failed.reason;
    const waitMs =
      error instanceof ApiError && error.status === 429 ? retryAfterOf(error) : Infinity;
    if (waitMs > LONGEST_RETRY_AFTER_MS) throw error;
    await clock.sleep(waitMs, reading.options.signal);
    return null;
  }

  /** Reads page after page until `isEnough` says so of one, or the log ends. */
  async function readUntil(
    isEnough: (page: LogPage, entries: readonly Activity[]) => boolean | Promise<boolean>,
    { pages: most = Infinity, ...options }: ReadOptions = {},
  ): Promise<LogRead> {
    const reading = newReading(clock, options);
    const read = { entries: [] as Activity[], isWhole: true };
    let count = 0;
    for await (const page of walk(reading, 1)) {
      read.entries.push(...page.entries);
      if (await isEnough(page, read.entries)) break;
      count += 1;
      read.isWhole = count < most || pages.behind(page.number) === null;
      if (count >= most) break;
    }
    read.entries.sort((a, b) => compareIds(b.id, a.id));
    const { startedAt, serverTime, requests } = reading;
    return { ...read, startedAt, serverTime, requests };
  }

  /** The newest entries, mostly a page: the first is the newest of the log. */
  function newest(options?: ReadOptions): Promise<LogRead> {
    return readUntil(({ reach }) => reach !== null, options);
  }

  /** Every entry above the id. */
  async function downTo(id: Id, options?: ReadOptions): Promise<LogRead> {
    const read = await readUntil(({ reach }) => reach !== null && reach <= id, options);
    return { ...read, entries: read.entries.filter((entry) => entry.id > id), above: id };
  }

  /**
   * The newest 1,000 entries, or those of 30 days, in whole pages: one odd time hides no node. It
   * ends sooner where they are enough.
   */
  function known({ isEnough, ...options }: KnownOptions = {}): Promise<LogRead> {
    let isPast: ReturnType<typeof pastWhen> | undefined;
    return readUntil(async (page, all) => {
      isPast ??= pastWhen((page.serverTime ?? clock.now()) - KNOWN.ageMs);
      if (isPast(page.entries) || all.length >= KNOWN.entries) return true;
      return (await isEnough?.(all)) ?? false;
    }, options);
  }

  /**
   * Tells, page by page, whether what comes is older than a time: when as many entries in a row are
   * as a page holds. A single one may have a time that cannot be true, such as one in the year 1.
   */
  function pastWhen(since: number): (entries: readonly Activity[]) => boolean {
    let inRow = 0;
    return (entries) => {
      for (const { created_at: at } of entries) inRow = Date.parse(at) < since ? inRow + 1 : 0;
      return inRow >= pages.size;
    };
  }

  /**
   * There is no get-by-id, but ids grow with time: the newest page first, since most of what is
   * looked for is there, then the middle of what is left. While the log moves, newer entries take
   * the place of those on a page: a page that was newer than the id stays so, and from there on it
   * is read page after page.
   */
  async function seek(id: Id, options?: ReadOptions): Promise<Found> {
    const reading = newReading(clock, options);
    const found: Found = { activity: null, older: null, newer: null, serverTime: null };
    const look = (page: LogPage): LogPage => {
      for (const activity of page.entries) {
        if (activity.id === id) found.activity = activity;
        else if (activity.id < id) {
          found.older = activity.id > (found.older ?? -1n) ? activity.id : found.older;
        } else {
          found.newer = activity.id < (found.newer ?? activity.id + 1n) ? activity.id : found.newer;
        }
      }
      return page;
    };
    const isNewer = (page: LogPage): boolean => middleOf(page, id) > id;
    let page = look(await pages.newest(reading));
    const step = pages.isNewestFirst ? 1 : -1;
    // The id is behind the page `newer`, and not behind the page `other`.
    let newer = page.number;
    let other = !isNewer(page) ? newer + step : pages.isNewestFirst ? pages.last + 1 : 0;
    while (!found.activity && Math.abs(other - newer) > 1) {
      page = look(await pages.read(Math.trunc((newer + other) / 2), reading));
      if (isNewer(page)) newer = page.number;
      else other = page.number;
    }
    let next = pages.behind(newer);
    while (!found.activity && next !== null) {
      if (page.number !== next) page = look(await pages.read(next, reading));
      if (middleOf(page, id) < id) break;
      next = pages.behind(next);
    }
    return { ...found, serverTime: reading.serverTime };
  }

  /**
   * The whole log, newest first, as it is asked for, or what is not older than `since`. Memory does
   * not grow with the log.
   */
  async function* all(options: ReadOptions & { since?: number } = {}): AsyncGenerator<LogPart> {
    const controller = new AbortController();
    const release = onAbort(options.signal, () => controller.abort(options.signal?.reason));
    const reading = newReading(clock, { ...options, signal: controller.signal });
    const isPast = pastWhen(options.since ?? -Infinity);
    try {
      for await (const { entries, total, reach } of walk(reading, MOST_AT_ONCE)) {
        yield { entries, total, reach, serverTime: reading.serverTime };
        if (isPast(entries)) return;
      }
    } finally {
      release();
      controller.abort(new Error('the reader has enough'));
    }
  }

  return { newest, downTo, known, seek, all };
}

/**
 * Tells of an id whether it comes for the first time. A log that moves repeats only the last pages:
 * older ids are forgotten.
 */
function onlyOnce(): (id: Id) => boolean {
  let [ids, older] = [new Set<Id>(), new Set<Id>()];
  return (id) => {
    if (ids.has(id) || older.has(id)) return false;
    if (ids.size >= 10_000) [ids, older] = [new Set(), ids];
    ids.add(id);
    return true;
  };
}
