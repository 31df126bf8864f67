import type { Activity } from '../../base/activity.js';
import { compareIds, type Id } from '../../base/ids.js';
import type { CallOptions } from '../../base/supervisor.js';
import type { ActivityLog, LogPage } from '../activity-log.js';
import { readLog } from '../read-log.js';
import { RecentIds } from './recent-ids.js';

/** More growth than this between two polls is read as a whole. */
const MOST_READ_BY_RANK = 1000;

/**
 * The newest end of a log, read again and again: whatever comes above `after`, and the entries that are still open.
 *
 * An entry's rank, counted from the oldest, does not move when the log grows. So one request shows whether anything
 * changed, however long the log is: the page with the newest entry also says how long the log has become, and mostly
 * holds the open ones. When what is read does not add up (an entry became visible late and out of order, or the log
 * shrank), the end is read anew from the newest entry down to `after`.
 */
export class LogTail {
  readonly #log: ActivityLog;
  readonly #after: Id;
  readonly #seen = new RecentIds();
  #ranks = new Map<Id, number>();
  #total: number | null = null;
  #requests = 0;

  constructor(log: ActivityLog, after: Id) {
    this.#log = log;
    this.#after = after;
  }

  /** How many requests the last poll took. */
  get requests(): number {
    return this.#requests;
  }

  /** As `ActivityLog.serverTime`. */
  get serverTime(): number | null {
    return this.#log.serverTime;
  }

  /**
   * Reads once. Gives the entries read that are above `after` or in `open`, oldest first.
   * @throws as `Supervisor.list` does
   */
  async poll(open: readonly Id[], options: CallOptions): Promise<Activity[]> {
    const wanted = new Set(open);
    const before = this.#log.requests;
    const found = (await this.#readByRank(wanted, options)) ?? (await this.#scan(wanted, options));
    this.#requests = this.#log.requests - before;
    const oldestFirst = [...found.values()].sort((a, b) => compareIds(a.id, b.id));
    // In this order, because the ids added first are the first to be forgotten.
    for (const { id } of oldestFirst) if (id > this.#after) this.#seen.add(id);
    return oldestFirst;
  }

  /** Reads only the pages where something can have changed; null when that does not add up. */
  async #readByRank(open: ReadonlySet<Id>, options: CallOptions): Promise<Map<Id, Activity> | null> {
    if (this.#total === null) return null;
    const before = this.#total;
    const missing = new Set([Math.max(before - 1, 0)]);
    for (const id of open) {
      const rank = this.#ranks.get(id);
      if (rank === undefined) return null;
      missing.add(rank);
    }

    const found = new Map<Id, Activity>();
    const ranks = new Map<Id, number>();
    let total = before;
    let fresh = 0;
    for (const [rank] of nextOf(missing)) {
      const page = await this.#log.page(this.#log.pageOf(rank, total), options);
      if (page.total < total || page.total - total > MOST_READ_BY_RANK) return null;
      for (let grown = total; grown < page.total; grown++) missing.add(grown);
      total = page.total;
      missing.delete(rank);
      for (const entry of page.entries) {
        missing.delete(entry.rank);
        if (this.#take(entry, open, found, ranks) && !this.#seen.has(entry.activity.id)) fresh++;
      }
    }
    if (fresh !== total - before || [...open].some((id) => !found.has(id))) return null;
    this.#ranks = ranks;
    this.#total = total;
    return found;
  }

  /** Reads from the newest entry down to `after` and to the lowest open entry. */
  async #scan(open: ReadonlySet<Id>, options: CallOptions): Promise<Map<Id, Activity>> {
    const found = new Map<Id, Activity>();
    const ranks = new Map<Id, number>();
    let total: number | null = null;
    for await (const page of readLog(this.#log, options)) {
      total ??= page.total;
      for (const entry of page.entries) this.#take(entry, open, found, ranks);
      const oldest = page.entries.at(-1)?.activity.id;
      const passed = (id: Id): boolean => oldest !== undefined && oldest <= id;
      if (passed(this.#after) && [...open].every((id) => found.has(id) || passed(id))) break;
    }
    this.#ranks = ranks;
    this.#total = total ?? 0;
    return found;
  }

  /** @returns whether the entry is one of those asked for, and was not found already */
  #take(
    { activity, rank }: LogPage['entries'][number],
    open: ReadonlySet<Id>,
    found: Map<Id, Activity>,
    ranks: Map<Id, number>,
  ): boolean {
    if (activity.id <= this.#after && !open.has(activity.id)) return false;
    const isNew = !found.has(activity.id);
    found.set(activity.id, activity);
    ranks.set(activity.id, rank);
    return isNew && activity.id > this.#after;
  }
}

/** Goes over a set that shrinks and grows meanwhile, always at its first member. */
function* nextOf(set: ReadonlySet<number>): Generator<[number]> {
  for (;;) {
    const [first] = set;
    if (first === undefined) return;
    yield [first];
  }
}
