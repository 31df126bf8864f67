import assert from 'node:assert/strict';
import { type Proof } from '../../../src/activities/proof.js';
import { RunTracker } from '../../../src/activities/run-tracker.js';
import { above, targetsOf, withProof } from '../../../src/activities/targets.js';
import { type Activity } from '../../../src/base/activity.js';
import { type Id } from '../../../src/base/ids.js';
import { MISSING } from '../../../src/base/outcome.js';

const START = Date.UTC(2026, 5, 1);
const APPEAR_MS = 30_000;
const BASELINE = 100n;

/** An entry of the same action, created so long after the `date` of the 202, by the server's clock. */
function entry(id: Id, node: Id, createdMs: number, status = 'completed'): Activity {
  return {
    id,
    node_id: node,
    runtime: 'iggy',
    action: 'restart',
    status,
    created_at: new Date(START + createdMs).toISOString(),
  };
}

/** A 202 that arrived at the start, with a `date` of the same moment, and a claim window of 2 s. */
class World {
  readonly tracker: RunTracker;

  constructor(
    asked: { nodes?: Id[]; expectNodes?: number; baselineNodes?: Id[] },
    proof: Proof = { seenBy: START + 2000, created: { from: START - 600_000, by: START + 2000 } },
  ) {
    const { nodes = null, expectNodes = null, baselineNodes = [] } = asked;
    const correlation = {
      deploymentId: 71n,
      runtime: 'iggy',
      action: { verb: 'restart' as const },
      inWindow: above(BASELINE),
    };
    this.tracker = new RunTracker(
      withProof(targetsOf(correlation, { nodes, expectNodes }, baselineNodes), proof),
      START,
      APPEAR_MS,
    );
  }

  /** @returns the codes of the warnings, and `node:status` for each change */
  poll(at: number, ...shown: Activity[]): string[] {
    return this.tracker.observe(shown, { startedAt: START + at, endedAt: START + at }).flatMap((event) => {
      if (event.event === 'warning') return [event.code];
      return event.event === 'activity' ? [`${event.activity.node_id}:${event.activity.status}`] : [];
    });
  }

  rows(absent: typeof MISSING | null = MISSING): string[] {
    return this.tracker
      .nodes(absent)
      .map(({ node_id, activity_id, status, ambiguous }) =>
        [node_id ?? '?', activity_id ?? '-', status ?? '-', ...(ambiguous ? ['ambiguous'] : [])].join(' '),
      );
  }
}

describe('a proven entry (Sequence 4)', () => {
  const OWN: ReadonlyArray<readonly [what: string, polledAt: number, createdMs: number, proven: boolean]> = [
    ['seen by a poll begun within 2 s, whatever its time', 2000, 3_600_000, true],
    ['seen later, created within the claim window', 12_000, 2000, true],
    ['seen later, created before the answer', 12_000, -5000, true],
    ['seen later, created later', 2001, 2001, false],
    ['seen later, of a time that is none', 2001, NaN, false],
  ];
  for (const [what, polledAt, createdMs, proven] of OWN) {
    it(`${what}: ${proven ? 'proven' : 'not proven'}`, () => {
      const world = new World({ nodes: [1n] });
      const shown = Number.isNaN(createdMs)
        ? { ...entry(101n, 1n, 0), created_at: 'never' }
        : entry(101n, 1n, createdMs);
      assert.deepEqual(world.poll(polledAt, shown), proven ? ['1:completed'] : []);
    });
  }

  it('is none that says it is of another deployment, whenever it was seen', () => {
    const world = new World({ nodes: [1n] });
    assert.deepEqual(world.poll(1000, { ...entry(101n, 1n, 0), deployment_id: 72n }), []);
    assert.deepEqual(world.poll(1500, { ...entry(102n, 1n, 0), deployment_id: 71n }), ['1:completed']);
  });

  it('without the server’s date, only an early poll proves', () => {
    const world = new World({ nodes: [1n] }, { seenBy: START + 2000, created: null });
    assert.deepEqual(world.poll(2001, entry(101n, 1n, -5000)), []);
  });
});

describe('a proven entry, by a record', () => {
  const byRecord = { seenBy: null, created: { from: START - 600_000, by: START + 2000 } };

  it('is proven by its time alone, also where it was read before', () => {
    for (const polledAt of [0, -Infinity]) {
      const world = new World({ nodes: [1n] }, byRecord);
      assert.deepEqual(world.poll(polledAt, entry(101n, 1n, 4000)), []);
      assert.deepEqual(world.poll(polledAt, entry(102n, 1n, 0)), ['1:completed']);
    }
  });
});

