import assert from 'node:assert/strict';
import { parseJson, readAs, type DataFormat } from '../helpers/readers.js';
import { endsWith, resumeIn, story } from '../helpers/scene.js';

/**
 * The example of the vendor's own page between what a JavaScript number makes of it, and the
 * largest.
 */
const EXAMPLE = 610809900976570889n;
const LARGEST = 18446744073709551615n;
const NODES = [610809900976570880n, EXAMPLE, 610809900976570900n, LARGEST];

interface Target {
  node_id: bigint;
  activity_id: bigint | null;
  status: string;
}

describe('an id of 64 bits keeps every digit', () => {
  story('from the flag to the request and JSON', { nodes: NODES }, async (scene) => {
    const command = `activities trigger iggy restart --node ${LARGEST},${EXAMPLE} -o json`;
    const { stdout, stderr } = await scene.ends(0, command);
    assert.deepEqual(scene.bodies, ['{"nodes":[610809900976570889,18446744073709551615]}']);
    assert.match(stderr, /^\S+ 610809900976570889 activity \d+ completed/m);
    const { nodes } = parseJson(stdout) as { nodes: Target[] };
    const done = scene.dispatches.flatMap(({ activities }) => activities);
    assert.deepEqual(
      new Map(nodes.map(({ node_id, activity_id }) => [node_id, activity_id])),
      new Map(done.map(({ node_id, id }) => [node_id, id])),
    );
  });

  story(
    'in the config of a reconfigure, its path and the command that continues',
    { nodes: NODES },
    async (scene) => {
      const command = `activities trigger connectors reconfigure:${LARGEST} --node ${EXAMPLE} --no-wait`;
      const accepted = await scene.ends(0, command);
      // A server may store it without its config.
      for (const { activities } of scene.dispatches) {
        for (const activity of activities) Object.assign(activity, { action: 'reconfigure' });
      }
      const path = `/deployments/${scene.sandbox.deploymentId}/activities/connectors/reconfigure:18446744073709551615`;
      assert.equal(scene.posts[0]?.path, path);
      assert.match(
        resumeIn(accepted),
        / --action reconfigure:18446744073709551615 --node 610809900976570889$/,
      );
      await endsWith(0, scene.shell(resumeIn(accepted)));
    },
  );
});

/** `node status` of every target, out of what was printed. */
function targetsIn(format: DataFormat, stdout: string): string[] {
  const value = readAs(format, stdout);
  if (format === 'csv') {
    return (value as Array<{ node: string; status: string }>).map(
      ({ node, status }) => `${node} ${status}`,
    );
  }
  return (value as { nodes: Target[] }).nodes.map(({ node_id, status }) => `${node_id} ${status}`);
}

describe('stdout is in the format that was asked for', () => {
  const troubles = { nodes: [7n, 8n, LARGEST], reject: [7n], missing: [LARGEST] };
  // The schemas are held against the others.
  for (const format of ['yaml', 'csv'] as const) {
    story(`${format}, whatever the exit code`, troubles, async (scene) => {
      const command = `activities trigger iggy restart --node 7,8,${LARGEST} --appear-timeout 1s -o ${format}`;
      const { stdout } = await scene.ends(7, command);
      assert.deepEqual(targetsIn(format, stdout), [
        '7 rejected',
        '8 completed',
        `${LARGEST} missing`,
      ]);
    });
  }
});
