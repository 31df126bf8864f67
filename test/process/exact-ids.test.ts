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
const LIST = 'activities list --limit 0';

interface Target {
  node_id: bigint;
  activity_id: bigint | null;
  status: string;
}

describe('an id of 64 bits keeps every digit', () => {
  story(
    'from the flag to the request, the log, the table and JSON',
    { nodes: NODES },
    async (scene) => {
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
      const newest = done.at(-1)?.id;
      for (const [flags, shows, never] of [
        [
          `--node ${LARGEST}`,
          new RegExp(` 18446744073709551615 +${newest} `),
          /610809900976570889/,
        ],
        ['-o json', /"node_id":"18446744073709551615"[,}]/, /"node_id":\d/],
        ['-o csv --columns id,node', new RegExp(`^${newest},18446744073709551615$`, 'm'), /\d{21}/],
        [
          `-o ndjson --number-ids --node ${EXAMPLE}`,
          /"node_id":610809900976570889[,}]/,
          /570880|570900/,
        ],
      ] as const) {
        const listed = await scene.ends(0, `${LIST} ${flags}`);
        assert.match(listed.stdout, shows);
        assert.doesNotMatch(listed.stdout, never);
      }
      // The log knows them, and so does who waits for them.
      const ids = done.map(({ id }) => id);
      const waited = await scene.ends(0, `activities wait ${ids.join(' ')} -o json`);
      const { nodes: waitedFor } = parseJson(waited.stdout) as { nodes: Target[] };
      assert.deepEqual(new Set(waitedFor.map(({ activity_id: id }) => id)), new Set(ids));
    },
  );

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
  const troubles = { nodes: [7n, 8n, LARGEST], reject: [7n], missing: [LARGEST], history: 250 };
  // The schemas are held against the others.
  for (const format of ['yaml', 'csv'] as const) {
    story(
      `${format}, whatever the exit code, and with a whole log`,
      { ...troubles, order: 'asc' },
      async (scene) => {
        const command = `activities trigger iggy restart --node 7,8,${LARGEST} --appear-timeout 1s -o ${format}`;
        const { stdout } = await scene.ends(7, command);
        assert.deepEqual(targetsIn(format, stdout), [
          '7 rejected',
          '8 completed',
          `${LARGEST} missing`,
        ]);

        const value = readAs(format, (await scene.ends(0, `${LIST} -o ${format}`)).stdout);
        const isDocument = format === 'yaml';
        const items = (isDocument ? (value as { items: unknown[] }).items : value) as Array<{
          id: bigint | string;
        }>;
        const ids = items.map(({ id }) => BigInt(id));
        // Two of the three have an entry of the trigger.
        assert.equal(new Set(ids).size, 252);
        const newestFirst = ids.toSorted((a, b) => (a < b ? 1 : -1));
        assert.deepEqual(ids, newestFirst);
        if (isDocument) assert.equal((value as { total_results: bigint }).total_results, 252n);
      },
    );
  }
});
