import { type Id } from '../../../src/base/ids.js';
import { stringifyJson } from '../../../src/base/json.js';
import { type DispatchRecord } from '../sandbox.js';
import { type Judged } from '../checks.js';
import { type Chapter } from '../story.js';
import { type Place } from './plan.js';

/** Where a fault could have struck. */
export interface Exchange {
  place: Place;
  /** How many reads its run had made since its last POST, this one included; 0 for all but reads. */
  readsInARow: number;
  /** Whose it was: runs are counted from 1, as they begin. */
  run: number;
  /** Since the first run began, by a clock that is never set; ms. */
  atMs: number;
}

export interface ExploredChapter extends Chapter {
  /** When a 202 that was no replay reached this run, or was in its record; null: never. By the server's clock, ms. */
  acceptedAt: number | null;
}

/** What came of a plan. */
export interface Played extends Judged<ExploredChapter> {
  exchanges: readonly Exchange[];
  /** What another operator did to the same nodes. */
  rivals: readonly DispatchRecord[];
  /** How often a run removed a record that it must not. */
  wrongRemovals: number;
  /** How far the client's wall clock was off at the end, ms. */
  wallOffMs: number;
}

/** All that the client did, and what came of it: two stories with one course cannot be told apart from outside. */
export function courseOf({ exchanges, own, rivals, chapters, wallOffMs }: Played): string {
  const ends = chapters.map(({ end, serverNow }) => {
    const nodes = end.how === 'result' ? end.result.nodes : [];
    return { how: end.how, exitCode: 'exitCode' in end ? end.exitCode : null, nodes, serverNow };
  });
  const dispatches = [...own, ...rivals].map(({ activities }): ReadonlyArray<{ id: Id }> => activities);
  return stringifyJson({ exchanges, dispatches, ends, wallOffMs });
}
