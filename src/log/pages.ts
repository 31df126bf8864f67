import { isFinal, type Activity } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import { InvalidAnswerError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import { MAX_PAGE_SIZE, type ActivityPage, type CallOptions, type Supervisor } from '../base/supervisor.js';

export interface LogPage {
  number: number;
  /** Newest first, each once, whatever the order of the log. */
  entries: Activity[];
  /** How many entries the log has. */
  total: number;
  serverTime: number | null;
}

/** The log of one deployment as numbered pages, with what its server does not say found out on the way. */
export class Pages {
  #isNewestFirst = true;
  /** How many entries the page held that told the order: neighbours may be the other way round, a whole page is not. */
  #evidence = 0;
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

  /** The page behind this one, with older entries; null where there is none. One that is gone by now has moved towards page 1. */
  behind(number: number): number | null {
    const next = this.#isNewestFirst ? number + 1 : Math.min(number - 1, this.last);
    return next >= 1 && next <= this.last ? next : null;
  }

  /** The page with the newest entry, as it is now. */
  async newest(reading: Reading): Promise<LogPage> {
    for (;;) {
      const page = await this.read(this.#isNewestFirst ? 1 : this.last, reading);
      if (page.number === (this.#isNewestFirst ? 1 : this.last)) return page;
    }
  }

  /**
   * By this one sees whether the log moved, by a new entry or by fewer old ones: the newest entry alone, and how many there are.
   * Null where it moved meanwhile.
   */
  async mark(reading: Reading): Promise<string | null> {
    const number = this.#isNewestFirst ? 1 : Math.max(this.#total, 1);
    const { items, total_results: total } = await this.#ask(number, 1, reading);
    this.#total = total;
    return this.#isNewestFirst || number === total ? `${items[0]?.id} of ${total}` : null;
  }

  /** @throws as `Supervisor.list` does, and InvalidAnswerError for a page that lacks entries */
  async read(number: number, reading: Reading): Promise<LogPage> {
    let answer = await this.#ask(number, this.#size, reading);
    // An entry may have come between the reading of the page and the counting.
    if (this.#lacksEntries(answer, number)) answer = await this.#ask(number, this.#size, reading);
    if (this.#lacksEntries(answer, number)) this.#takeAsSize(answer, number);
    const entries = newestFirst(answer.items);
    this.#learnOrder(answer.items);
    const total = answer.total_results;
    this.#total = total;
    return { number, entries, total, serverTime: answer.serverTime ?? null };
  }

  async #ask(number: number, results: number, reading: Reading): Promise<ActivityPage> {
    const answer = await this.supervisor.list(this.deploymentId, { page: number, results }, reading.options);
    reading.answered(answer);
    if (answer.items.length > 0 && answer.page !== number) {
      throw this.#incomplete(`the answer is page ${answer.page} where page ${number} was asked for`, answer);
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
    return new InvalidAnswerError(`the activity log of deployment ${this.deploymentId} is not whole: ${what}`, {
      hint: 'A cache or a proxy in between may not pass the query on, or keep old answers.',
      requestId,
    });
  }

  #learnOrder(items: readonly Activity[]): void {
    const [first, last] = [items[0]?.id, items.at(-1)?.id];
    if (first === undefined || last === undefined || first === last || items.length < this.#evidence) return;
    this.#isNewestFirst = first > last;
    this.#evidence = items.length;
  }
}

/** What one reading of the log is told on its way. */
export class Reading {
  /** Monotonic clock, ms. */
  readonly startedAt: number;
  requests = 0;
  /** The server's clock at the first answer, cut to whole seconds, ms UTC; null where it does not say. */
  serverTime: number | null = null;

  constructor(
    clock: Pick<Clock, 'elapsed'>,
    readonly options: CallOptions = {},
  ) {
    this.startedAt = clock.elapsed();
  }

  answered({ serverTime }: ActivityPage): void {
    this.requests += 1;
    this.serverTime ??= serverTime ?? null;
  }
}

/** An entry that changed while the page was put together can be on it twice: then the later state counts. */
function newestFirst(items: readonly Activity[]): Activity[] {
  const sorted = [...items].sort(
    (a, b) => compareIds(b.id, a.id) || Number(isFinal(b.status)) - Number(isFinal(a.status)),
  );
  return sorted.filter(({ id }, index) => id !== sorted[index - 1]?.id);
}
