import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended } from '../../helpers/ldctl.js';
import { withScene, type Scene } from '../../helpers/scene.js';

/** libfaketime's library, which `npm run check:clock` finds: Linux only. */
const { FAKETIME = '' } = process.env;
/** A machine that is busy may take this much longer. */
const SLACK_MS = 20_000;

/**
 * Restarts the first node, and sets the wall clock of the process by this much once it has said
 * something.
 */
async function restart(
  scene: Scene,
  flags: string,
  said: RegExp,
  offset: '+1h' | '+10s',
): Promise<Ended> {
  assert.notEqual(FAKETIME, '', 'npm run check:clock says where libfaketime is');
  const file = join(scene.folder, 'offset');
  writeFileSync(file, '+0s\n');
  const clock = { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' };
  const args = `activities trigger iggy restart --node ${scene.nodes[0] ?? ''} ${flags}`;
  const run = scene.start(args, { ...clock, FAKETIME_DONT_FAKE_MONOTONIC: '1' }).input();
  await run.said(said);
  writeFileSync(file, `${offset}\n`);
  return run.ended();
}

describe('a wall clock that is set while ldctl runs', function () {
  this.timeout(180_000);

  it('moves no --timeout', () =>
    withScene({ stuck: [1] }, async (scene) => {
      const started = performance.now();
      const { code, stderr } = await restart(scene, '--timeout 6s', /processing/, '+1h');
      const tookMs = performance.now() - started;
      assert.equal(code, 8, stderr);
      assert.ok(tookMs > 6000 && tookMs < 6000 + SLACK_MS, `${tookMs} ms`);
    }));

  it('leaves 5 s between a lost POST and the next', () =>
    withScene({ dropPosts: 1, ignoreIdempotency: true, missing: [1] }, async (scene) => {
      const said = /before sending again/;
      const { code, stderr } = await restart(scene, '--appear-timeout 1s', said, '+10s');
      assert.equal(code, 7, stderr);
      const [first, second] = scene.posts;
      assert.ok(first && second, stderr);
      assert.ok(second.at - first.at >= 4900, `${second.at - first.at} ms`);
    }));
});
