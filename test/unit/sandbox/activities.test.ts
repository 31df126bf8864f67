import assert from 'node:assert/strict';
import { nodeIds } from '../../../src/sandbox/index.js';
import { World, read, START, type Page } from './harness.js';

const iso = (ms: number): string => new Date(START + ms).toISOString();

describe('sandbox: activities in virtual time', () => {
  it('shows an entry a node once it appears, processing until its work is done', () => {
    const world = new World();
    assert.equal(world.post().status, 202);
    assert.deepEqual(world.log().items, []);

    world.now = START + 199;
    assert.deepEqual(world.log().items, []);
    world.now = START + 200;
    const [first, ...others] = world.log().items;
    assert.equal(others.length, 2);
    assert.equal(first?.status, 'processing');
    assert.equal(first.finished_at, null);
    assert.equal(first.created_at, iso(0));
    assert.equal(first.runtime, 'iggy');
    assert.equal(first.action, 'restart');

    world.now = START + 1699;
    assert.equal(world.log().items[0]?.status, 'processing');
    world.now = START + 1700;
    for (const item of world.log().items) {
      assert.equal(item.status, 'completed');
      assert.equal(item.finished_at, iso(1700));
    }
  });

  it('answers a trigger with 202 and an empty body', () => {
    const answer = new World().post();
    assert.equal(answer.body, '');
    assert.equal(answer.headers['content-type'], undefined);
  });

  it('leaves finished_at out while processing, when told so', () => {
    const world = new World({ unfinished: 'absent' });
    world.post();
    world.now += 200;
    assert.equal('finished_at' in (world.log().items[0] ?? {}), false);
    world.now += 1500;
    assert.equal(world.log().items[0]?.finished_at, iso(1700));
  });

  it('writes every id digit for digit, up to 2^64-1', () => {
    const world = new World({ nodes: [610809900976570889n, 18446744073709551615n] });
    world.post('{"nodes":[18446744073709551615]}');
    world.now += 200;
    const answer = world.get(world.activities);
    assert.match(answer.body, /"node_id":18446744073709551615,/);
    assert.doesNotMatch(answer.body, /610809900976570889/);
    assert.equal(world.log().items[0]?.author_id, 608123456789012345n);
  });

  for (const order of ['asc', 'desc'] as const) {
    it(`pages ${order}ending by id, each entry once`, () => {
      const world = new World({ order, history: 23 });
      const ids: bigint[] = [];
      for (let page = 1; page <= 4; page += 1) {
        const read = world.log(`page=${page}&results=10`);
        assert.deepEqual([read.page, read.total_results, read.total_pages], [BigInt(page), 23n, 3n]);
        assert.equal(read.items.length, [10, 10, 3, 0][page - 1]);
        ids.push(...read.items.map((item) => item.id));
      }
      const sorted = [...new Set(ids)].sort((a, b) => (a < b === (order === 'asc') ? -1 : 1));
      assert.equal(sorted.length, 23);
      assert.deepEqual(ids, sorted);
    });
  }

  it('gives page 1 with 10 results unless asked', () => {
    const world = new World({ history: 12 });
    const page = read(world.get(world.activities)) as Page;
    assert.equal(page.page, 1n);
    assert.equal(page.items.length, 10);
    assert.equal(page.total_pages, 2n);
  });

  it('has an empty log without history', () => {
    assert.deepEqual(new World().log(), { items: [], page: 1n, total_results: 0n, total_pages: 0n });
  });

  it('begins with a history that is over, names every node, and has ids that grow with time', () => {
    const world = new World({ history: 5 });
    const items = world.log().items;
    assert.equal(items.length, 5);
    assert.deepEqual(new Set(items.map((item) => item.node_id)), new Set(world.sandbox.nodes));
    assert.ok(new Set(items.map((item) => item.author_id)).size > 1);
    assert.ok(items.every((item) => item.status !== 'processing' && item.id > 2n ** 53n));
    const byTime = items.toSorted((a, b) => b.created_at.localeCompare(a.created_at));
    assert.deepEqual(items, byTime);
  });

  describe('the nodes that its history names', () => {
    const named = (nodes: number, history?: number): number => {
      const world = new World({ nodes: nodeIds(nodes), history });
      const { items, total_results } = world.log();
      const count = new Set(items.map((item) => item.node_id)).size;
      assert.equal(total_results, BigInt(history ?? Math.max(5, nodes)));
      return count;
    };

    it('are all of them by default, however many there are', () => {
      assert.deepEqual(
        [1, 3, 6, 100].map((nodes) => named(nodes)),
        [1, 3, 6, 100],
      );
    });

    it('are all of them when there is an entry for each, also on the newest page of a long one', () => {
      assert.equal(named(6, 6), 6);
      assert.equal(named(7, 8), 7);
      assert.equal(named(100, 2037), 100);
    });

    it('are the first N when there are fewer entries than nodes', () => {
      const world = new World({ nodes: [7n, 8n, 9n], history: 2 });
      assert.deepEqual(
        world.log().items.map((item) => item.node_id),
        [8n, 7n],
      );
    });
  });

  it('keeps the log of another deployment apart', () => {
    const world = new World();
    world.post('{}', { path: '/deployments/7263012455120900034/activities/iggy/restart' });
    world.now += 200;
    assert.deepEqual(world.log().items, []);
    const items = (read(world.get('/deployments/7263012455120900034/activities')) as Page).items;
    assert.equal(items.length, 2);
    assert.ok(items.every((item) => item.deployment_id === 7263012455120900034n));
  });

  it("shows another operator's entries, and tells them apart in its record", () => {
    const world = new World();
    const [node = 0n] = world.sandbox.nodes;
    const dispatch = world.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' }, nodes: [node] });
    world.now += 200;
    const [item] = world.log().items;
    assert.equal(item?.node_id, node);
    assert.equal(item.author_id, 608123456789012346n);
    assert.equal(dispatch.idempotency_key, null);
    assert.deepEqual(dispatch.activities, [
      { id: item.id, node_id: node, appears_at: START + 200, finishes_at: START + 1700, result: 'completed' },
    ]);
    assert.deepEqual(world.sandbox.record.posts, []);
  });
});

