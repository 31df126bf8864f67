import assert from 'node:assert/strict';
import type { Activity } from '../../../src/base/activity.js';
import { NodeEntries } from '../../../src/job/entries.js';

const [NODE, FIRST, SECOND] = [18446744073709551615n, 9223372036854775809n, 9223372036854775810n];

const activityOf = (id: bigint, status: string, node_id = NODE): Activity => ({
  ...{ id, node_id, deployment_id: 7n, tenant_id: 70n, status },
  ...{ runtime: 'iggy', action: 'restart', created_at: '2026-01-01T00:00:00.000Z' },
});

const read = {
  total: 2,
  startedAt: 0,
  serverTime: null,
  requests: 1,
  recent: [],
  below: [],
  downTo: 0n,
};

describe('the entries of a run on every node', () => {
  const EVERY = { runtime: 'iggy', action: 'restart' } as const;

  it('have no row while nothing says that there is a node', () => {
    assert.deepEqual(new NodeEntries(EVERY, { appearTimeoutMs: 30_000 }).rows(null), []);
  });

  it('tell the one node that the log listed from one that acted, too', () => {
    const listed = { here: [NODE], elsewhere: [], isWhole: true };
    const entries = new NodeEntries(EVERY, { appearTimeoutMs: 30_000, listed });
    const shown = [activityOf(FIRST, 'completed'), activityOf(SECOND, 'completed', SECOND)];
    entries.take(shown, { ...read, entries: shown }, 0);
    assert.deepEqual(entries.unforeseen(), [SECOND]);
  });
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
        { appearTimeoutMs: 30_000 },
      );
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
