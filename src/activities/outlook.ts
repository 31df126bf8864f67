import type { Work } from './past-durations.js';

/** Work that goes on, and since when; local wall clock, ms. */
export interface Underway extends Work {
  since: number;
}

/** What a good poll leaves open. */
export interface Outlook {
  /** Local wall clock, ms. */
  now: number;
  underway: readonly Underway[];
  /** Whether entries are yet to appear. */
  awaitsEntries: boolean;
}

/** Of several runs that are followed at once; undefined stands for one of which nothing can be said. */
export function together(outlooks: ReadonlyArray<Outlook | undefined>, now: number): Outlook {
  return {
    now,
    underway: outlooks.flatMap((outlook) => outlook?.underway ?? []),
    awaitsEntries: outlooks.some((outlook) => outlook?.awaitsEntries ?? true),
  };
}
