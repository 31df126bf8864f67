import assert from 'node:assert/strict';
import { setTimeout as realSleep } from 'node:timers/promises';
import { seededRandom } from '../../src/sandbox/tenant.js';
import { until, withScene, type Scene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { parseJson } from '../helpers/readers.js';

const RESTART = ['activities', 'trigger', 'iggy', 'restart'];

interface Result {
  outcome: string;
  idempotency_key: string;
  replayed: boolean;
  recovered: boolean;
  nodes: Array<{ node_id: bigint; activity_id: bigint; status: string }>;
}

const resultOf = (stdout: string): Result => parseJson(stdout) as Result;

/** How often an action was carried out on a node. */
function timesActedOn({ sandbox }: Scene, node: bigint): number {
  const done = sandbox.record.dispatches.flatMap(({ activities }) => activities);
  return done.filter(({ node_id }) => node_id === node).length;
}

const KILLS = 5;
/** From before the POST to after the first polls; the server takes its time to answer (`answerMs`). */
const LATEST_KILL_MS = 1600;

/** With `idempotency: off` the server does what is sent twice twice: there it is for ldctl alone to see to it. */
describe('an action is carried out at most once', function () {
  this.timeout(300_000);

  sideBySide({
    'when the answer to the POST is lost: the log tells that it was accepted': () =>
      withScene({ dropPosts: 1 }, async (scene) => {
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '--node', `${scene.nodes[0]}`, '-o', 'json']);
        assert.equal(code, 0, stderr);
        const { outcome, recovered } = resultOf(stdout);
        assert.deepEqual([outcome, recovered], ['completed', true]);
        assert.equal(scene.dispatched, 1);
        assert.equal(scene.posts.length, 1);
      }),

    'when the answer is lost and the server ignores idempotency keys': () =>
      withScene({ dropPosts: 1, ignoreIdempotency: true, appearMs: 3000 }, async (scene) => {
        const { code, stdout, stderr } = await scene.ldctl([...RESTART, '--yes', '-o', 'json']);
        assert.equal(code, 0, stderr);
        const { outcome, recovered } = resultOf(stdout);
        assert.deepEqual([outcome, recovered], ['completed', true]);
        assert.equal(scene.dispatched, 1);
      }),

    'when a run with the same key is repeated: the second follows the first to the same end': () =>
      withScene({ ignoreIdempotency: true }, async (scene) => {
        scene.sandbox.setTrouble(scene.sandbox.nodeIds[1] ?? 0n, 'reject');
        const args = [...RESTART, '--yes', '--idempotency-key', 'deploy-7', '-o', 'json'];
        const first = await scene.ldctl(args);
        const second = await scene.ldctl(args);
        assert.equal(first.code, 3, first.stderr);
        assert.equal(second.code, 3, second.stderr);
        assert.deepEqual(resultOf(second.stdout).nodes, resultOf(first.stdout).nodes);
        assert.equal(resultOf(second.stdout).idempotency_key, 'deploy-7');
        assert.equal(scene.dispatched, 1);
      }),

    'when the key is any text, such as the name of a job': () =>
      withScene({ ignoreIdempotency: true }, async (scene) => {
        const keys = ['build and test', 'ключ 🦀', '~', 'two\nlines', '../../runs', 'é', 'e\u0301'];
        const twice = async (key: string): Promise<void> => {
          const command = [
            ...RESTART,
            '--node',
            `${scene.nodes[0]}`,
            '--idempotency-key',
            key,
            '--no-wait',
            '-o',
            'json',
          ];
          for (const end of [await scene.ldctl(command), await scene.ldctl(command)]) {
            assert.equal(end.code, 0, end.stderr);
            assert.equal(resultOf(end.stdout).idempotency_key, key);
          }
        };
        await Promise.all(keys.map(twice));
        assert.equal(scene.dispatched, keys.length);
        const sent = scene.posts.map(({ idempotency_key: key }) => key ?? '');
        assert.equal(sent.filter((key) => /^~[\w-]{43}\.[0-9a-f]{32}$/.test(key)).length, keys.length - 1);
      }),

    'when it is repeated on a machine that knows nothing of the first': () =>
      withScene({}, async (scene) => {
        const args = [...RESTART, '--node', `${scene.nodes[0]}`, '--idempotency-key', 'deploy-7', '-o', 'json'];
        const first = await scene.ldctl(args);
        const second = await scene.ldctl(args, { LDCTL_CONFIG_DIR: `${scene.folder}/another` });
        assert.equal(first.code, 0, first.stderr);
        assert.equal(second.code, 0, second.stderr);
        assert.equal(resultOf(second.stdout).replayed, true);
        assert.deepEqual(resultOf(second.stdout).nodes, resultOf(first.stdout).nodes);
        assert.equal(scene.dispatched, 1);
      }),

    'when three runs with the same key begin together': () =>
      withScene({ ignoreIdempotency: true, answerMs: 300 }, async (scene) => {
        const args = [...RESTART, '--node', `${scene.nodes[0]}`, '--idempotency-key', 'deploy-7', '-o', 'json'];
        const ends = await Promise.all([scene.ldctl(args), scene.ldctl(args), scene.ldctl(args)]);
        for (const { code, stderr } of ends) assert.equal(code, 0, stderr);
        const [first, ...others] = ends.map(({ stdout }) => resultOf(stdout).nodes);
        for (const nodes of others) assert.deepEqual(nodes, first);
        assert.equal(scene.dispatched, 1);
      }),

    'and the same key for other nodes, or another action, is another trigger': () =>
      withScene({}, async (scene) => {
        const key = ['--idempotency-key', 'deploy-7', '--no-wait'];
        const node = (index: number): string[] => ['--node', `${scene.nodes[index]}`];
        const ends = [
          await scene.ldctl([...RESTART, ...node(0), ...key]),
          await scene.ldctl([...RESTART, ...node(1), ...key]),
          await scene.ldctl(['activities', 'trigger', 'iggy', 'stop', ...node(0), ...key]),
        ];
        for (const { code, stderr } of ends) assert.equal(code, 0, stderr);
        assert.equal(scene.dispatched, 3);
        assert.equal(new Set(scene.posts.map(({ idempotency_key }) => idempotency_key)).size, 3);
      }),

    [`when it is killed at any of ${KILLS} moments, and started again with the same key`]: () => {
      const random = seededRandom(3);
      const moments = Array.from({ length: KILLS }, () => random() * LATEST_KILL_MS);
      const nodes = moments.map((_, index) => BigInt(index + 1));
      return withScene({ ignoreIdempotency: true, nodes, answerMs: 400, workMs: 500 }, async (scene) => {
        const killAndRepeat = async (afterMs: number, node: bigint): Promise<void> => {
          const args = [...RESTART, '--node', `${node}`, '--idempotency-key', `deploy-${node}`, '-o', 'json'];
          const killed = scene.start(args).input();
          await killed.said(/idempotency key/);
          await realSleep(afterMs);
          killed.kill('SIGKILL');
          await killed.ended();
          const { code, stdout, stderr } = await scene.ldctl(args);
          assert.equal(code, 0, stderr);
          assert.deepEqual(
            resultOf(stdout).nodes.map(({ node_id }) => node_id),
            [node],
          );
          assert.equal(timesActedOn(scene, node), 1, `killed ${afterMs} ms after the baseline`);
        };
        await Promise.all(moments.map((afterMs, index) => killAndRepeat(afterMs, nodes[index] ?? 0n)));
      });
    },

    'when it is killed before it could send anything': () =>
      withScene({}, async (scene) => {
        const args = [...RESTART, '--node', `${scene.nodes[0]}`, '--idempotency-key', 'deploy-7'];
        const killed = scene.start(args).input();
        await until('its first read', () => scene.sandbox.record.reads > 0);
        killed.kill('SIGKILL');
        await killed.ended();
        const { code, stderr } = await scene.ldctl(args);
        assert.equal(code, 0, stderr);
        assert.equal(scene.dispatched, 1);
      }),
  });
});
