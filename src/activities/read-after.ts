import { linkedController } from '../base/abort.js';
import type { Activity } from '../base/activity.js';
import { compareIds, type Id } from '../base/ids.js';
import type { ActivityLog, LogPage } from './activity-log.js';
import { findPlace, type Place } from './find-activity.js';
import { countDown, countUp, covers, highestRank, inOrder, lowestRank, type ReadPage } from './pages-in-order.js';
import type { LogReadOptions } from './read-log.js';

/** As far as an entry may stand from the place that its id gives it: neighbours may become visible out of order. */
const OUT_OF_ORDER = 20;

/** Some entries, oldest first. */
export interface LaterEntries {
  activities: Activity[];
  /** How many the log holds. */
  total: number;
  /** The server's clock when the reading began, cut to whole seconds, ms UTC; null where it does not say. */
  begunAt: number | null;
}

/**
 * The entries that are newer than `after`, oldest first, page by page; each once, none missing, although the log grows
 * meanwhile. Begins at their place in the log, so that it costs pages in proportion to what is new, and holds few at a time.
 * Where entries are deleted meanwhile, their place is looked for anew.
 * @throws as `Supervisor.list` does
 */
export async function* readAfter(
  log: ActivityLog,
  after: Id,
  options: LogReadOptions = {},
): AsyncGenerator<LaterEntries> {
  const { controller: stop, release } = linkedController(options.signal);
  const reading = { ...options, signal: stop.signal };
  const line = new Line(after);
  let begunAt: number | null | undefined;
  let above: LogPage | null;
  try {
    do {
      const place = await findPlace(log, line.last, reading);
      if (begunAt === undefined) ({ begunAt } = place);
      above = null;
      for await (const page of readUpFrom(log, place, reading)) {
        const isShorter: boolean = above !== null && hasShrunk(above, page);
        above = isShorter ? null : page;
        if (isShorter) break;
        yield { activities: line.take(page), total: page.total, begunAt };
      }
    } while (above === null);
    yield { activities: line.end(), total: above.total, begunAt };
  } finally {
    release();
    stop.abort(new Error('the reader has enough'));
  }
}

/** Whether the log became shorter from one answer to another. */
function hasShrunk(a: LogPage, b: LogPage): boolean {
  return a.answered < b.answered ? b.total < a.total : a.total < b.total;
}

/**
 * Pages that follow on each other by their ranks, from a place on to the newest one: at least one. Where page 1 is the
 * newest, growth pushes entries towards later pages: what a page misses by that is read as the log is then.
 */
async function* readUpFrom(log: ActivityLog, place: Place, options: LogReadOptions): AsyncGenerator<LogPage> {
  const read: ReadPage = (page) => log.page(page, options);
  let next = Math.max(place.nextRank - OUT_OF_ORDER, 0);
  let above = place.page;
  const take = (page: LogPage): LogPage => {
    next = Math.max(next, highestRank(page) + 1);
    return (above = page);
  };
  if (place.page.total === 0 || covers(place.page, next)) yield take(place.page);
  if (next >= above.total) return;
  const from = log.pageOf(next, above.total);
  const numbers = log.order === 'oldest-first' ? countUp(from, () => above.lastPage) : countDown(from, 1);
  for await (const { page } of inOrder(read, numbers, options.inFlight ?? 1)) {
    let { total } = page;
    while (lowestRank(page) > next) {
      const missed = await read(log.pageOf(next, total));
      ({ total } = missed);
      if (lowestRank(missed) <= next) yield take(missed);
    }
    yield take(page);
  }
}

/** Entries on their way out, which are put into the order of their ids. */
class Line {
  /** Up to this id, all have gone out. */
  last: Id;
  #waiting: Activity[] = [];

  constructor(after: Id) {
    this.last = after;
  }

  /** @returns those behind which none comes any more */
  take(page: LogPage): Activity[] {
    const isWaiting = new Set(this.#waiting.map(({ id }) => id));
    const fresh = page.entries.map(({ activity }) => activity).filter(({ id }) => id > this.last && !isWaiting.has(id));
    this.#waiting = [...this.#waiting, ...fresh].sort((a, b) => compareIds(a.id, b.id));
    return this.#release(this.#waiting.length - OUT_OF_ORDER);
  }

  end(): Activity[] {
    return this.#release(this.#waiting.length);
  }

  #release(count: number): Activity[] {
    const ready = this.#waiting.splice(0, Math.max(count, 0));
    this.last = ready.at(-1)?.id ?? this.last;
    return ready;
  }
}
