import assert from 'node:assert/strict';
import { RunTracker } from '../../../src/activities/run-tracker.js';
import { above, knownActivities, targetsOf, withLongSettle, type Targets } from '../../../src/activities/targets.js';
import { type Activity } from '../../../src/base/activity.js';
import { type Id } from '../../../src/base/ids.js';
import { MISSING } from '../../../src/base/outcome.js';

const START = Date.UTC(2026, 5, 1);
const APPEAR_MS = 30_000;
const BASELINE = 100n;

/** An entry of the restart of iggy that is followed here. */
function entry(id: Id, node: Id, status = 'completed', fields: Partial<Activity> = {}): Activity {
  const created_at = new Date(START).toISOString();
  return { id, node_id: node, runtime: 'iggy', action: 'restart', status, created_at, ...fields };
}

function targets(asked: { nodes?: Id[]; expectNodes?: number; baselineNodes?: Id[] }): Targets {
  const correlation = {
    deploymentId: 71n,
    runtime: 'iggy',
    action: { verb: 'restart' as const },
    inWindow: above(BASELINE),
  };
  const { nodes = null, expectNodes = null, baselineNodes = [] } = asked;
  return targetsOf(correlation, { nodes, expectNodes }, baselineNodes);
}

/** A tracker that is told of polls, at times counted from the start. */
class World {
  readonly tracker: RunTracker;

  constructor(of: Targets, appearTimeoutMs = APPEAR_MS) {
    this.tracker = new RunTracker(of, START, appearTimeoutMs);
  }

  /** @returns the codes of the warnings, and `node:status` for each change */
  poll(at: number, ...shown: Activity[]): string[] {
    return this.tracker.observe(shown, { startedAt: START + at, endedAt: START + at }).flatMap((event) => {
      if (event.event === 'warning') return [event.code];
      return event.event === 'activity' ? [`${event.activity.node_id}:${event.activity.status}`] : [];
    });
  }

  settledAt(at: number, ...shown: Activity[]): boolean {
    this.poll(at, ...shown);
    return this.tracker.settled;
  }

  get end(): string[] {
    return this.tracker.nodes(MISSING).map(({ node_id, status }) => `${node_id ?? '?'}:${status ?? '-'}`);
  }

  get nextCheckMs(): number | null {
    const at = this.tracker.nextCheckAt();
    return at === null ? null : at - START;
  }
}

describe('what belongs to a run (Sequence 4)', () => {
  const named = targets({ nodes: [1n, 2n] });
  const every = targets({ baselineNodes: [1n] });
  const table: Array<[what: string, activity: Activity, named: boolean, every: boolean]> = [
    ['an entry above the baseline', entry(101n, 1n), true, true],
    ['one at the baseline', entry(100n, 1n), false, false],
    ['one of another node', entry(101n, 3n), false, true],
    ['one of another runtime', entry(101n, 1n, 'completed', { runtime: 'connectors' }), false, false],
    ['one of another action', entry(101n, 1n, 'completed', { action: 'stop' }), false, false],
    ['one of a status nobody knows', entry(101n, 1n, 'paused'), true, true],
  ];
  for (const [what, activity, ofNamed, ofEvery] of table) {
    it(what, () => assert.deepEqual([named.owns(activity), every.owns(activity)], [ofNamed, ofEvery]));
  }

  it('a reconfigure is stored with its config or without', () => {
    const correlation = {
      deploymentId: 71n,
      runtime: 'iggy',
      action: { verb: 'reconfigure', configId: 42n } as const,
      inWindow: above(0n),
    };
    const { owns } = targetsOf(correlation, { nodes: [1n], expectNodes: null }, []);
    assert.deepEqual(
      ['reconfigure', 'reconfigure:42', 'reconfigure:43', 'restart'].map((action) =>
        owns(entry(1n, 1n, 'x', { action })),
      ),
      [true, true, false, false],
    );
  });
});

