import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Run } from '../helpers/ldctl.js';
import { withScene, type Scene } from '../helpers/scene.js';

/** libfaketime's library, which `npm run check:clock` finds. */
const { FAKETIME = '' } = process.env;
/** A machine that is busy may take this much longer. */
const SLACK_MS = 20_000;

/** A restart of the first node, in a process whose wall clock can be set while it runs. */
class ClockedRun {
  readonly run: Run;
  readonly #file: string;

  constructor(scene: Scene, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#file = join(scene.folder, 'offset');
    this.set('+0s');
    const clock = {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    const restart = ['activities', 'trigger', 'iggy', 'restart', '--node', String(scene.nodes[0])];
    this.run = scene.start([...restart, ...args], { ...clock, ...env }).input();
  }

  /** @param offset from the true time, such as `-1h` */
  set(offset: string): void {
    writeFileSync(this.#file, `${offset}\n`);
  }
}

/** Linux only, with libfaketime: run by `npm run check:clock`. */
describe('a wall clock that is set while ldctl runs', function () {
  this.timeout(180_000);

  before(() => assert.notEqual(FAKETIME, '', 'npm run check:clock says where libfaketime is'));

  for (const offset of ['-1h', '+1h']) {
    it(`by ${offset}: moves no --timeout`, () =>
      withScene({}, async (scene) => {
        scene.sandbox.setTrouble(scene.sandbox.nodeIds[0] ?? 0n, 'stuck');
        const clocked = new ClockedRun(scene, ['--timeout', '6s']);
        await clocked.run.said(/processing/);
        const start = performance.now();
        clocked.set(offset);
        const { code, stderr } = await clocked.run.ended();
        const tookMs = performance.now() - start;
        assert.equal(code, 8, stderr);
        assert.ok(tookMs > 3000 && tookMs < 6000 + SLACK_MS, `${tookMs} ms`);
      }));
  }

  it('by +10s: leaves 5 s between a lost POST and the next', () =>
    withScene({ dropPosts: 1, ignoreIdempotency: true }, async (scene) => {
      scene.sandbox.setTrouble(scene.sandbox.nodeIds[0] ?? 0n, 'missing');
      const clocked = new ClockedRun(scene, ['--appear-timeout', '1s']);
      await clocked.run.said(/before anything is sent again/);
      clocked.set('+10s');
      const { code, stderr } = await clocked.run.ended();
      assert.equal(code, 7, stderr);
      const [first, second] = scene.posts;
      assert.ok(first && second, stderr);
      assert.ok(second.at - first.at >= 4900, `${second.at - first.at} ms`);
    }));
});
