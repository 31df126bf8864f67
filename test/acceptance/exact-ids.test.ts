import assert from 'node:assert/strict';
import { resumeIn, withScene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { parseJson } from '../helpers/readers.js';

/** The example of the vendor's own page between what a JavaScript number makes of it, and the largest. */
const NODES = [610809900976570880n, 610809900976570889n, 610809900976570900n, 18446744073709551615n];
const [, EXAMPLE, , LARGEST] = NODES;
const LIST = ['activities', 'list', '--limit', '0'];

describe('an id of 64 bits keeps every digit', function () {
  this.timeout(300_000);

  sideBySide({
    'from the flag to the request, the log, the table and JSON': () =>
      withScene({ nodes: NODES }, async (scene) => {
        const args = ['activities', 'trigger', 'iggy', 'restart', '--node', `${LARGEST},${EXAMPLE}`, '-o', 'json'];
        const { code, stdout, stderr } = await scene.ldctl(args);
        assert.equal(code, 0, stderr);
        assert.deepEqual(
          scene.posts.map(({ body }) => body),
          ['{"nodes":[610809900976570889,18446744073709551615]}'],
        );
        assert.match(stderr, /^\S+ 610809900976570889 activity \d+ completed/m);
        assert.match(stderr, /^\S+ 18446744073709551615 activity \d+ completed/m);

        const { nodes } = parseJson(stdout) as { nodes: Array<{ node_id: bigint; activity_id: bigint }> };
        const done = scene.sandbox.record.dispatches.flatMap(({ activities }) => activities);
        assert.deepEqual(
          new Map(nodes.map(({ node_id, activity_id }) => [node_id, activity_id])),
          new Map(done.map(({ node_id, id }) => [node_id, id])),
        );
        const [newest] = done.map(({ id }) => id).reverse();

        const [table, json, csv, ndjson] = await Promise.all([
          scene.ldctl([...LIST, '--node', `${LARGEST}`]),
          scene.ldctl([...LIST, '-o', 'json']),
          scene.ldctl([...LIST, '-o', 'csv', '--columns', 'id,node']),
          scene.ldctl([...LIST, '-o', 'ndjson', '--number-ids', '--node', `${EXAMPLE}`]),
        ]);
        assert.match(table.stdout, new RegExp(`^${newest} +18446744073709551615 `, 'm'));
        assert.doesNotMatch(table.stdout, /610809900976570889/);
        assert.match(json.stdout, /"node_id":"18446744073709551615"[,}]/);
        assert.match(json.stdout, /"node_id":"610809900976570889"[,}]/);
        assert.match(csv.stdout, new RegExp(`^${newest},18446744073709551615$`, 'm'));
        assert.match(ndjson.stdout, /"node_id":610809900976570889[,}]/);
        assert.doesNotMatch(ndjson.stdout, /570880|570900/);
      }),

    'in the config of a reconfigure, in its path and in the command that goes on with it': () =>
      withScene({ nodes: NODES, bareReconfigure: true }, async (scene) => {
        const action = ['activities', 'trigger', 'connectors', 'reconfigure:18446744073709551615'];
        const accepted = await scene.ldctl([...action, '--node', `${EXAMPLE}`, '--no-wait']);
        assert.equal(accepted.code, 0, accepted.stderr);
        assert.deepEqual(
          scene.posts.map(({ path }) => path),
          [`/deployments/${scene.sandbox.deploymentId}/activities/connectors/reconfigure:18446744073709551615`],
        );
        assert.match(resumeIn(accepted), / --action reconfigure:18446744073709551615 --node 610809900976570889$/);
        const resumed = await scene.shell(resumeIn(accepted));
        assert.equal(resumed.code, 0, resumed.stderr);
      }),

    'in the ids of activities to wait for': () =>
      withScene({ nodes: NODES, workMs: 2000 }, async (scene) => {
        const done = scene.sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' } });
        const ids = done.activities.map(({ id }) => id);
        const { code, stdout, stderr } = await scene.ldctl(['activities', 'wait', ...ids.map(String), '-o', 'json']);
        assert.equal(code, 0, stderr);
        const { nodes } = parseJson(stdout) as { nodes: Array<{ node_id: bigint; activity_id: bigint }> };
        assert.deepEqual(
          nodes.map(({ node_id, activity_id }) => [activity_id, node_id]),
          done.activities.map(({ id, node_id }) => [id, node_id]),
        );
      }),
  });
});
