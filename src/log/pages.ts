import { isFinal, type Activity } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import { InvalidAnswerError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import {
  MAX_PAGE_SIZE,
  type ActivityPage,
  type CallOptions,
  type Supervisor,
} from '../base/supervisor.js';

/**
 * So many entries at the end of a page say how far down it reaches: a single one may be there by a
 * wrong time.
 */
const AGREEING = 5;

export interface LogPage {
  number: number;
  /** Newest first, each once, whatever the order of the log. */
  entries: Activity[];
  /**
   * What is behind the page is older than this, by its last entries; null where that is not sure.
   */
  reach: Id | null;
  /** How many entries the log has. */
  total: number;
  serverTime: number | null;
}

/**
 * The log of one deployment as numbered pages, with what its server does not say found out on the
 * way.
 */
export class Pages {
  #isNewestFirst = true;
  /**
   * The length of the page that showed the order: a longer one may show another, and a full one
   * decides.
   */
  #orderSeenIn = 0;
  /** A server may give fewer than it is asked for. */
  #size = MAX_PAGE_SIZE;
  /** How many entries there are, by the last answer. */
  #total = 0;

  constructor(
    private readonly supervisor: Pick<Supervisor, 'list'>,
    private readonly deploymentId: Id,
  ) {}

  get isNewestFirst(): boolean {
    return this.#isNewestFirst;
  }

  get size(): number {
    return this.#size;
  }

  /** Of the pages that there are now. */
  get last(): number {
    return Math.max(Math.ceil(this.#total / this.#size), 1);
  }

  /**
   * The page behind this one, with older entries; null where there is none. Those of a page that is
   * gone are nearer to page 1.
   */
  behind(number: number): number | null {
    const next = this.#isNewestFirst ? number + 1 : Math.min(number - 1, this.last);
    return next >= 1 && next <= this.last ? next : null;
  }

  /** The page with the newest entry, as it is now. */
  async newest(reading: Reading): Promise<LogPage> {
    // Until a full page has shown the order, page 1 is read: the last page may hold too few
    // entries.
    const number = (): number =>
      this.#isNewestFirst || this.#orderSeenIn < this.#size ? 1 : this.last;
    for (;;) {
      const page = await this.read(number(), reading);
      // Where the page does not say the order, the other end of the log does.
      if (this.#orderSeenIn === 0 && this.last > 1) {
        const other = await this.read(this.last, reading);
        if (other.entries.length === 0) continue;
        this.#isNewestFirst = middleOf(page, 0n) > middleOf(other, 0n);
        this.#orderSeenIn = this.#size;
      }
      if (page.number === number()) return page;
    }
  }

  /**
   * The same as before where the log has not moved: the oldest entry, read alone, and how many
   * there are. Whatever comes or goes changes one of the two. Null where it moved meanwhile.
   */
  async mark(reading: Reading): Promise<string | null> {
    const number = this.#isNewestFirst ? Math.max(this.#total, 1) : 1;
    const { items, total_results: total } = await this.#ask(number, 1, reading);
    this.#total = total;
    return number === 1 || number === total ? `${items[0]?.id} of ${total}` : null;
  }

  /** @throws as `Supervisor.list` does, and InvalidAnswerError for a page that lacks entries */
  async read(number: number, reading: Reading): Promise<LogPage> {
    let answer = await this.#ask(number, this.#size, reading);
    // An entry may have come between the reading of the page and the counting.
    if (this.#lacksEntries(answer, number)) answer = await this.#ask(number, this.#size, reading);
    if (this.#lacksEntries(answer, number)) this.#takeAsSize(answer, number);
    const { items, total_results: total, serverTime = null } = answer;
    this.#learnOrder(items);
    this.#total = total;
    const oldestLast = this.#isNewestFirst ? items : items.toReversed();
    // Entries of one moment may be in any order, and go on behind the page.
    const [highest] = newestFirst(
      oldestLast.filter((one) => !isOfOneMoment(one, oldestLast.at(-1))).slice(-AGREEING),
    );
    return { number, entries: newestFirst(items), reach: highest?.id ?? null, total, serverTime };
  }

  async #ask(number: number, results: number, reading: Reading): Promise<ActivityPage> {
    const answer = await this.supervisor.list(
      this.deploymentId,
      { page: number, results },
      reading.options,
    );
    reading.requests += 1;
    reading.serverTime ??= answer.serverTime ?? null;
    if (answer.items.length > 0 && answer.page !== number) {
      throw this.#incomplete(
        `the answer is page ${answer.page} where page ${number} was asked for`,
        answer,
      );
    }
    return answer;
  }

  #lacksEntries(answer: ActivityPage, number: number): boolean {
    const due = answer.total_results - (number - 1) * this.#size;
    return answer.items.length < Math.min(due, this.#size);
  }

  /** Page 1 shows how long pages are; the others have to be as long. */
  #takeAsSize(answer: ActivityPage, number: number): void {
    const held = answer.items.length;
    const isLast = number > 1 && number * this.#size >= answer.total_results;
    if (number === 1 && held > 1) this.#size = held;
    else if (held === 0 || !isLast) {
      throw this.#incomplete(
        `page ${number} of ${answer.total_results} entries holds ${held} instead of ${this.#size}`,
        answer,
      );
    }
  }

  #incomplete(what: string, { requestId }: ActivityPage): InvalidAnswerError {
    return new InvalidAnswerError(
      `the activity log of deployment ${this.deploymentId} is not whole: ${what}`,
      {
        hint: 'A cache or a proxy in between may not pass the query on, or keep old answers.',
        requestId,
      },
    );
  }

  /**
   * In a log that is sorted by time, the times go one way, odd ones too; ids do not, and those of
   * one moment least of all.
   */
  #learnOrder(items: readonly Activity[]): void {
    if (items.length <= this.#orderSeenIn) return;
    const byId = trendOf(items.map(({ id }) => id));
    const byTime = trendOf(items.map(({ created_at: at }) => Date.parse(at)));
    const trend = Math.abs(byTime) === 1 && Math.abs(byId) < 1 ? byTime : byId;
    // Of one moment, or one against the other.
    if (trend === 0 || byTime === 0 || byTime * byId === -1) return;
    this.#isNewestFirst = trend > 0;
    this.#orderSeenIn = items.length;
  }
}