describe('RunTracker, named nodes (Sequence 5)', () => {
  it('is settled no sooner than 2 s after the start, all completed', () => {
    const world = new World(targets({ nodes: [1n, 2n] }));
    const shown = [entry(101n, 1n), entry(102n, 2n)];
    assert.equal(world.settledAt(500, ...shown), false);
    assert.equal(world.nextCheckMs, 2000);
    assert.equal(world.settledAt(1999, ...shown), false);
    assert.equal(world.settledAt(2000, ...shown), true);
    assert.deepEqual(world.end, ['1:completed', '2:completed']);
  });

  it('is not settled while one is open, nor while its status is one nobody knows', () => {
    for (const status of ['processing', 'paused']) {
      const world = new World(targets({ nodes: [1n, 2n] }));
      assert.equal(world.settledAt(60_000, entry(101n, 1n), entry(102n, 2n, status)), false);
      assert.deepEqual(world.tracker.open(), [102n]);
      assert.equal(world.nextCheckMs, null);
    }
  });

  it('waits for a node without an entry until the appear timeout, then it is missing', () => {
    const world = new World(targets({ nodes: [1n, 2n] }));
    assert.equal(world.settledAt(5000, entry(101n, 1n)), false);
    assert.equal(world.nextCheckMs, APPEAR_MS);
    assert.equal(world.settledAt(APPEAR_MS - 1), false);
    assert.equal(world.settledAt(APPEAR_MS), true);
    assert.deepEqual(world.end, ['1:completed', '2:missing']);
  });

  it('what counts is when the poll began, not when it ended', () => {
    const { tracker } = new World(targets({ nodes: [1n] }));
    tracker.observe([entry(101n, 1n)], { startedAt: START + 1999, endedAt: START + 9000 });
    assert.equal(tracker.settled, false);
  });

  it('never takes the entry of another node for one of its own', () => {
    const world = new World(targets({ nodes: [1n] }));
    assert.deepEqual(world.poll(5000, entry(101n, 2n), entry(102n, 3n, 'rejected')), []);
    assert.deepEqual(world.end, ['1:missing']);
  });

  it('lists nodes in the order they were asked for', () => {
    const world = new World(targets({ nodes: [3n, 1n, 2n] }));
    world.poll(0, entry(101n, 1n), entry(102n, 2n));
    assert.deepEqual(world.end, ['3:missing', '1:completed', '2:completed']);
  });

  it('says for each target when it was seen, and null before', () => {
    const world = new World(targets({ nodes: [1n, 2n] }));
    world.poll(700, entry(101n, 1n, 'processing'));
    const [first, second] = world.tracker.nodes(null);
    assert.deepEqual(
      [first?.since, first?.activity_id, second?.since, second?.status],
      [START + 700, 101n, null, null],
    );
  });

  describe('says since when an entry goes on', () => {
    /** Seen 9 s after the start, when the server's clock said so much after its creation. */
    function since(serverAgeMs: number | null, begunAt?: number, created_at = '2019-01-01T00:00:00Z'): number {
      const tracker = new RunTracker(targets({ nodes: [1n] }), START, APPEAR_MS, begunAt);
      const serverTime = serverAgeMs === null ? null : Date.UTC(2019, 0, 1) + serverAgeMs;
      const poll = { startedAt: START + 8900, endedAt: START + 9000, serverTime };
      tracker.observe([entry(101n, 1n, 'processing', { created_at })], poll);
      return (tracker.nodes(null)[0]?.since ?? NaN) - START;
    }

    it('by the server’s own clock, which is given in whole seconds', () => {
      assert.equal(since(20_000), 9000 - 21_000);
    });

    it('not before the run began, where it is known to have begun then', () => {
      assert.equal(since(20_000, START), 0);
      assert.equal(since(4000, START), 4000);
    });

    it('not later than it was seen, whatever the clocks say', () => {
      assert.equal(since(-50_000), 9000);
      assert.equal(since(-50_000, START), 9000);
    });

    it('from the beginning of the run, or from now, where the server says nothing, or nonsense', () => {
      assert.deepEqual([since(null), since(null, START)], [9000, 0]);
      assert.deepEqual([since(5000, undefined, 'yesterday'), since(5000, START, 'yesterday')], [9000, 0]);
    });
  });

  it('emits all targets after each change, and nothing while there is none', () => {
    const { tracker } = new World(targets({ nodes: [1n, 2n] }));
    const at = (ms: number) => ({ startedAt: START + ms, endedAt: START + ms });
    const events = tracker.observe([entry(101n, 1n, 'processing')], at(0));
    assert.deepEqual(
      events.map(({ event }) => event),
      ['activity', 'progress'],
    );
    assert.deepEqual(events.at(-1), { event: 'progress', nodes: tracker.nodes(null) });
    assert.deepEqual(tracker.observe([entry(101n, 1n, 'processing')], at(500)), []);
  });

  it('knows all its activities as soon as each node has one', () => {
    const world = new World(targets({ nodes: [1n, 2n] }));
    assert.equal(world.tracker.allAppeared, false);
    world.poll(0, entry(101n, 1n));
    assert.equal(world.tracker.allAppeared, false);
    world.poll(100, entry(101n, 1n), entry(102n, 2n, 'processing'));
    assert.equal(world.tracker.allAppeared, true);
  });

  it('warns of each target once, and says which', () => {
    const { tracker } = new World(targets({ nodes: [1n, 2n] }));
    const warnings = (...shown: Activity[]) =>
      tracker
        .observe(shown, { startedAt: START, endedAt: START })
        .flatMap((event) => (event.event === 'warning' ? [`${event.code}: ${event.message}`] : []));
    const doubled = [entry(101n, 1n), entry(102n, 1n), entry(103n, 2n), entry(104n, 2n, 'processing')];
    const [one, two, ...more] = warnings(...doubled);
    assert.match(one ?? '', /^ambiguous: node 1 has more than one entry/);
    assert.match(two ?? '', /^ambiguous: node 2 has more than one entry/);
    assert.deepEqual(more, []);
    const [back, vanished] = warnings(entry(101n, 1n, 'processing'));
    assert.match(back ?? '', /^status_went_back: activity 101 was final and is now shown as processing/);
    assert.match(vanished ?? '', /^entry_vanished: activity 104 of node 2 is no longer in the log/);
    assert.deepEqual(warnings(entry(101n, 1n, 'processing')), []);
  });

  it('says for each target what its entry says', () => {
    const world = new World(targets({ nodes: [1n] }));
    const finished_at = new Date(START + 5000).toISOString();
    world.poll(6000, entry(101n, 1n, 'completed', { finished_at }));
    const created_at = new Date(START).toISOString();
    assert.deepEqual(world.tracker.nodes(null), [
      {
        node_id: 1n,
        activity_id: 101n,
        status: 'completed',
        created_at,
        finished_at,
        ambiguous: false,
        since: START + 6000,
      },
    ]);
  });

  it('waits 5 s where somebody else may have done the same since the baseline', () => {
    const world = new World(withLongSettle(targets({ nodes: [1n] })));
    assert.equal(world.settledAt(4999, entry(101n, 1n)), false);
    assert.equal(world.settledAt(5000, entry(101n, 1n)), true);
  });
});

