/*
 * One page after the other, from the newest end down, or eight at once where the log stands still.
 */

import type { Activity } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import { ApiError, retryAfterOf } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { LogPage, Pages, Reading } from './pages.js';

/**
 * How many of the newest entries every read covers, and a watch looks at again: an entry may come
 * late, below those that are there.
 */
export const NEWEST_COUNT = 50;
/** How long after its neighbours an entry may show up, ms. */
export const LATEST_MS = 60_000;
/** How many pages are read at once at most: enough to hide the latency. */
const MOST_AT_ONCE = 8;
/** How many pages are read one by one after a batch that the log has moved under. */
const SINGLES = 4;
/** A server that asks for a longer pause than this ends the reading. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Reads a log from its newest end down, and gives each entry once. While pages are read one by one,
 * an entry that comes or goes can make another appear twice, never hide one. Several pages at once
 * are safe only if the log stands still, so a look before them and one after them must show the
 * same.
 */
export class Walk {
  readonly #seen = new Set<Id>();
  /** How many pages the reader has had. */
  #given = 0;

  /**
   * @param expectedPages how many the reader is expected to take: up to that, several are read at
   * once; 0: one after the other; Infinity: no one knows, so the batches grow with what it has
   * taken
   */
  constructor(
    private readonly pages: Pages,
    private readonly reading: Reading,
    private readonly clock: Pick<Clock, 'sleep'>,
    private readonly expectedPages: number,
  ) {}