describe('RunTracker, entries that are not proven (Sequence 4)', () => {
  it('somebody else’s entry 4 s later is not taken for the own one, which comes after 12 s', () => {
    const world = new World({ nodes: [1n] });
    const others = entry(101n, 1n, 4000);
    assert.deepEqual(world.poll(5000, others), []);
    assert.equal(world.tracker.settled, false);
    assert.deepEqual(world.rows(null), ['1 - -'], 'while it is a candidate, the node has not been seen');
    assert.equal(world.tracker.allAppeared, false);
    assert.equal(world.tracker.nextCheckAt(), START + APPEAR_MS);
    assert.deepEqual(world.poll(12_000, others, entry(99_000n, 1n, 0, 'rejected')), ['1:rejected']);
    assert.equal(world.tracker.settled, true);
    assert.deepEqual(world.rows(), ['1 99000 rejected']);
    assert.deepEqual(world.tracker.activityIds(), [99_000n]);
  });

  it('nor does it count beside the own one that was there before', () => {
    const world = new World({ nodes: [1n] });
    world.poll(500, entry(101n, 1n, 0));
    assert.deepEqual(world.poll(5000, entry(102n, 1n, 4000, 'processing')), []);
    assert.equal(world.tracker.settled, true);
    assert.deepEqual(world.rows(), ['1 101 completed']);
    assert.deepEqual(world.tracker.open(), []);
  });

  it('is followed after the appear timeout, marked ambiguous and warned of', () => {
    const world = new World({ nodes: [1n] });
    const candidate = entry(101n, 1n, 4000, 'processing');
    world.poll(5000, candidate);
    assert.deepEqual(world.tracker.open(), [101n], 'its status is kept up to date');
    assert.deepEqual(world.poll(APPEAR_MS, candidate), ['1:processing', 'unproven']);
    assert.deepEqual([world.tracker.settled, world.tracker.allAppeared], [false, true]);
    assert.deepEqual(world.poll(APPEAR_MS + 5000, entry(101n, 1n, 4000)), ['1:completed']);
    assert.deepEqual([world.tracker.settled, world.tracker.isProven], [true, false]);
    assert.deepEqual(world.rows(), ['1 101 completed ambiguous']);
    assert.deepEqual(world.tracker.activityIds(), [101n]);
  });

  it('says how to settle it', () => {
    const { tracker } = new World({ nodes: [1n] });
    const at = START + APPEAR_MS;
    const events = tracker.observe([entry(101n, 1n, 4000)], { startedAt: at, endedAt: at });
    const [message] = events.flatMap((event) => (event.event === 'warning' ? [event.message] : []));
    assert.match(
      message ?? '',
      /^activity 101 of node 1 may be somebody else's: .*`ldctl activities wait 101`.*--claim-window/,
    );
  });

  it('counts at once where the appear timeout is over already', () => {
    const world = new World({ nodes: [1n] });
    world.poll(APPEAR_MS);
    assert.deepEqual(world.poll(APPEAR_MS + 1000, entry(101n, 1n, 4000)), ['1:completed', 'unproven']);
  });

  it('is replaced by a proven one that comes while it is followed', () => {
    const world = new World({ nodes: [1n] });
    world.poll(APPEAR_MS, entry(101n, 1n, 4000, 'processing'));
    assert.deepEqual(world.poll(40_000, entry(101n, 1n, 4000, 'processing'), entry(102n, 1n, 0)), ['1:completed']);
    assert.deepEqual([world.tracker.settled, world.tracker.isProven], [true, true]);
    assert.deepEqual(world.rows(), ['1 102 completed']);
  });

  it('of several the worst is followed', () => {
    const world = new World({ nodes: [1n] });
    world.poll(APPEAR_MS, entry(101n, 1n, 4000, 'rejected'), entry(102n, 1n, 5000));
    assert.deepEqual(world.rows(), ['1 101 rejected ambiguous']);
  });

  it('at a deadline before that, its node is missing', () => {
    const world = new World({ nodes: [1n] });
    world.poll(20_000, entry(101n, 1n, 4000));
    assert.deepEqual(world.rows(), ['1 - missing']);
  });

  it('one that has gone from the log meanwhile is missing', () => {
    const world = new World({ nodes: [1n] });
    world.poll(5000, entry(101n, 1n, 4000, 'processing'));
    assert.deepEqual(world.poll(6000), []);
    world.poll(6000 + APPEAR_MS);
    assert.deepEqual(world.rows(), ['1 101 missing ambiguous']);
  });

  it('never fills the count of --expect-nodes', () => {
    const world = new World({ expectNodes: 3 });
    const shown = [entry(101n, 1n, 0), entry(102n, 2n, 0), entry(103n, 4n, 4000)];
    world.poll(5000, ...shown);
    assert.equal(world.tracker.settled, false);
    assert.deepEqual(world.rows(null), ['1 101 completed', '2 102 completed', '? - -']);
    world.poll(APPEAR_MS, ...shown);
    assert.equal(world.tracker.settled, true);
    assert.deepEqual(world.rows(), ['1 101 completed', '2 102 completed', '4 103 completed ambiguous', '? - missing']);
    assert.equal(world.tracker.allAppeared, false);
  });

  it('does not matter once the count is full', () => {
    const world = new World({ expectNodes: 2 });
    const shown = [entry(101n, 1n, 0), entry(102n, 2n, 0), entry(103n, 4n, 4000, 'rejected')];
    assert.deepEqual(world.poll(5000, ...shown), ['1:completed', '2:completed']);
    assert.equal(world.tracker.settled, true);
    world.poll(APPEAR_MS, ...shown);
    assert.deepEqual(world.rows(), ['1 101 completed', '2 102 completed']);
  });

  it('of a node that nobody counts on, it is still one that an every-node trigger may have made', () => {
    const world = new World({ baselineNodes: [1n] });
    world.poll(5000, entry(101n, 1n, 0), entry(102n, 2n, 4000));
    world.poll(8000);
    assert.equal(world.tracker.settled, false);
    assert.deepEqual(world.rows(null), ['1 101 completed']);
    assert.deepEqual(world.poll(APPEAR_MS), ['2:completed', 'unproven']);
    assert.deepEqual([world.tracker.settled, world.tracker.isProven], [true, false]);
    assert.deepEqual(world.rows(), ['1 101 completed', '2 102 completed ambiguous']);
  });
});