describe('RunTracker, --expect-nodes (Sequence 5)', () => {
  it('is settled once as many have an entry, 2 s after the start', () => {
    const world = new World(targets({ expectNodes: 2, baselineNodes: [9n] }));
    const shown = [entry(101n, 1n), entry(102n, 2n)];
    assert.equal(world.settledAt(1999, ...shown), false);
    assert.equal(world.settledAt(2000, ...shown), true);
    assert.deepEqual(world.end, ['1:completed', '2:completed']);
  });

  it('the count decides, whichever the baseline named: fewer are missing after the appear timeout', () => {
    const world = new World(targets({ expectNodes: 3, baselineNodes: [1n, 2n] }));
    assert.equal(world.settledAt(APPEAR_MS - 1, entry(101n, 1n), entry(102n, 2n)), false);
    assert.equal(world.settledAt(APPEAR_MS), true);
    assert.deepEqual(world.end, ['1:completed', '2:completed', '?:missing']);
  });

  it('two entries of one node are one node', () => {
    const world = new World(targets({ expectNodes: 2 }));
    assert.equal(world.settledAt(5000, entry(101n, 1n), entry(102n, 1n)), false);
  });

  it('follows more than expected, with a warning for each number once', () => {
    const world = new World(targets({ expectNodes: 1 }));
    assert.deepEqual(world.poll(100, entry(101n, 1n)), ['1:completed']);
    assert.deepEqual(world.poll(200, entry(102n, 2n, 'processing')), ['2:processing', 'more_than_expected']);
    assert.deepEqual(world.poll(300, entry(102n, 2n, 'processing')), []);
    assert.equal(world.settledAt(5000), false);
    assert.equal(world.settledAt(6000, entry(102n, 2n, 'rejected')), true);
    assert.deepEqual(world.end, ['1:completed', '2:rejected']);
  });
});

