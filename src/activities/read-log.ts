import { linkedController } from '../base/abort.js';
import type { Id } from '../base/ids.js';
import type { CallOptions } from '../base/supervisor.js';
import type { ActivityLog, LogPage } from './activity-log.js';
import { GivenIds } from './given-ids.js';
import { countDown, countUp, highestRank, inOrder, lowestRank, type ReadPage } from './pages-in-order.js';

export interface LogReadOptions extends CallOptions {
  /** How many pages may be on their way at once. */
  inFlight?: number;
}

/**
 * The whole log, newest entries first, page by page; each entry once, none missing, although the log grows meanwhile
 * (contract, "Supervisor: list"). Stops reading when the consumer does. Memory does not grow with the log.
 *
 * Where page 1 is the newest, growth pushes entries towards later pages. A page that was answered before the one in
 * front of it misses what was pushed across the boundary between the two, which shows by the ranks: it is read once
 * more, beside what the first answer held, so that the pages on their way still follow on it. Entries seen twice are
 * dropped.
 * Where page 1 is the oldest, growth changes none but the last.
 * Deleted entries pull others towards earlier pages. Where page 1 is the newest, the log has become shorter then, and it is
 * read again from a page on that follows on what was read. Where it is the oldest, they move onto pages still to be read.
 *
 * @throws as `Supervisor.list` does
 */
export async function* readLog(log: ActivityLog, options: LogReadOptions = {}): AsyncGenerator<LogPage> {
  const { controller: stop, release } = linkedController(options.signal);
  const read: ReadPage = (page) => log.page(page, { ...options, signal: stop.signal });
  const given = new GivenIds();
  let newest: Id | undefined;
  try {
    const first = await read(1);
    const rest = first.lastPage > 1 && log.order === 'oldest-first' ? readTowardsFirst : readTowardsLast;
    for await (const page of rest(read, first, options.inFlight ?? 1)) {
      const start = (newest ??= page.entries[0]?.activity.id);
      // What is newer than the first entry came after the reading began, and would come out of its order.
      const isPart = (id: Id): boolean => start !== undefined && id <= start && given.add(id);
      yield { ...page, entries: page.entries.filter(({ activity }) => isPart(activity.id)) };
    }
  } finally {
    release();
    stop.abort(new Error('the reader has enough'));
  }
}

async function* readTowardsLast(read: ReadPage, first: LogPage, inFlight: number): AsyncGenerator<LogPage> {
  yield first;
  let above = first;
  // The log may grow past the last page just when that one is read, hence the loop around the loop.
  for (let next = 2; next <= above.lastPage;) {
    const numbers = countUp(next, () => above.lastPage);
    for await (const { number, page } of inOrder(read, numbers, inFlight)) {
      const isNext = highestRank(page) >= lowestRank(above) - 1;
      const missed = isNext ? [] : await readDownTo(highestRank(page), read, number);
      const [fresh] = missed;
      if (fresh && fresh.total < above.total) {
        // Entries were deleted, and those behind them have moved to pages in front of this one.
        const back = await readBackTo(above, read, number - 1);
        yield back.page;
        above = back.page;
        next = back.number + 1;
        break;
      }
      // Those missed lie above what the page holds; where they overlap, the later answer counts.
      yield { ...page, entries: [...missed, page].flatMap(({ entries }) => entries) };
      above = page;
      next = number + 1;
    }
  }
}

/** The last page up to this one that now holds an entry as new as the oldest of `above`, so that none lies between. */
async function readBackTo(above: LogPage, read: ReadPage, from: number): Promise<{ number: number; page: LogPage }> {
  const oldest = above.entries.at(-1)?.activity.id ?? 0n;
  for (let number = from; ; number--) {
    const page = await read(number);
    const newest = page.entries[0]?.activity.id;
    if (number === 1 || (newest !== undefined && newest >= oldest)) return { number, page };
  }
}

/** Pages from this one on, as the log is now, until none of what is above the rank is missing. */
async function readDownTo(rank: number, read: ReadPage, from: number): Promise<LogPage[]> {
  const pages: LogPage[] = [];
  for (let number = from; ; number++) {
    const page = await read(number);
    pages.push(page);
    if (lowestRank(page) <= rank + 1 || number >= page.lastPage) return pages;
  }
}

async function* readTowardsFirst(read: ReadPage, first: LogPage, inFlight: number): AsyncGenerator<LogPage> {
  const newest = await readNewestPage(read, first.lastPage);
  yield newest.page;
  let above = newest.page;
  // Page 1 as well: what was read of it at first lacks what has moved onto it since.
  for await (const { number, page } of inOrder(read, countDown(newest.number - 1, 1), inFlight)) {
    // So does one that was answered before the page in front of it.
    const isOutdated = page.answered < above.answered && page.total !== above.total;
    above = isOutdated ? await read(number) : page;
    yield above;
  }
}

/** The last page, once it is the last one still when it has been read. */
async function readNewestPage(read: ReadPage, lastPage: number): Promise<{ number: number; page: LogPage }> {
  for (let number = lastPage; ;) {
    const page = await read(number);
    if (page.lastPage <= number) return { number, page };
    number = page.lastPage;
  }
}
