/*
 * Which nodes there are, which of them have to act in a run, and which have: L, M, C and N are as in
 * docs/rules.md. An entry that is gone from the log counts as seen, so that nothing waits for it. Its
 * row says `missing`.
 */

import type { Activity } from '../base/activity.js';
import { sortedUnique, type Id } from '../base/ids.js';

/** The nodes that the log lists. A log proves that a node exists, not that there are no others. */
export interface Listed {
  /** Those that were acted on in this runtime. */
  here: readonly Id[];
  /** Those that were acted on in other runtimes only. */
  elsewhere: readonly Id[];
  /** The log was read for them to its end: 1,000 entries or 30 days. */
  isWhole: boolean;
}

export const NONE_LISTED: Listed = { here: [], elsewhere: [], isWhole: true };

/** Ids of nodes, or of activities that are known by their ids. */
interface Census {
  /** Those that must have an entry: they are named, or the log lists them for the runtime (L). */
  required: readonly Id[];
  /** Those that the log lists for other runtimes only (M). */
  elsewhere: readonly Id[];
  /** Those that have an entry. */
  seen: ReadonlySet<Id>;
  /** How many nodes Core counts (C); null where that is not known, or targets are named. */
  coreCount: number | null;
  /** How many nodes are expected (N); null where that is open. */
  expect: number | null;
}

/** The nodes that have no entry. If Core's count is reached, none of them has to have one. */
export function lackingOf({ required, elsewhere, seen, coreCount, expect }: Census) {
  const areSeen = coreCount !== null && seen.size >= Math.max(coreCount, expect ?? 0);
  const without = required.filter((id) => !seen.has(id));
  const others = elsewhere.filter((id) => !seen.has(id));
  const known = new Set([...required, ...elsewhere, ...seen]);
  return {
    /** Those that must still report. */
    must: areSeen ? [] : without,
    /** Those that may still report, though none of them must. */
    may: areSeen ? [...without, ...others] : others,
    /** How many more Core counts: the log does not list them, and they have not acted. */
    unknown: Math.max((coreCount ?? 0) - known.size, 0),
  };
}

/**
 * Which nodes these entries list, besides those that were listed before.
 * @param isWhole whether the log was read for them to its end, now or before
 */
export function listedIn(
  entries: readonly Activity[],
  runtime: string,
  isWhole: boolean,
  before: Listed | null = null,
): Listed {
  const { here: known, elsewhere } = before ?? NONE_LISTED;
  const here = sortedUnique([
    ...known,
    ...nodesOf(entries.filter((one) => one.runtime === runtime)),
  ]);
  const isHere = new Set(here);
  const others = sortedUnique([...elsewhere, ...nodesOf(entries)]);
  return { here, elsewhere: others.filter((node) => !isHere.has(node)), isWhole };
}

/** How many nodes the log lists, for whatever runtime. */
export const inLog = ({ here, elsewhere }: Listed): number => here.length + elsewhere.length;

/** How many nodes an action on every node is about; 0 where that is not known. */
export function countMeant({
  expect,
  coreCount,
  listed,
}: {
  expect?: number | null;
  coreCount: number | null;
  listed: Listed | null;
}): number {
  if (expect) return expect;
  // If the log was not read to its end, it does not say how many there are.
  if (!listed?.isWhole) return 0;
  const counted = coreCount ?? 0;
  return counted > inLog(listed) ? counted : listed.here.length;
}

/** The nodes of these entries, by id. */
export const nodesOf = (entries: readonly Activity[]): Id[] =>
  sortedUnique(entries.map(({ node_id: node }) => node));