describe('sandbox: what becomes of an action', () => {
  /** Posts one action after the other to the first node, and gives the statuses in the end. */
  function outcomes(world: World, ...actions: string[]): string[] {
    for (const action of actions) {
      const answer = world.post(`{"nodes":[${String(world.sandbox.nodes[0])}]}`, {
        path: `${world.activities}/${action}`,
      });
      assert.equal(answer.status, 202);
    }
    world.now += 60_000;
    return world
      .log()
      .items.map((item) => item.status)
      .reverse();
  }

  const cases: Array<[title: string, actions: string[], statuses: string[]]> = [
    ['starting a running runtime is rejected', ['iggy/start'], ['rejected']],
    ['a stopped one can be started', ['iggy/stop', 'iggy/start'], ['completed', 'completed']],
    ['stopping a stopped one is rejected', ['iggy/stop', 'iggy/stop'], ['completed', 'rejected']],
    ['restarting a stopped one is rejected', ['iggy/stop', 'iggy/restart'], ['completed', 'rejected']],
    ['reconfiguring a running one completes', ['iggy/reconfigure:42'], ['completed']],
    ['reconfiguring a stopped one is rejected', ['iggy/stop', 'iggy/reconfigure:42'], ['completed', 'rejected']],
    ['the runtimes of a node are apart', ['iggy/stop', 'connectors/restart'], ['completed', 'completed']],
    [
      'a rejected action changes nothing',
      ['iggy/stop', 'iggy/restart', 'iggy/start'],
      ['completed', 'rejected', 'completed'],
    ],
  ];
  for (const [title, actions, statuses] of cases) {
    it(title, () => assert.deepEqual(outcomes(new World(), ...actions), statuses));
  }

  it('works on the activities of a runtime one after the other', () => {
    const world = new World();
    outcomes(world, 'iggy/stop', 'iggy/start', 'connectors/restart');
    const finished = world.sandbox.record.dispatches.flatMap((dispatch) => dispatch.activities[0]?.finishes_at);
    assert.deepEqual(finished, [START + 1700, START + 3200, START + 1700]);
  });

  it('stores a reconfigure with its config, or bare', () => {
    for (const [storedReconfigure, stored] of [
      ['with_config', 'reconfigure:42'],
      ['bare', 'reconfigure'],
    ] as const) {
      const world = new World({ storedReconfigure });
      outcomes(world, 'connectors/reconfigure:42');
      assert.equal(world.log().items[0]?.action, stored);
      assert.equal(world.sandbox.record.dispatches[0]?.action, 'reconfigure:42');
    }
  });

  it('a node in trouble rejects, never ends, or never appears; until it is healed', () => {
    const world = new World();
    const [rejecting = 0n, stuck = 0n, missing = 0n] = world.sandbox.nodes;
    world.sandbox.setTrouble(rejecting, 'reject');
    world.sandbox.setTrouble(stuck, 'stuck');
    world.sandbox.setTrouble(missing, 'missing');
    world.post();
    world.now += 86_400_000;
    const byNode = new Map(world.log().items.map((item) => [item.node_id, item.status]));
    assert.deepEqual(
      byNode,
      new Map([
        [rejecting, 'rejected'],
        [stuck, 'processing'],
      ]),
    );
    assert.deepEqual(
      world.sandbox.record.dispatches[0]?.activities.map((activity) => activity.node_id),
      [rejecting, stuck, missing],
    );

    for (const node of world.sandbox.nodes) world.sandbox.setTrouble(node, undefined);
    world.post();
    world.now += 1700;
    const statuses = world
      .log()
      .items.slice(0, 3)
      .map((item) => item.status);
    assert.deepEqual(statuses, ['completed', 'completed', 'completed']);
  });

  it('takes trouble and timing from its options, node by node', () => {
    const world = new World({
      nodes: [1n, 2n],
      troubles: [[2n, 'reject']],
      timing: (node) => ({ appearMs: Number(node) * 1000, workMs: 10 }),
    });
    world.post();
    world.now += 1999;
    assert.deepEqual(
      world.log().items.map((item) => item.node_id),
      [1n],
    );
    world.now += 1011;
    assert.deepEqual(
      world.log().items.map((item) => item.status),
      ['rejected', 'completed'],
    );
    assert.throws(() => world.sandbox.setTrouble(3n, 'stuck'), RangeError);
  });
});
