/*
 * One page of the log, checked, and which end of the log is the newest; and what a reading has
 * shown.
 */

import { isFinal, type Activity } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import { invalidAnswerError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import {
  MAX_PAGE_SIZE,
  type ActivityPage,
  type CallOptions,
  type Supervisor,
} from '../base/supervisor.js';

/** How many of its oldest entries say how far down a page reaches: one may have an odd time. */
const DECIDING = 5;
/**
 * How many times the newest page is looked for, in a log that changes each time, before giving up.
 */
const ROUNDS = 30;

export interface LogPage {
  number: number;
  /** In the server's order. */
  items: readonly Activity[];
  /** Newest first, whatever the server's order. */
  entries: Activity[];
  /** Every entry on an older page has a lower id than this; null where that is not sure. */
  reach: Id | null;
  /** How many entries the log had, and which page was the last one. */
  total: number;
  last: number;
}

/**
 * The log of one deployment as numbered pages. Finds out what its server does not say: which end
 * is the newest, and how long a page is.
 */
export class Pages {
  /** Null until the log has shown it. */
  #order: 'newest first' | 'oldest first' | null = null;
  /** A server may give fewer than it is asked for: page 1 shows how many. */
  #size = MAX_PAGE_SIZE;
  /** Number of the last page, by the last answer. If the oldest is page 1, the newest is there. */
  #last = 1;

  constructor(
    private readonly supervisor: Pick<Supervisor, 'list'>,
    private readonly deploymentId: Id,
  ) {}

  /** Until the log has shown its order, it counts as newest first. */
  get isNewestFirst(): boolean {
    return this.#order !== 'oldest first';
  }

  get size(): number {
    return this.#size;
  }

  /**
   * The number of the page with the next older entries, as the log was when it gave this one; null
   * after the oldest. With the oldest on page 1, a log that has shrunk shifts its pages towards
   * page 1.
   */
  nextOlder({ number, last }: Pick<LogPage, 'number' | 'last'>): number | null {
    const next = this.isNewestFirst ? number + 1 : Math.min(number - 1, last);
    return next >= 1 && next <= last ? next : null;
  }

  /**
   * The page with the newest entry, as it is now. A whole reading shows as many entries as the log
   * has then.
   * @throws TransportError where the log changes each time it is looked at
   */
  async newest(reading: Reading): Promise<LogPage> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const page = await this.#lookForNewest(reading);
      if (page) {
        reading.leastTotal = page.total;
        return page;
      }
    }
    throw this.#incomplete('its newest page is another one each time');
  }

  /** @returns null where the log changed meanwhile */
  async #lookForNewest(reading: Reading): Promise<LogPage | null> {
    if (this.#order === 'oldest first') return this.#readLast(reading);
    const first = await this.read(1, reading);
    // The order of a single page does not matter.
    if (this.#order !== null || first.last === 1) return first;
    if (fallsAllTheWay(first.items)) {
      this.#order = 'newest first';
      return first;
    }
    const last = await this.#readLast(reading);
    if (!last) return null;
    this.#order = middleOf(first) > middleOf(last) ? 'newest first' : 'oldest first';
    // How far it reaches depends on the order, which was not known when it was read.
    return this.isNewestFirst ? first : { ...last, reach: this.#reachOf(last.items) };
  }

  /** The last page; null where entries came or went meanwhile, so that another one is the last. */
  async #readLast(reading: Reading): Promise<LogPage | null> {
    const page = await this.read(this.#last, reading);
    return page.number === page.last ? page : null;
  }

  /** The oldest entry of a log with this many entries; null if their number has changed. */
  async oldest(total: number, reading: Reading): Promise<Id | null> {
    // With one entry a page, page N is the N-th entry: the oldest is the last one, or page 1.
    const { items, total_results: now } = await this.#ask(
      this.isNewestFirst ? total : 1,
      1,
      reading,
    );
    return now === total ? (items[0]?.id ?? null) : null;
  }

  /**
   * Its answer also shows how long pages are, and where the newest one is looked for next.
   * @throws as `Supervisor.list` does, and TransportError for a page that lacks entries
   */
  async read(number: number, reading: Reading): Promise<LogPage> {
    let answer = await this.#ask(number, this.#size, reading);
    // An entry may have come between the reading of the page and the counting.
    if (this.#lacksEntries(answer, number)) answer = await this.#ask(number, this.#size, reading);
    if (this.#lacksEntries(answer, number)) this.#checkShort(answer, number);
    const { items, total_results: total } = answer;
    // By the size of pages that page 1 may just have shown.
    const last = Math.max(Math.ceil(total / this.#size), 1);
    this.#last = last;
    return { number, items, entries: newestFirst(items), reach: this.#reachOf(items), total, last };
  }

  /** The error for a log that gave fewer entries than it counted. */
  lacking(seen: number, total: number) {
    return this.#incomplete(`it counts ${total} entries and gave ${seen}`);
  }

  /**
   * A log may be sorted by time, and ids follow time only roughly. So the highest id of the page's
   * oldest few entries, apart from those of its last moment, is the limit for all older pages.
   */
  #reachOf(items: readonly Activity[]): Id | null {
    const oldestLast = this.isNewestFirst ? items : items.toReversed();
    const end = oldestLast.at(-1)?.created_at;
    // Entries of one moment come in any order, so others of that one may be on the next page.
    const sure = oldestLast.filter((one) => one.created_at !== end).slice(-DECIDING);
    return newestFirst(sure)[0]?.id ?? null;
  }

  async #ask(number: number, results: number, reading: Reading): Promise<ActivityPage> {
    const query = { page: number, results };
    const answer = await this.supervisor.list(this.deploymentId, query, reading.options);
    reading.requests += 1;
    reading.serverTime ??= answer.serverTime ?? null;
    reading.leastTotal = Math.min(reading.leastTotal, answer.total_results);
    if (answer.items.length > 0 && answer.page !== number) {
      throw this.#incomplete(
        `the answer is page ${answer.page} where page ${number} was asked for`,
        answer.requestId,
      );
    }
    return answer;
  }

  #lacksEntries(answer: ActivityPage, number: number): boolean {
    const due = answer.total_results - (number - 1) * this.#size;
    return answer.items.length < Math.min(due, this.#size);
  }

  /**
   * Takes a page that is too short where that has a reason. Page 1 shows how many entries this
   * server gives at most. The last page may have lost entries meanwhile: a reader that goes to the
   * end counts them all.
   * @throws TransportError for any other; also for page 1 with a single entry, since a cache
   * may have answered with what `oldest` had asked for
   */
  #checkShort({ items, total_results: total, requestId }: ActivityPage, number: number): void {
    const { length } = items;
    const isLast = number > 1 && number * this.#size >= total;
    if (number === 1 && length > 1) {
      this.#size = length;
    } else if (length === 0 || !isLast) {
      const holds = `page ${number} of ${total} entries holds ${length} instead of ${this.#size}`;
      throw this.#incomplete(holds, requestId);
    }
  }

  #incomplete(what: string, requestId?: string) {
    return invalidAnswerError(
      `the activity log of deployment ${this.deploymentId} is not whole: ${what}`,
      {
        hint: 'A cache or a proxy in between may drop the query, or keep old answers.',
        requestId,
      },
    );
  }
}

