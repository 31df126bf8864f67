import assert from 'node:assert/strict';
import { setTimeout as realSleep } from 'node:timers/promises';
import { nodeIds } from '../../src/sandbox/options.js';
import { withScene } from './scene.js';
import { parseJson } from './readers.js';

export interface Kill {
  nodes: number;
  /** From the start of the process. */
  killAfterMs: number;
  seed: number;
}

/**
 * Rolls over the nodes of a sandbox, two at a time; kills the process in the middle; starts it again with the same key.
 * @returns how many nodes had been acted on when it was killed
 * @throws AssertionError when a node was acted on twice, or was forgotten
 */
export async function killAndRepeat({ nodes, killAfterMs, seed }: Kill): Promise<number> {
  let before = 0;
  // The answer to a POST takes its time, so that many a kill falls between the request and the answer.
  await withScene({ nodes: nodeIds(nodes), workMs: 500, answerMs: 300, seed }, async (scene) => {
    const args = ['activities', 'roll', 'iggy', 'restart', '--max-unavailable', '2', '-o', 'json'];
    const roll = [...args, '--node', scene.nodes.join(','), '--idempotency-key', 'deploy-7', '--gate', 'sleep 0.2'];
    const killed = scene.start(roll).input();
    await Promise.race([realSleep(killAfterMs), killed.ended()]);
    killed.kill('SIGKILL');
    await killed.ended();
    before = scene.dispatched;

    const { code, stdout, stderr } = await scene.ldctl(roll);
    const about = `killed after ${killAfterMs} ms (seed ${seed}), with ${before} of ${nodes} nodes acted on\n${stderr}`;
    assert.equal(code, 0, about);
    const times = scene.sandbox.record.dispatches.flatMap(({ activities }) =>
      activities.map(({ node_id: node }) => node),
    );
    assert.deepEqual(times.sort(), [...scene.sandbox.nodeIds].sort(), about);
    const result = parseJson(stdout) as { nodes: Array<{ node_id: bigint; status: string; ambiguous: boolean }> };
    assert.deepEqual(
      result.nodes.map(({ node_id: node, status, ambiguous }) => ({ node, status, ambiguous })),
      scene.sandbox.nodeIds.map((node) => ({ node, status: 'completed', ambiguous: false })),
      about,
    );
  });
  return before;
}
