import assert from 'node:assert/strict';
import { withScene } from '../helpers/scene.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { goOn, STOP_AFTER_CLAIM } from '../helpers/stop-after-claim.js';
import { parseJson } from '../helpers/readers.js';

/** With `idempotency: off` the server does what is sent twice twice: there it is for ldctl alone to see to it. */
describe('a run that is stopped between its journal record and its first POST', function () {
  this.timeout(300_000);

  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  sideBySide({
    'sends nothing when it goes on, if another run with its key was accepted meanwhile': () =>
      withScene({ ignoreIdempotency: true }, async (scene) => {
        const node = String(scene.nodes[0]);
        const args = [
          'activities',
          'trigger',
          'iggy',
          'restart',
          '--node',
          node,
          '--idempotency-key',
          'deploy-7',
          '-o',
          'json',
        ];
        const stopped = scene.start(args, STOP_AFTER_CLAIM).input();
        await stopped.said(/^stopped$/m);
        assert.equal(scene.posts.length, 0);

        const other = await scene.ldctl(args);
        assert.equal(other.code, 0, other.stderr);
        assert.equal(scene.posts.length, 1);

        const { code, stdout, stderr } = await goOn(stopped);
        assert.equal(code, 0, stderr);
        assert.equal(scene.posts.length, 1, stderr);
        const nodesOf = (text: string): unknown => (parseJson(text) as { nodes: unknown }).nodes;
        assert.deepEqual(nodesOf(stdout), nodesOf(other.stdout));
      }),

    'sends once when it goes on, if there was no other run': () =>
      withScene({ ignoreIdempotency: true }, async (scene) => {
        const args = [
          'activities',
          'trigger',
          'iggy',
          'restart',
          '--node',
          String(scene.nodes[0]),
          '--idempotency-key',
          'deploy-7',
        ];
        const stopped = scene.start(args, STOP_AFTER_CLAIM).input();
        await stopped.said(/^stopped$/m);
        const { code, stderr } = await goOn(stopped);
        assert.equal(code, 0, stderr);
        assert.equal(scene.posts.length, 1);
      }),
  });
});