const isOfOneMoment = (one: Activity, other: Activity | undefined): boolean =>
  one.created_at === other?.created_at;

/** 1 where all values fall, -1 where all rise. Equal ones say nothing. */
function trendOf(values: ReadonlyArray<Id | number>): number {
  const falls = values.filter((value, n) => value < (values[n - 1] ?? value)).length;
  const rises = values.filter((value, n) => value > (values[n - 1] ?? value)).length;
  return (falls - rises) / (falls + rises || 1);
}

/** The entries at its ends may have odd times. */
export const middleOf = ({ entries }: LogPage, none: Id): Id =>
  entries[entries.length >> 1]?.id ?? none;

/** What one reading of the log is told on its way. */
export const newReading = (clock: Pick<Clock, 'elapsed'>, options: CallOptions = {}) => ({
  options,
  /** Monotonic clock, ms. */
  startedAt: clock.elapsed(),
  requests: 0,
  /**
   * The server's clock at the first answer, cut to whole seconds, ms UTC; null where it does not
   * say.
   */
  serverTime: null as number | null,
});
export type Reading = ReturnType<typeof newReading>;

/**
 * An entry that changed while the page was put together can be on it twice: then the later state
 * counts.
 */
function newestFirst(items: readonly Activity[]): Activity[] {
  const sorted = [...items].sort(
    (a, b) => compareIds(b.id, a.id) || Number(isFinal(b.status)) - Number(isFinal(a.status)),
  );
  return sorted.filter(({ id }, index) => id !== sorted[index - 1]?.id);
}
