import assert from 'node:assert/strict';
import { nodeIds } from '../../src/sandbox/options.js';
import { parseJson } from '../helpers/readers.js';
import { endsWith, story, type Scene } from '../helpers/scene.js';

const RESTART = 'activities trigger iggy restart';

/**
 * Others are at work while `play` is: all that is like the trigger but the one thing that tells it
 * apart.
 */
async function meddling<T>({ sandbox }: Scene, busy: bigint, play: Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    sandbox.dispatchAsOther({ runtime: 'iggy', action: 'restart', nodes: [busy] });
    sandbox.dispatchAsOther({ runtime: 'connectors', action: 'restart' });
    sandbox.dispatchAsOther({ runtime: 'iggy', action: 'reconfigure:42' });
  }, 150);
  return play.finally(() => clearInterval(timer));
}

/**
 * The entries that the trigger itself made, and those that it was said to have; as `node activity`.
 */
function assertOwnEntries({ dispatches }: Scene, stdout: string): void {
  const own = dispatches.flatMap(({ activities }) =>
    activities.map(({ node_id, id }) => `${node_id} ${id}`),
  );
  const told = [...stdout.matchAll(/^(\d+) +(\d+) /gm)].map(
    ([, node, activity]) => `${node} ${activity}`,
  );
  assert.deepEqual(told.sort(), own.sort());
}

describe('in a log that others write to as well', () => {
  // More than one page, so that the new end is somewhere else in each order.
  const log = { history: 230, nodes: [7n, 8n, 9n], workMs: 50 };
  const oldestFirst = { ...log, order: 'asc' } as const;

  story("named nodes are not mistaken for another's, or for done", oldestFirst, async (scene) => {
    // The other's restarts of node 9 are rejected.
    for (const [node, trouble] of [
      [8n, 'stuck'],
      [9n, 'reject'],
    ] as const) {
      scene.sandbox.setTrouble(node, trouble);
    }
    const run = scene.ends(8, `${RESTART} --node 7,8 --timeout 4s`);
    const { stdout } = await meddling(scene, 9n, run);
    assertOwnEntries(scene, stdout);
    assert.match(stdout, /^7 +\d+ +completed/m);
  });

  story('every node is followed to its own end', log, async (scene) => {
    scene.sandbox.setTrouble(8n, 'reject');
    const others = setInterval(() => {
      for (const action of ['stop', 'start'] as const) {
        scene.sandbox.dispatchAsOther({ runtime: 'iggy', action });
      }
    }, 200);
    const { stdout } = await scene.ends(3, `${RESTART} --yes`).finally(() => clearInterval(others));
    assertOwnEntries(scene, stdout);
  });

  const late = nodeIds(120).slice(0, 20);
  const many = { nodes: nodeIds(120), history: 240, missing: late };
  story(
    'of 120 nodes none is forgotten, though a page names 100, and 20 are late',
    many,
    async (scene) => {
      const run = scene.start(`${RESTART} --yes -o json`).input();
      await run.said(/completed/);
      for (const node of late) scene.sandbox.setTrouble(node, 'reject');
      scene.restartByOther(...late);
      const { stdout } = await endsWith(3, run);
      const { nodes } = parseJson(stdout) as { nodes: Array<{ status: string; node_id: bigint }> };
      assert.equal(nodes.length, 120);
      const rejected = nodes
        .filter(({ status }) => status === 'rejected')
        .map(({ node_id: node }) => node);
      assert.deepEqual(rejected, late);
    },
  );
});
