import assert from 'node:assert/strict';
import { lackingOf } from '../../../src/job/census.js';

/*
 * Which nodes a run on every node waits for: L, M, C and N as in docs/rules.md, and which nodes have
 * an entry. `must` are those that must still act, `may` those that may, and `more` is how many are
 * lacking that nothing is known of.
 */
const TABLE = `
  L     | M | C | N | acted   | must  | may | more

  Only the log says which nodes there are.
  1 2 3 |   |   |   |         | 1 2 3 |     | 0
  1 2 3 |   |   |   | 1 2     | 3     |     | 0
  1 2 3 |   |   |   | 1 2 3   |       |     | 0
        |   |   |   | 1       |       |     | 0

  C is as many as L.
  1 2 3 |   | 3 |   | 1 2     | 3     |     | 0
  1 2 3 |   | 3 |   | 1 2 4   |       | 3   | 0

  Core counts one more: it has to act.
  1 2 3 |   | 4 |   | 1 2 3   |       |     | 1
  1 2 3 |   | 4 |   | 1 2     | 3     |     | 1
  1 2 3 |   | 4 |   | 1 2 3 4 |       |     | 0
  1 2 3 |   | 4 |   | 1 2 4   | 3     |     | 0
        |   | 2 |   |         |       |     | 2
        |   | 2 |   | 1       |       |     | 1

  Core counts one fewer: one may be gone.
  1 2 3 |   | 2 |   | 1       | 2 3   |     | 0
  1 2 3 |   | 2 |   | 1 2     |       | 3   | 0
  1 2 3 |   | 2 |   | 1 2 3   |       |     | 0

  M may act. It fills a place, also where it does not.
  1 2   | 3 |   |   | 1 2     |       | 3   | 0
  1 2   | 3 | 3 |   | 1 2     |       | 3   | 0
  1 2   | 3 | 3 |   | 1 3     | 2     |     | 0
  1 2   | 3 | 4 |   | 1 2     |       | 3   | 1
  1 2   | 3 | 4 |   | 1 2 3   |       |     | 1
  1 2   | 3 | 4 |   | 1 2 4   |       | 3   | 0
  1 2   | 3 | 1 |   | 1       |       | 2 3 | 0

  N: no node is excused before that many have acted.
  1 2 3 |   | 2 | 3 | 1 2     | 3     |     | 0
  1 2 3 |   | 2 | 2 | 1 2     |       | 3   | 0
  1 2 3 |   | 4 | 4 | 1 2 3   |       |     | 1
  1 2   | 3 | 3 | 2 | 1 2     |       | 3   | 0
  1 2 3 |   |   | 3 | 1 2 4   | 3     |     | 0
`;

/** An id above 2^63 for each digit. */
const idsIn = (cell: string): bigint[] =>
  (cell.match(/\d/g) ?? []).map((digit) => 18446744073709551600n + BigInt(digit));

const countIn = (cell: string): number | null => (cell.trim() === '' ? null : Number(cell));

describe('a run on every node waits for', () => {
  const [, ...rows] = TABLE.split('\n').filter((line) => line.includes('|'));
  for (const row of rows) {
    it(row, () => {
      const [L = '', M = '', C = '', N = '', acted = '', mustText = '', mayText = '', more = ''] =
        row.split('|');
      const { must, may, unknown } = lackingOf({
        required: idsIn(L),
        elsewhere: idsIn(M),
        seen: new Set(idsIn(acted)),
        coreCount: countIn(C),
        expect: countIn(N),
      });
      assert.deepEqual([must, may], [idsIn(mustText), idsIn(mayText)]);
      assert.equal(unknown, countIn(more));
    });
  }
});
