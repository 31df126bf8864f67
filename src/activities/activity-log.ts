import type { Activity } from '../base/activity.js';
import { InvalidAnswerError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import { MAX_PAGE_SIZE, type ActivityPage, type CallOptions, type Supervisor } from '../base/supervisor.js';
import type { PastDurations } from './past-durations.js';

/** Which end of the log page 1 is. Both exist (contract, "Supervisor: list"). */
export type LogOrder = 'newest-first' | 'oldest-first';

/** An entry and its place counted from the oldest one, which does not move when the log grows. */
export interface Ranked {
  activity: Activity;
  rank: number;
}

export interface LogPage {
  /** Newest first, whatever the order of the log. */
  entries: Ranked[];
  total: number;
  lastPage: number;
  /** Grows with every answer of the log: which of two pages is the fresher one. */
  answered: number;
}

/** The log of one deployment, page by page, with the order found out on the way. */
export class ActivityLog {
  /** Told of all that is read, when there is one. */
  readonly past: PastDurations | null;
  readonly supervisor: Supervisor;
  readonly deploymentId: Id;
  #order: LogOrder | null = null;
  /** How many entries the page held that told the order. */
  #evidence = 0;
  #requests = 0;
  #answers = 0;
  #pageSize = MAX_PAGE_SIZE;
  #serverTime: number | null = null;

  constructor(supervisor: Supervisor, deploymentId: Id, past: PastDurations | null = null) {
    this.supervisor = supervisor;
    this.deploymentId = deploymentId;
    this.past = past;
  }

  /** Null until a page with two entries was read; one entry has no order, and no second page. */
  get order(): LogOrder | null {
    return this.#order;
  }

  /** How many pages were asked for. */
  get requests(): number {
    return this.#requests;
  }

  /** The server's clock at the last answer, cut to whole seconds, ms; null where it does not say. */
  get serverTime(): number | null {
    return this.#serverTime;
  }

  /** @throws as `Supervisor.list` does, and InvalidAnswerError for an empty page that should hold entries */
  async page(page: number, options: CallOptions): Promise<LogPage> {
    const { answer, size } = page === 1 ? await this.#firstPage(options) : await this.#ask(page, options);
    if (answer.items.length === 0 && answer.total_results > 0 && page <= answer.total_pages) {
      throw new InvalidAnswerError(
        `the activity log of deployment ${this.deploymentId} claims ${answer.total_pages} pages, yet page ${page} is empty`,
      );
    }
    this.#learnOrder(answer);
    this.past?.learn(answer.items);
    this.#serverTime = answer.serverTime ?? null;
    const total = answer.total_results;
    const offset = (page - 1) * size;
    const entries = answer.items
      .map((activity, index) => ({ activity, rank: rankAt(offset + index, total, this.#order) }))
      .sort((a, b) => compareIds(b.activity.id, a.activity.id));
    return { entries, total, lastPage: Math.max(Math.ceil(total / size), 1), answered: ++this.#answers };
  }

  /** The page on which the entry of this rank stands while the log holds `total` entries. */
  pageOf(rank: number, total: number): number {
    const index = this.#order === 'oldest-first' ? rank : total - 1 - rank;
    return Math.floor(Math.max(index, 0) / this.#pageSize) + 1;
  }

  /**
   * Page 1, which shows how many entries a page holds: a server may give fewer than it was asked for. From then on as
   * many are asked for, so that the pages follow on each other.
   */
  async #firstPage(options: CallOptions): Promise<Sized> {
    const first = await this.#ask(1, options);
    if (!isShort(first)) return first;
    // Where `total_pages` does not say so too, an entry may have come between the reading of the page and the counting.
    const again = isCapped(first) ? first : await this.#ask(1, options);
    if (!isShort(again)) return again;
    this.#pageSize = heldBy(again);
    if (this.#pageSize === 1) {
      const what = `the activity log of deployment ${this.deploymentId} holds one entry a page`;
      throw new InvalidAnswerError(`${what}, which does not show where the newest one is`);
    }
    return { ...again, size: this.#pageSize };
  }

  async #ask(page: number, options: CallOptions): Promise<Sized> {
    const size = this.#pageSize;
    this.#requests += 1;
    return { answer: await this.supervisor.list(this.deploymentId, { page, results: size }, options), size };
  }

  /** Neighbours that became visible out of order could mislead on a short page, so the longest one read decides. */
  #learnOrder(page: ActivityPage): void {
    const order = orderOf(page);
    if (order === null || page.items.length < this.#evidence) return;
    this.#order = order;
    this.#evidence = page.items.length;
  }
}

function orderOf(page: ActivityPage): LogOrder | null {
  const first = page.items[0];
  const last = page.items.at(-1);
  if (!first || !last || first.id === last.id) return null;
  return first.id > last.id ? 'newest-first' : 'oldest-first';
}

function rankAt(index: number, total: number, order: LogOrder | null): number {
  return order === 'oldest-first' ? index : total - 1 - index;
}

/** A page, and how many entries were asked for. */
interface Sized {
  answer: ActivityPage;
  size: number;
}

function heldBy({ answer }: Sized): number {
  return answer.held ?? answer.items.length;
}

/** Whether page 1 holds fewer entries than it could; an empty one is another matter. */
function isShort(page: Sized): boolean {
  const held = heldBy(page);
  return held > 0 && held < Math.min(page.size, page.answer.total_results);
}

/** Whether a short page 1 is as long as the server's pages are, by its own count of them. */
function isCapped(page: Sized): boolean {
  const { total_results: total, total_pages: pages } = page.answer;
  return pages === Math.ceil(total / heldBy(page)) && pages !== Math.ceil(total / page.size);
}