describe('RunTracker, every node as the log shows (Sequence 5)', () => {
  it('is settled no sooner than 5 s after the start, when every node of the baseline is there', () => {
    const world = new World(targets({ baselineNodes: [1n, 2n] }));
    const shown = [entry(101n, 1n), entry(102n, 2n)];
    assert.equal(world.settledAt(500, ...shown), false);
    assert.equal(world.nextCheckMs, 5000);
    assert.equal(world.settledAt(4999, ...shown), false);
    assert.equal(world.settledAt(5000, ...shown), true);
  });

  it('nor sooner than 3 s after the last new entry', () => {
    const world = new World(targets({ baselineNodes: [1n] }));
    world.poll(1000, entry(101n, 1n));
    world.poll(4000, entry(102n, 2n));
    assert.equal(world.nextCheckMs, 7000);
    assert.equal(world.settledAt(6999), false);
    assert.equal(world.settledAt(7000), true);
    assert.deepEqual(world.end, ['1:completed', '2:completed']);
  });

  it('nor sooner than 10 s when the baseline names no node', () => {
    const world = new World(targets({}));
    world.poll(500, entry(101n, 1n));
    assert.equal(world.settledAt(9999), false);
    assert.equal(world.settledAt(10_000), true);
  });

  it('a node of the baseline that does not appear is waited for, then missing', () => {
    const world = new World(targets({ baselineNodes: [1n, 2n] }));
    world.poll(500, entry(101n, 1n));
    assert.equal(world.settledAt(APPEAR_MS - 1), false);
    assert.equal(world.settledAt(APPEAR_MS), true);
    assert.deepEqual(world.end, ['1:completed', '2:missing']);
  });

  it('a node that appears just before the appear timeout is followed, and quiet is waited for once more', () => {
    const world = new World(targets({ baselineNodes: [1n, 2n] }));
    world.poll(500, entry(101n, 1n));
    assert.equal(world.settledAt(APPEAR_MS - 1, entry(102n, 2n)), false);
    assert.equal(world.settledAt(APPEAR_MS), false);
    assert.equal(world.settledAt(APPEAR_MS + 2999), true);
  });

  it('without a single entry nothing is known, and no node is listed', () => {
    const world = new World(targets({}));
    assert.equal(world.settledAt(10_000), false);
    assert.equal(world.settledAt(APPEAR_MS), true);
    assert.deepEqual(world.end, []);
  });

  it('knows all its activities once it is quiet, so that their ids are enough to go on', () => {
    const world = new World(targets({ baselineNodes: [1n] }));
    world.poll(1000, entry(101n, 1n, 'processing'));
    assert.equal(world.tracker.allAppeared, false);
    world.poll(4999);
    assert.equal(world.tracker.allAppeared, false);
    world.poll(5000);
    assert.equal(world.tracker.allAppeared, true);
    assert.deepEqual(world.tracker.activityIds(), [101n]);
  });
});

describe('RunTracker, activities known by their ids', () => {
  it('looks for the ids that were not seen yet, and is settled as soon as all are final', () => {
    const world = new World(knownActivities([101n, 102n]));
    assert.deepEqual(world.tracker.open(), [101n, 102n]);
    assert.equal(world.settledAt(0, entry(101n, 1n), entry(102n, 1n, 'processing'), entry(103n, 1n)), false);
    assert.deepEqual(world.tracker.open(), [102n]);
    assert.equal(world.settledAt(1, entry(102n, 1n, 'rejected')), true);
    assert.deepEqual(
      world.tracker.nodes(MISSING).map(({ activity_id, status, ambiguous }) => [activity_id, status, ambiguous]),
      [
        [101n, 'completed', false],
        [102n, 'rejected', false],
      ],
    );
  });

  it('an id that does not show up is missing after the appear timeout; its node is not known', () => {
    const world = new World(knownActivities([101n, 102n]));
    world.poll(0, entry(101n, 1n));
    assert.equal(world.settledAt(APPEAR_MS - 1), false);
    assert.equal(world.settledAt(APPEAR_MS), true);
    const missing = world.tracker.nodes(MISSING)[1];
    assert.deepEqual([missing?.node_id, missing?.activity_id, missing?.status], [null, 102n, MISSING]);
  });
});

