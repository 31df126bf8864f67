import assert from 'node:assert/strict';
import { resumeIn, withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { parseJson } from '../helpers/readers.js';

const RESTART = ['activities', 'trigger', 'iggy', 'restart'];

/**
 * Another operator at work: whenever the log is read, entries of theirs may have appeared in between. All that is
 * like the trigger but the one thing that tells it apart.
 */
function meddle(scene: Scene, busy: bigint): () => void {
  const timer = setInterval(() => {
    scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' }, nodes: [busy] });
    scene.sandbox.dispatchAsOther({ runtime: 'connectors', action: { verb: 'restart' } });
    scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'reconfigure', configId: 42n } });
  }, 150);
  return () => clearInterval(timer);
}

/** The entries that the trigger itself made, as `node activity`. */
function ownEntries({ sandbox }: Scene): string[] {
  const own = sandbox.record.dispatches.filter(({ idempotency_key: key }) => key !== null);
  return own.flatMap(({ activities }) => activities.map(({ node_id, id }) => `${node_id} ${id}`)).sort();
}

/** The entries that it was said to have, from the table. */
function toldEntries(stdout: string): string[] {
  return [...stdout.matchAll(/^(\d+) +(\d+) /gm)].map(([, node, activity]) => `${node} ${activity}`).sort();
}

describe('in a log that others write to as well', function () {
  this.timeout(300_000);

  const scenarios: Record<string, () => Promise<void>> = {};
  for (const order of ['asc', 'desc'] as const) {
    // More than one page, so that the new end is somewhere else in each order.
    const log = { order, history: 230, nodes: [7n, 8n, 9n], workMs: 50 };

    scenarios[`(${order}) named nodes are never mistaken for another operator's`] = () =>
      withScene(log, async (scene) => {
        const stop = meddle(scene, 9n);
        // The other's restarts of node 9 are rejected, and those of 7 and 8 would be completed at once.
        scene.sandbox.setTrouble(9n, 'reject');
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '--node', '7,8']).finally(stop);
        assert.equal(code, 0, stderr);
        assert.deepEqual(toldEntries(stdout), ownEntries(scene));
      });

    scenarios[`(${order}) a node that is stuck is not taken for done because another node is`] = () =>
      withScene(log, async (scene) => {
        const stop = meddle(scene, 9n);
        scene.sandbox.setTrouble(8n, 'stuck');
        const args = [...RESTART, '--node', '8', '--timeout', '4s'];
        const { code, stdout, stderr } = await scene.ldctl(args).finally(stop);
        assert.equal(code, 8, stderr);
        assert.deepEqual(toldEntries(stdout), ownEntries(scene));
      });

    scenarios[`(${order}) every node is followed to its own end`] = () =>
      withScene(log, async (scene) => {
        const timer = setInterval(() => {
          scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'stop' } });
          scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'start' } });
        }, 200);
        scene.sandbox.setTrouble(8n, 'reject');
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '--yes']).finally(() => clearInterval(timer));
        assert.equal(code, 3, stderr);
        assert.deepEqual(toldEntries(stdout), ownEntries(scene));
      });
  }

  sideBySide({
    ...scenarios,

    'an every-node trigger does not end while the entry of one node is late': () =>
      withScene({ nodes: [7n, 8n] }, async (scene) => {
        scene.sandbox.setTrouble(8n, 'missing');
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '--yes', '--appear-timeout', '8s']);
        assert.equal(code, 7, stderr);
        assert.match(stdout, /^7 +\d+ +completed/m);
        assert.match(stdout, /^8 +- +missing/m);
      }),

    'an every-node trigger waits for a node that rejects it after the others have completed': () =>
      withScene({ nodes: [7n, 8n], workMs: 100 }, async (scene) => {
        // The queue of a node's runtime holds it up: a restart comes after what it was told before.
        for (let n = 0; n < 60; n++) {
          scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' }, nodes: [8n] });
        }
        scene.sandbox.setTrouble(8n, 'reject');
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '--yes']);
        assert.equal(code, 3, stderr);
        assert.match(stdout, /^7 +\d+ +completed/m);
        assert.match(stdout, /^8 +\d+ +rejected/m);
      }),

    'an every-node trigger on a log that names no node still finds every node': () =>
      withScene({ nodes: [7n, 8n, 9n], history: 0, appearMs: 2500 }, async (scene) => {
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '--yes']);
        assert.equal(code, 0, stderr);
        assert.deepEqual(toldEntries(stdout), ownEntries(scene));
      }),

    'what two operators did to one node at once is followed as both, and the worse counts': () =>
      withScene({ nodes: [7n], workMs: 1500 }, async (scene) => {
        // What the node was told before holds both up, so that the other's entry comes while ours is still open.
        for (let n = 0; n < 5; n++) {
          scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'reconfigure', configId: 42n } });
        }
        const run = scene.start([...RESTART, '--node', '7', '-o', 'json']).input();
        await run.said(/dispatched/);
        scene.sandbox.setTrouble(7n, 'reject');
        scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' }, nodes: [7n] });
        const { code, stdout, stderr } = await run.ended();
        assert.equal(code, 3, stderr);
        assert.match(stderr, /^warning: node 7 has more than one entry/m);
        const { nodes } = parseJson(stdout) as { nodes: Array<{ status: string; ambiguous: boolean }> };
        assert.deepEqual(
          nodes.map(({ status, ambiguous }) => [status, ambiguous]),
          [['rejected', true]],
        );
      }),

    'what another operator did before is not what a resumed command waits for': () =>
      withScene({ nodes: [7n], appearMs: 6000 }, async (scene) => {
        scene.sandbox.dispatchAsOther({ runtime: 'connectors', action: { verb: 'restart' } });
        const accepted = await scene.ldctl([...RESTART, '--node', '7', '--no-wait']);
        const resumed = await scene.shell(resumeIn(accepted));
        assert.equal(resumed.code, 0, resumed.stderr);
        assert.deepEqual(toldEntries(resumed.stdout), ownEntries(scene));
      }),
  });
});
