import assert from 'node:assert/strict';
import type { Activity } from '../../../src/base/activity.js';
import { NodeEntries } from '../../../src/job/entries.js';

const [NODE, FIRST, SECOND] = [18446744073709551615n, 9223372036854775809n, 9223372036854775810n];

const activityOf = (id: bigint, status: string): Activity => ({
  ...{ id, node_id: NODE, deployment_id: 7n, tenant_id: 70n, status },
  ...{ runtime: 'iggy', action: 'restart', created_at: '2026-01-01T00:00:00.000Z' },
});

describe('the row of a node that has two entries', () => {
  const cases: ReadonlyArray<[first: string, second: string, shown: bigint]> = [
    ['completed', 'rejected', SECOND],
    ['rejected', 'completed', FIRST],
    ['completed', 'processing', SECOND],
    ['processing', 'completed', FIRST],
    ['processing', 'rejected', SECOND],
    // It does not change from one entry to another that says the same.
    ['completed', 'completed', FIRST],
    ['processing', 'processing', FIRST],
    ['rejected', 'rejected', FIRST],
  ];
  for (const [first, second, shown] of cases) {
    it(`shows the ${shown === FIRST ? 'first' : 'second'} of ${first} and ${second}`, () => {
      const entries = new NodeEntries(
        { runtime: 'iggy', action: 'restart', nodes: [NODE] },
        { appearMs: 30_000 },
      );
      const read = { total: 2, startedAt: 0, serverTime: null, requests: 1, downTo: 0n };
      const all = [activityOf(FIRST, first), activityOf(SECOND, second)];
      for (const shownNow of [all.slice(0, 1), all]) {
        entries.take(shownNow, { ...read, entries: shownNow }, 0);
      }
      const [row] = entries.rows(null);
      const { activity_id: id, ambiguous } = row ?? assert.fail();
      assert.deepEqual({ id, ambiguous }, { id: shown, ambiguous: true });
    });
  }
});
