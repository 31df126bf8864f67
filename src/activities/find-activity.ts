import type { Activity } from '../base/activity.js';
import { MAX_ID, type Id } from '../base/ids.js';
import type { CallOptions } from '../base/supervisor.js';
import type { ActivityLog, LogPage } from './activity-log.js';
import { covers } from './pages-in-order.js';

/** Where an id stands in a log, whether there is an entry of that id or not. */
export interface Place {
  /** Null where there is none. */
  activity: Activity | null;
  /** From this rank on, the entries are newer than the id; where none is, that of the next entry to come. */
  nextRank: number;
  /** The ids right below and above, as far as they were read; null where there are none. */
  older: Id | null;
  newer: Id | null;
  /** The last page read. */
  page: LogPage;
  /** The server's clock when the search began, cut to whole seconds, ms UTC; null where it does not say. */
  begunAt: number | null;
}

/**
 * Finds the place of an id. There is no get-by-id (contract, "Supervisor: list"), but ids grow with time: the newest end is
 * read first, since most of what is looked for is there, and then the middle of what is left. Of 1000 pages that takes 12
 * requests at most. Ranks do not move when the log grows. Where entries were deleted meanwhile, they do, so that an id that
 * was not found is looked for once more.
 * @throws as `Supervisor.list` does
 */
export async function findPlace(log: ActivityLog, id: Id, options: CallOptions = {}): Promise<Place> {
  const first = await log.page(1, options);
  const begunAt = log.serverTime;
  const between = await narrowDown(log, id, first, options);
  const isLost = !between.found && between.page.total < first.total;
  const result = isLost ? await narrowDown(log, id, await log.page(1, options), options) : between;
  return { ...result.place(), begunAt };
}

async function narrowDown(log: ActivityLog, id: Id, first: LogPage, options: CallOptions): Promise<Between> {
  const between = new Between(id, first);
  for (;;) {
    const { page, low, high } = between;
    if (between.found || high - low <= 1) return between;
    const isOldestPage = page === first && log.order === 'oldest-first';
    const wanted = isOldestPage ? high - 1 : Math.floor((low + high) / 2);
    const next = await log.page(log.pageOf(wanted, page.total), options);
    between.take(next);
    if (next.total < page.total || (next.total === page.total && !covers(next, wanted))) return between;
  }
}

/** What is known of the entries to both sides of an id. */
class Between {
  readonly #id: Id;
  /** The last one read. */
  page: LogPage;
  found: Activity | null = null;
  /** The highest rank of an entry that is no newer; -1 before one was read. */
  low = -1;
  /** The lowest rank of a newer entry; the length of the log before one was read. */
  high = Infinity;
  #older: Id | null = null;
  #newer: Id | null = null;

  constructor(id: Id, page: LogPage) {
    this.#id = id;
    this.page = page;
    this.take(page);
  }

  take(page: LogPage): void {
    this.page = page;
    if (this.#newer === null) this.high = page.total;
    for (const { activity, rank } of page.entries) {
      const { id } = activity;
      if (id === this.#id) this.found = activity;
      if (id <= this.#id) this.low = Math.max(this.low, rank);
      else this.high = Math.min(this.high, rank);
      if (id < this.#id && id > (this.#older ?? -1n)) this.#older = id;
      if (id > this.#id && id < (this.#newer ?? MAX_ID + 1n)) this.#newer = id;
    }
  }

  place(): Omit<Place, 'begunAt'> {
    const nextRank = Math.min(this.high, this.low + 1);
    return { activity: this.found, nextRank, older: this.#older, newer: this.#newer, page: this.page };
  }
}
