import assert from 'node:assert/strict';
import { nodeIds } from '../../../src/sandbox/options.js';
import { seededRandom } from '../../../src/sandbox/tenant.js';
import { World, START } from './world.js';

describe('the history of a sandbox', () => {
  for (const [nodes, history] of [[1], [6], [100], [7, 8], [100, 2037], [3, 2]] as const) {
    it(`of ${nodes} nodes, ${history ?? 'as usual'}: names each of them, unless it is shorter`, () => {
      const { items, total_results } = new World({ nodes, history }).log();
      assert.equal(total_results, BigInt(history ?? Math.max(5, 2 * nodes)));
      assert.deepEqual(
        new Set(items.map((item) => item.node_id)),
        new Set(nodeIds(Math.min(nodes, history ?? nodes))),
      );
      if (history !== undefined) return;
      const shown = new Set(items.map(({ node_id: node, runtime }) => `${node} ${runtime}`));
      assert.equal(shown.size, Math.min(2 * nodes, 100), 'a runtime of a node is not listed');
    });
  }
});

describe('an action in the sandbox', () => {
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
    it(`ends by what the one before left running: ${actions}, ${statuses}`, () => {
      const world = new World();
      for (const action of actions.split(' ')) {
        const path = `${world.activities}/${action}`;
        world.post(`{"nodes":[${world.nodes[0] ?? ''}]}`, { path });
      }
      world.now += 60_000;
      const ended = world.log().items.map(({ status }) => status);
      assert.deepEqual(ended.reverse(), statuses.split(' '));
    });
  }

  it('takes about as long as asked', () => {
    const world = new World({ appearMs: 2000, workMs: 60_000 }, seededRandom(1));
    const [node = 0n] = world.nodes;
    for (let n = 0; n < 50; n += 1) world.post(`{"nodes":[${node}]}`);
    const all = world.record.dispatches.flatMap(({ activities }) => activities);
    assert.equal(all[0]?.appears_at, START + 2000);
    const ends = all.map((activity) => activity.finishes_at ?? 0);
    const works = ends.map((end, index) => end - (ends[index - 1] ?? START + 2000));
    assert.ok(works.every((work) => work >= 45_000 && work <= 75_000));
    assert.ok(Math.min(...works) < 50_000 && Math.max(...works) > 70_000);
  });
});
