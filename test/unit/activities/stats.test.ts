import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DurationCounts } from '../../../src/activities/duration-counts.js';
import { summariseNodes } from '../../../src/activities/node-summary.js';
import { countWork, type StatsKey, type WorkStats } from '../../../src/activities/stats.js';
import { type Activity } from '../../../src/base/activity.js';

const CREATED = '2026-06-01T12:00:00.000Z';

function after(seconds: number): string {
  return new Date(Date.parse(CREATED) + seconds * 1000).toISOString();
}

function entry(id: bigint, fields: Partial<Activity> = {}): Activity {
  const finished_at = after(4);
  return {
    id,
    node_id: 7n,
    runtime: 'iggy',
    action: 'restart',
    status: 'completed',
    created_at: CREATED,
    finished_at,
    ...fields,
  };
}

async function* batchesOf(activities: readonly Activity[]): AsyncGenerator<readonly Activity[]> {
  for (const activity of activities) yield await Promise.resolve([activity]);
}

function countAll(activities: readonly Activity[], by: StatsKey = 'action'): Promise<WorkStats[]> {
  return countWork(batchesOf(activities), by);
}

describe('DurationCounts', () => {
  function of(...durations: number[]): DurationCounts {
    const counts = new DurationCounts();
    durations.forEach((ms) => counts.add(ms));
    return counts;
  }

  const CASES: ReadonlyArray<
    readonly [durations: number[], median: number | null, p90: number | null, longest: number | null]
  > = [
    [[], null, null, null],
    [[700], 700, 700, 700],
    [[1000, 3000], 2000, 3000, 3000],
    [[5000, 1000, 3000], 3000, 5000, 5000],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => n * 100), 550, 900, 1000],
    // To three digits; only the longest is exact.
    [[4123, 4567, 12_345], 4570, 12_300, 12_345],
  ];
  for (const [durations, median, p90, longest] of CASES) {
    it(`of ${durations.join(', ') || 'nothing'}`, () => {
      const counts = of(...durations);
      assert.deepEqual([counts.median, counts.p90, counts.longest], [median, p90, longest]);
    });
  }

  it('strays from what is exact by half a percent at most', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 200 }), (durations) => {
        const sorted = durations.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(sorted.length * 0.9) - 1] ?? 0;
        const { p90 } = of(...durations);
        assert.ok(p90 !== null && Math.abs(p90 - exact) <= exact * 0.005, `${p90} for ${exact}`);
      }),
    );
  });

  it('takes no more room however many there are', () => {
    const counts = new DurationCounts();
    for (let n = 0; n < 100_000; n += 1) counts.add((n * 7919) % 600_000);
    assert.ok(counts.sorted().length <= 900 * 3 + 101, String(counts.sorted().length));
    assert.equal(
      counts.sorted().reduce((sum, [, count]) => sum + count, 0),
      100_000,
    );
  });
});

describe('countWork', () => {
  it('counts each action of a runtime by what became of it, and takes durations of those that completed', async () => {
    const all = await countAll([
      entry(9n, { status: 'processing', finished_at: null, created_at: after(60) }),
      entry(8n, { status: 'rejected', finished_at: after(1) }),
      entry(7n, { status: 'paused', finished_at: null }),
      entry(6n),
      entry(5n, { finished_at: after(8) }),
      entry(4n, { runtime: 'connectors', action: 'reconfigure:42' }),
      entry(3n, { runtime: 'connectors', action: 'reconfigure' }),
      entry(2n, { runtime: 'connectors', action: 'reconfigure:43' }),
    ]);
    const rows = all.map(({ durations, ...rest }) => ({
      ...rest,
      median: durations.median,
      longest: durations.longest,
    }));
    const none = { nodeId: null, completed: 0, rejected: 0, processing: 0 };
    assert.deepEqual(rows, [
      {
        ...none,
        runtime: 'connectors',
        action: 'reconfigure',
        count: 3,
        completed: 3,
        lastAt: CREATED,
        median: 4000,
        longest: 4000,
      },
      {
        ...none,
        runtime: 'iggy',
        action: 'restart',
        ...{ count: 5, completed: 2, rejected: 1, processing: 2 },
        ...{ lastAt: after(60), median: 6000, longest: 8000 },
      },
    ]);
  });

  it('by node: each by itself, in order of their ids', async () => {
    const all = await countAll(
      [entry(3n, { node_id: 10n }), entry(2n, { node_id: 9n }), entry(1n, { node_id: 10n })],
      'node',
    );
    assert.deepEqual(
      all.map(({ nodeId, count }) => [nodeId, count]),
      [
        [9n, 1],
        [10n, 2],
      ],
    );
  });

  it('counts what has no time, or one that contradicts itself, and takes no duration of it', async () => {
    const [all] = await countAll([
      entry(3n, { finished_at: null }),
      entry(2n, { finished_at: after(-1) }),
      entry(1n, { created_at: '?' }),
    ]);
    assert.deepEqual([all?.count, all?.completed, all?.durations.median], [3, 3, null]);
  });
});

describe('summariseNodes', () => {
  it('has the newest entry of each runtime for each node, in whichever order they come', async () => {
    const entries = [
      entry(8n, { node_id: 10n, status: 'processing' }),
      entry(9n, { node_id: 10n, runtime: 'connectors' }),
      entry(7n, { node_id: 9n, status: 'rejected' }),
      entry(6n, { node_id: 10n }),
      entry(5n, { node_id: 9n }),
    ];
    for (const order of [entries, entries.toReversed()]) {
      const nodes = await summariseNodes(batchesOf(order));
      const ids = nodes.map(({ nodeId, last, newest }) => [
        nodeId,
        newest.id,
        last.get('iggy')?.id,
        last.get('connectors')?.id,
      ]);
      assert.deepEqual(ids, [
        [9n, 7n, 7n, undefined],
        [10n, 9n, 8n, 9n],
      ]);
    }
  });
});
