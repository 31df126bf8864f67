/*
 * Who has to act in a run, and who has: L, M, C and N are as in docs/rules.md. An entry that is gone
 * from the log counts as seen, so that nothing waits for it. Its row says `missing`.
 */

import type { Id } from '../base/ids.js';

/** Ids of nodes, or of activities that are known by their ids. */
export interface Census {
  /** Those that must have an entry: they are named, or the log lists them for the runtime (L). */
  required: readonly Id[];
  /** Those that the log lists for other runtimes only (M). */
  elsewhere: readonly Id[];
  /** Those that have an entry. */
  seen: ReadonlySet<Id>;
  /** How many nodes Core counts (C); null where that is not known, or targets are named. */
  core: number | null;
  /** How many nodes are expected (N); null where that is open. */
  expect: number | null;
}

/** Those that must have an entry, and have none. If Core's count is reached, the rest may be gone. */
export function awaited(census: Census): Id[] {
  return isCountReached(census) ? [] : withoutEntry(census);
}

/** Those that may still have an entry, though none of them must. */
export function mayStillReport(census: Census): Id[] {
  const elsewhere = census.elsewhere.filter((id) => !census.seen.has(id));
  return isCountReached(census) ? [...withoutEntry(census), ...elsewhere] : elsewhere;
}

/** How many nodes Core counts beside those that are known: the log lists them, or they have acted. */
export function unknownNodes({ required, elsewhere, seen, core }: Census): number {
  return Math.max((core ?? 0) - new Set([...required, ...elsewhere, ...seen]).size, 0);
}

function isCountReached({ seen, core, expect }: Census): boolean {
  return core !== null && seen.size >= Math.max(core, expect ?? 0);
}

const withoutEntry = ({ required, seen }: Census): Id[] => required.filter((id) => !seen.has(id));
