import { ApiError } from '../base/errors.js';
import type { LogPage } from './activity-log.js';

export type ReadPage = (page: number) => Promise<LogPage>;

export function highestRank({ entries }: LogPage): number {
  return entries.reduce((highest, { rank }) => Math.max(highest, rank), -1);
}

/** 0 for a page without entries. */
export function lowestRank({ entries }: LogPage): number {
  return entries.reduce((lowest, { rank }) => Math.min(lowest, rank), entries[0]?.rank ?? 0);
}

/** Whether the page holds the entry of this rank. */
export function covers(page: LogPage, rank: number): boolean {
  return lowestRank(page) <= rank && rank <= highestRank(page);
}

interface Asked {
  number: number;
  page: Promise<LogPage>;
  /** Whether no other was on its way when it was asked for. */
  alone: boolean;
}

/**
 * Reads the numbered pages, and hands them out in the order of their numbers: one at a time at first, then one more
 * with each that was wanted, so that a reader who soon has enough has not asked for much more than that; half as many
 * whenever the API says that these were too many (contract, "Rate limit").
 */
export async function* inOrder(
  read: ReadPage,
  numbers: Iterator<number>,
  inFlight: number,
): AsyncGenerator<{ number: number; page: LogPage }> {
  const waiting: Asked[] = [];
  let most = inFlight;
  for (let atOnce = 1; ; atOnce = Math.min(atOnce + 1, most)) {
    while (waiting.length < atOnce) {
      const next = numbers.next();
      if (next.done) break;
      const page = read(next.value);
      // It may fail while an earlier one is awaited; it is looked at when its turn comes.
      page.catch(() => undefined);
      waiting.push({ number: next.value, page, alone: atOnce === 1 });
    }
    const head = waiting.shift();
    if (!head) return;
    const { number } = head;
    let page: LogPage;
    try {
      page = await head.page;
    } catch (error) {
      if (head.alone || !isTooMany(error)) throw error;
      most = Math.max(1, Math.floor(most / 2));
      await Promise.allSettled(waiting.map((other) => other.page));
      page = await read(number);
    }
    yield { number, page };
  }
}

function isTooMany(error: unknown): boolean {
  return error instanceof ApiError && error.status === 429;
}

export function* countUp(from: number, to: () => number): Generator<number, undefined> {
  for (let number = from; number <= to(); number++) yield number;
}

export function* countDown(from: number, to: number): Generator<number, undefined> {
  for (let number = from; number >= to; number--) yield number;
}
