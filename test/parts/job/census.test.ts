import assert from 'node:assert/strict';
import { awaited, mayStillReport, unknownNodes } from '../../../src/job/census.js';

/*
 * Which nodes a run on every node waits for: L, M, C and N as in docs/rules.md, and which nodes have
 * an entry. Ids above 2^63.
 */

const node = (n: number): bigint => 18446744073709551600n + BigInt(n);

const listOf = (nodes: readonly number[]): string => `[${nodes.join(' ')}]`;

interface Row {
  L: number[];
  M?: number[];
  C?: number;
  N?: number;
  acted: number[];
  /** Which must still act, and which may. */
  awaits: number[];
  may: number[];
  /** How many are lacking that nothing is known of. */
  unknown: number;
}

const ROWS: readonly Row[] = [
  // Only the log says which nodes there are.
  { L: [1, 2, 3], acted: [], awaits: [1, 2, 3], may: [], unknown: 0 },
  { L: [1, 2, 3], acted: [1, 2], awaits: [3], may: [], unknown: 0 },
  { L: [1, 2, 3], acted: [1, 2, 3], awaits: [], may: [], unknown: 0 },
  { L: [], acted: [1], awaits: [], may: [], unknown: 0 },
  // C is |L|.
  { L: [1, 2, 3], C: 3, acted: [1, 2], awaits: [3], may: [], unknown: 0 },
  { L: [1, 2, 3], C: 3, acted: [1, 2, 4], awaits: [], may: [3], unknown: 0 },
  // Core counts one more: it has to act.
  { L: [1, 2, 3], C: 4, acted: [1, 2, 3], awaits: [], may: [], unknown: 1 },
  { L: [1, 2, 3], C: 4, acted: [1, 2], awaits: [3], may: [], unknown: 1 },
  { L: [1, 2, 3], C: 4, acted: [1, 2, 3, 4], awaits: [], may: [], unknown: 0 },
  { L: [1, 2, 3], C: 4, acted: [1, 2, 4], awaits: [3], may: [], unknown: 0 },
  { L: [], C: 2, acted: [], awaits: [], may: [], unknown: 2 },
  { L: [], C: 2, acted: [1], awaits: [], may: [], unknown: 1 },
  // Core counts one fewer: one may be gone.
  { L: [1, 2, 3], C: 2, acted: [1], awaits: [2, 3], may: [], unknown: 0 },
  { L: [1, 2, 3], C: 2, acted: [1, 2], awaits: [], may: [3], unknown: 0 },
  { L: [1, 2, 3], C: 2, acted: [1, 2, 3], awaits: [], may: [], unknown: 0 },
  // M may act. It fills a place, also where it does not.
  { L: [1, 2], M: [3], acted: [1, 2], awaits: [], may: [3], unknown: 0 },
  { L: [1, 2], M: [3], C: 3, acted: [1, 2], awaits: [], may: [3], unknown: 0 },
  { L: [1, 2], M: [3], C: 3, acted: [1, 3], awaits: [2], may: [], unknown: 0 },
  { L: [1, 2], M: [3], C: 4, acted: [1, 2], awaits: [], may: [3], unknown: 1 },
  { L: [1, 2], M: [3], C: 4, acted: [1, 2, 3], awaits: [], may: [], unknown: 1 },
  { L: [1, 2], M: [3], C: 4, acted: [1, 2, 4], awaits: [], may: [3], unknown: 0 },
  { L: [1, 2], M: [3], C: 1, acted: [1], awaits: [], may: [2, 3], unknown: 0 },
  // N: no node is excused before that many have acted.
  { L: [1, 2, 3], C: 2, N: 3, acted: [1, 2], awaits: [3], may: [], unknown: 0 },
  { L: [1, 2, 3], C: 2, N: 2, acted: [1, 2], awaits: [], may: [3], unknown: 0 },
  { L: [1, 2, 3], C: 4, N: 4, acted: [1, 2, 3], awaits: [], may: [], unknown: 1 },
  { L: [1, 2], M: [3], C: 3, N: 2, acted: [1, 2], awaits: [], may: [3], unknown: 0 },
  { L: [1, 2, 3], N: 3, acted: [1, 2, 4], awaits: [3], may: [], unknown: 0 },
];

describe('a run on every node waits for', () => {
  for (const { L, M = [], C = null, N = null, acted, awaits, may, unknown } of ROWS) {
    const counts = `L ${listOf(L)}, M ${listOf(M)}, C ${C ?? '-'}, N ${N ?? '-'}`;
    const waits = `${listOf(awaits)} and ${unknown} more, perhaps ${listOf(may)}`;
    it(`${waits}: ${counts}, acted ${listOf(acted)}`, () => {
      const census = {
        required: L.map(node),
        elsewhere: M.map(node),
        seen: new Set(acted.map(node)),
        core: C,
        expect: N,
      };
      assert.deepEqual(awaited(census), awaits.map(node));
      assert.deepEqual(mayStillReport(census), may.map(node));
      assert.equal(unknownNodes(census), unknown);
    });
  }
});
