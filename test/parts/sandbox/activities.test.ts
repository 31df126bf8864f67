import assert from 'node:assert/strict';
import { nodeIds } from '../../../src/sandbox/options.js';
import { seededRandom } from '../../../src/sandbox/tenant.js';
import { World, START } from './world.js';

const iso = (ms: number): string => new Date(START + ms).toISOString();

describe('sandbox: activities in virtual time', () => {
  it('shows an entry a node once it appears, processing until its work is done', () => {
    const world = new World();
    const answer = world.post();
    assert.deepEqual([answer.status, answer.body], [202, '']);
    world.now = START + 199;
    assert.deepEqual(world.log().items, []);
    world.now = START + 200;
    const [first, ...others] = world.log().items;
    assert.equal(others.length, 2);
    assert.ok(first);
    const { status, finished_at, created_at, runtime, action } = first;
    assert.deepEqual([status, finished_at, created_at], ['processing', null, iso(0)]);
    assert.deepEqual([runtime, action], ['iggy', 'restart']);
    world.now = START + 1699;
    assert.equal(world.log().items[0]?.status, 'processing');
    world.now = START + 1700;
    for (const item of world.log().items) {
      assert.deepEqual([item.status, item.finished_at], ['completed', iso(1700)]);
    }
  });

  it('names every node in its history, unless that is shorter', () => {
    const cases = [[1], [6], [100], [7, 8], [100, 2037], [3, 2]] as const;
    for (const [nodes, history] of cases) {
      const { items, total_results } = new World({ nodes, history }).log();
      assert.equal(total_results, BigInt(history ?? Math.max(5, 2 * nodes)));
      assert.deepEqual(
        new Set(items.map((item) => item.node_id).toSorted()),
        new Set(nodeIds(Math.min(nodes, history ?? nodes))),
      );
      if (history !== undefined) continue;
      const shown = new Set(items.map(({ node_id: node, runtime }) => `${node} ${runtime}`));
      assert.equal(shown.size, Math.min(2 * nodes, 100), 'a runtime of a node is not listed');
    }
  });
});

describe('sandbox: what becomes of an action', () => {
  /** Posts one action after the other to the first node, and gives the statuses in the end. */
  function outcomes(world: World, ...actions: string[]): string[] {
    for (const action of actions) {
      const path = `${world.activities}/${action}`;
      assert.equal(world.post(`{"nodes":[${String(world.nodes[0])}]}`, { path }).status, 202);
    }
    world.now += 60_000;
    const { items } = world.log();
    return items.map((item) => item.status).reverse();
  }

  it('is decided by whether the runtime is started, as the action before left it', () => {
    for (const [actions, statuses] of [
      ['iggy/start', 'rejected'],
      ['iggy/stop iggy/start', 'completed completed'],
      ['iggy/stop iggy/stop', 'completed rejected'],
      ['iggy/stop iggy/restart', 'completed rejected'],
      ['iggy/reconfigure:42', 'completed'],
      ['iggy/stop iggy/reconfigure:42', 'completed rejected'],
      ['iggy/stop connectors/restart', 'completed completed'],
      ['iggy/stop iggy/restart iggy/start', 'completed rejected completed'],
    ] as const) {
      assert.deepEqual(outcomes(new World(), ...actions.split(' ')), statuses.split(' '), actions);
    }
  });

  it('a node in trouble rejects, never ends, or never appears; until it is healed', () => {
    const world = new World({ reject: [1], stuck: [2], missing: [610809900976570891n] });
    world.post();
    world.now += 86_400_000;
    assert.deepEqual(
      world.log().items.map((item) => [item.node_id, item.status]),
      [
        [world.nodes[1], 'processing'],
        [world.nodes[0], 'rejected'],
      ],
    );
    const [dispatch] = world.record.dispatches;
    assert.deepEqual(
      dispatch?.activities.map(({ appears_at, finishes_at, result }) => [
        appears_at,
        finishes_at,
        result,
      ]),
      [
        [START + 200, START + 1700, 'rejected'],
        [START + 200, null, null],
        [null, null, null],
      ],
    );
    for (const node of world.nodes) world.sandbox.setTrouble(node, undefined);
    world.post();
    world.now += 1700;
    const statuses = world.log().items.map((item) => item.status);
    assert.deepEqual(statuses.slice(0, 3), ['completed', 'completed', 'completed']);
  });

  it('takes about as long as asked', () => {
    const world = new World({ appearMs: 2000, workMs: 60_000 }, seededRandom(1));
    const [node = 0n] = world.nodes;
    for (let n = 0; n < 50; n += 1) {
      world.post(`{"nodes":[${node}]}`, { path: `${world.activities}/connectors/restart` });
    }
    const [first, ...others] = world.record.dispatches.flatMap(({ activities }) => activities);
    assert.equal(first?.appears_at, START + 2000);
    const ends = [first, ...others].map((activity) => activity.finishes_at ?? 0);
    const works = ends.map((end, index) => end - (ends[index - 1] ?? START + 2000));
    assert.ok(works.every((work) => work >= 45_000 && work <= 75_000));
    assert.ok(Math.min(...works) < 50_000 && Math.max(...works) > 70_000);
  });
});