/** Whether a page shows by itself that the newest come first: its ids and its times both say so. */
function fallsAllTheWay(items: readonly Activity[]): boolean {
  const [first] = items;
  const last = items.at(-1);
  return (
    items.every(({ id }, n) => id <= (items[n - 1]?.id ?? id)) &&
    Date.parse(first?.created_at ?? '') > Date.parse(last?.created_at ?? '')
  );
}

/**
 * The id in the middle of a page, since those at its ends may have odd times; 0 where it is empty.
 */
const middleOf = ({ entries }: LogPage): Id => entries[entries.length >> 1]?.id ?? 0n;

/** One reading of the log: each of its requests takes the options, and adds what it shows. */
export const newReading = (clock: Pick<Clock, 'elapsed'>, options: CallOptions = {}) => ({
  options,
  /** Monotonic clock, ms. */
  startedAt: clock.elapsed(),
  requests: 0,
  /**
   * The server's clock at the first answer, in whole seconds, ms UTC; null where it is not sent.
   */
  serverTime: null as number | null,
  /** The smallest total that an answer had since it gave the newest page. */
  leastTotal: Infinity,
});
export type Reading = ReturnType<typeof newReading>;

/**
 * An entry that changed while the server read the page may be on it twice: its final state first.
 */
const newestFirst = (items: readonly Activity[]): Activity[] =>
  [...items].sort((a, b) => compareIds(b.id, a.id) || Number(isFinal(b)) - Number(isFinal(a)));