describe('RunTracker, when the log is not what it should be', () => {
  it('two entries of one node: both are followed, the worse counts, a warning once', () => {
    const world = new World(targets({ nodes: [1n] }));
    assert.deepEqual(world.poll(100, entry(101n, 1n)), ['1:completed']);
    assert.deepEqual(world.poll(200, entry(102n, 1n, 'processing')), ['1:processing', 'ambiguous']);
    assert.equal(world.settledAt(60_000, entry(102n, 1n, 'processing')), false);
    assert.deepEqual(world.end, ['1:processing']);
    assert.deepEqual(world.poll(61_000, entry(102n, 1n, 'rejected')), ['1:rejected']);
    assert.equal(world.tracker.settled, true);
    assert.deepEqual(world.end, ['1:rejected']);
    assert.deepEqual(
      world.tracker.nodes(null).map(({ ambiguous }) => ambiguous),
      [true],
    );
    assert.deepEqual(world.tracker.activityIds(), [101n, 102n]);
  });

  it('a rejected one of two counts, however the other ends', () => {
    const world = new World(targets({ nodes: [1n] }));
    world.poll(100, entry(101n, 1n, 'rejected'), entry(102n, 1n, 'completed'));
    assert.deepEqual(world.end, ['1:rejected']);
  });

  it('a status that goes back from final is not believed, and warned of', () => {
    const world = new World(targets({ nodes: [1n] }));
    world.poll(100, entry(101n, 1n, 'completed'));
    assert.deepEqual(world.poll(200, entry(101n, 1n, 'processing')), ['status_went_back']);
    assert.equal(world.settledAt(2000), true);
    assert.deepEqual(world.end, ['1:completed']);
  });

  it('of two final statuses the worse counts, whichever came first', () => {
    for (const [first, second] of [
      ['completed', 'rejected'],
      ['rejected', 'completed'],
    ] as const) {
      const world = new World(targets({ nodes: [1n] }));
      world.poll(100, entry(101n, 1n, first));
      world.poll(200, entry(101n, 1n, second));
      assert.deepEqual(world.end, ['1:rejected']);
    }
  });

  it('an open entry that vanishes is waited for as long as one that never appeared, then it is missing', () => {
    const world = new World(targets({ nodes: [1n] }));
    world.poll(1000, entry(101n, 1n, 'processing'));
    assert.deepEqual(world.poll(5000), ['entry_vanished']);
    assert.deepEqual(world.tracker.open(), [101n]);
    assert.equal(world.settledAt(5000 + APPEAR_MS - 1), false);
    assert.equal(world.settledAt(5000 + APPEAR_MS), true);
    assert.deepEqual(world.end, ['1:missing']);
    assert.deepEqual(world.tracker.open(), []);
  });

  it('and counts again when it comes back', () => {
    const world = new World(targets({ nodes: [1n, 2n] }));
    world.poll(1000, entry(101n, 1n, 'processing'), entry(102n, 2n, 'processing'));
    world.poll(5000, entry(102n, 2n, 'processing'));
    world.poll(5000 + APPEAR_MS, entry(102n, 2n, 'processing'));
    assert.deepEqual(world.end, ['1:missing', '2:processing']);
    assert.equal(world.settledAt(40_000, entry(101n, 1n), entry(102n, 2n)), true);
    assert.deepEqual(world.end, ['1:completed', '2:completed']);
  });

  it('a final entry that vanishes stays what it was', () => {
    const world = new World(targets({ nodes: [1n, 2n] }));
    world.poll(1000, entry(101n, 1n), entry(102n, 2n, 'processing'));
    assert.equal(world.settledAt(90_000, entry(102n, 2n)), true);
    assert.deepEqual(world.end, ['1:completed', '2:completed']);
  });
});