  /**
   * The pages, newest first, each with the entries that those before it did not have. At the end
   * they must have as many entries as the log counts. If not, the top is read again, for what has
   * arrived; then all of it once more, since a server that sorts without a tie-breaker may have
   * hidden some.
   * @throws TransportError where some are still missing
   */
  async *down(): AsyncGenerator<LogPage> {
    for (let round = 1; round <= 2; round += 1) {
      const newest = await this.pages.newest(this.reading);
      yield this.#give(newest);
      // A batch takes two more requests, to prove that the log stood still: one page alone is
      // cheaper.
      let page = yield* this.#oneByOne(newest, 1);
      while (this.pages.nextOlder(page) !== null) {
        const last = yield* this.#batches(page);
        page = yield* this.#oneByOne(last, SINGLES);
      }
      const [start] = newest.entries;
      if (!start || this.#isWhole()) return;
      yield* this.#topDownTo(start);
      if (this.#isWhole()) return;
    }
    throw this.pages.lacking(this.#seen.size, this.reading.leastTotal);
  }

  #isWhole(): boolean {
    return this.#seen.size >= this.reading.leastTotal;
  }

  /** @returns the last page that was read */
  async *#oneByOne(from: LogPage, most: number): AsyncGenerator<LogPage, LogPage> {
    let page = from;
    for (let count = 0; count < most; count += 1) {
      const next = this.pages.nextOlder(page);
      if (next === null) break;
      const before = page;
      page = await this.pages.read(next, this.reading);
      if (!this.pages.isNewestFirst && page.total > before.total) yield* this.#pushedTo(before);
      yield this.#give(page);
    }
    return page;
  }

  /**
   * With the oldest on page 1, an entry that shows up late pushes those above it up by one: the
   * last of the page that is read next becomes the first of the one that was read before. So that
   * one is read again, and what it starts with now is given.
   */
  async *#pushedTo(before: LogPage): AsyncGenerator<LogPage> {
    const again = await this.pages.read(before.number, this.reading);
    // In the server's order, the oldest first: what stands before the first known one was pushed
    // in.
    const known = again.items.findIndex(({ id }) => this.#seen.has(id));
    const pushed = known < 0 ? again.items : again.items.slice(0, known);
    yield this.#give({
      ...again,
      entries: again.entries.filter((entry) => pushed.includes(entry)),
    });
  }

  /**
   * Batches of several pages, as long as the log stands still and the server does not say that they
   * are too many. An entry that arrives while a batch is read may push another from a page that is
   * still to come to one that was read already, so that no page has it. So a batch is given only
   * once a look at the oldest entry and the total has shown the same as before: whatever comes or
   * goes changes one of the two.
   * @returns the last page that was given; `from` where none was
   */
  async *#batches(from: LogPage): AsyncGenerator<LogPage, LogPage> {
    if (this.#given >= this.expectedPages) return from;
    const look = () => this.#unlessTooMany(this.pages.oldest(from.total, this.reading));
    const oldest = await look();
    if (oldest === null) return from;
    let last = from;
    let coming = this.#startBatch(from, 0);
    for (;;) {
      const batch = await coming;
      const end = batch?.at(-1);
      if (!batch || !end) return last;
      const looking = look();
      // The next batch is read while this one is proved and given, and dropped if it is not proved.
      coming = this.#startBatch(end, batch.length);
      if ((await looking) !== oldest) return last;
      for (const page of batch) {
        yield this.#give(page);
        last = page;
      }
    }
  }

  /**
   * Asks for as many pages as the reader may want; where that is not known for as many as it has
   * had, so that one that stops soon has not asked for many.
   * @param ahead how many pages were read, and not given yet
   * @returns null where the server says that they were too many
   */
  #startBatch(from: LogPage, ahead: number): Promise<LogPage[] | null> {
    const left = this.expectedPages - this.#given - ahead;
    const wanted = this.expectedPages === Infinity ? this.#given : left;
    const most = Math.min(wanted, MOST_AT_ONCE);
    const asked: Array<Promise<LogPage>> = [];
    let number = this.pages.nextOlder(from);
    while (number !== null && asked.length < most) {
      asked.push(this.pages.read(number, this.reading));
      number = this.pages.nextOlder({ ...from, number });
    }
    const batch = this.#unlessTooMany(Promise.all(asked));
    // If it fails before anyone waits for it, that must not end the process.
    batch.catch(() => undefined);
    return batch;
  }

  /** @returns null where the server says that it was too much, after the pause that it asks for */
  async #unlessTooMany<T>(asked: Promise<T>): Promise<T | null> {
    try {
      return await asked;
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 429)) throw error;
      const waitMs = retryAfterOf(error);
      if (waitMs > LONGEST_PAUSE_MS) throw error;
      await this.clock.sleep(waitMs, this.reading.options.signal);
      return null;
    }
  }

  /**
   * Reads from the top again, down to the entry that was the newest when the reading started. What
   * has arrived since is not given, since the reader started before it. But it counts as seen: in a
   * log of a fixed size each arrival pushes an old entry out. Whatever else shows up is given: a
   * server that sorts without a tie-breaker had hidden it among entries of the same moment.
   */
  async *#topDownTo(start: Activity): AsyncGenerator<LogPage> {
    const hasArrived = ({ id, created_at: at }: Activity) =>
      id > start.id && Date.parse(at) > Date.parse(start.created_at);
    let page = await this.pages.newest(this.reading);
    for (;;) {
      const given = this.#give(page);
      yield { ...given, entries: given.entries.filter((entry) => !hasArrived(entry)) };
      const isReached = page.reach !== null && page.reach <= start.id;
      const next = this.pages.nextOlder(page);
      if (isReached || next === null) return;
      page = await this.pages.read(next, this.reading);
    }
  }

  /**
   * Counts a page as given, and its entries as seen.
   * @returns it without those that were seen before. It says how far it reaches only once NEWEST_COUNT
   * entries were seen, so that no reader stops before that
   */
  #give(page: LogPage): LogPage {
    const entries = page.entries.filter(({ id }) => {
      const isNew = !this.#seen.has(id);
      this.#seen.add(id);
      return isNew;
    });
    this.#given += 1;
    return { ...page, entries, reach: this.#seen.size < NEWEST_COUNT ? null : page.reach };
  }
}
