import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LDCTL } from '../helpers/ldctl.js';
import { story, type Scene } from '../helpers/scene.js';

const ONE = { nodes: [7n] };
const KEYED = 'activities trigger iggy restart --node 7 --idempotency-key k';

/** A record of a trigger that was sent, and what a run with its key says once it was changed. */
async function withRecord(scene: Scene, code: number, change: (path: string) => void) {
  await scene.ends(0, KEYED);
  const folder = join(scene.folder, 'config', 'runs');
  const name = readdirSync(folder).find((one) => /\.1$/.test(one)) ?? assert.fail('no record');
  change(join(folder, name));
  const { stderr } = await scene.ends(code, KEYED);
  assert.equal(scene.posts.length, 1);
  return stderr;
}

const makeFifo = (path: string): unknown => execFileSync('mkfifo', ['-m', '600', path]);

describe('what would be read forever', () => {
  story('is refused in place of the profiles', {}, async (scene) => {
    await scene.forget().ends(5, 'profiles use prod');
    execFileSync('mkdir', ['-p', '-m', '700', join(scene.folder, 'config')]);
    makeFifo(join(scene.folder, 'config', 'config.json'));
    for (const args of ['profiles list', 'activities list', 'whoami']) {
      const { stderr } = await scene.ends(2, args);
      assert.match(stderr, /^error: cannot read .+config\.json: it is not a regular file$/m);
      assert.match(stderr, /^hint: .+Move this away: mv ('?)(.+config\.json)\1 \1\2\.old\1$/m);
    }
  });

  story('is refused in place of a record', ONE, async (scene) => {
    const said = await withRecord(scene, 7, (path) => {
      rmSync(path);
      makeFifo(path);
    });
    assert.match(said, /^error: the record of an earlier run is broken: .+\.1$/m);
  });

  story('is no record with a number that cannot be counted on from', ONE, async (scene) => {
    const said = await withRecord(scene, 7, (path) => renameSync(path, `${path}${'0'.repeat(20)}`));
    assert.match(said, /^error: the record of an earlier run is broken/m);
  });
});

// A single executable takes no code that is loaded before it.
if (LDCTL.endsWith('.js')) {
  describe('a user without a home', () => {
    story('acts, and says so only where a folder is needed', ONE, async (scene) => {
      const preload = join(scene.folder, 'no-home.cjs');
      const thrown = `Object.assign(new Error('ENOENT'), { syscall: 'uv_os_homedir', code: 'ERR' })`;
      writeFileSync(
        preload,
        `require('os').homedir = () => { if (process.env.HOME === undefined) throw ${thrown}; return process.env.HOME; };\n`,
      );
      Object.assign(scene.env, { LDCTL_CONFIG_DIR: undefined, HOME: '' });
      scene.env.NODE_OPTIONS = `--require "${preload}"`;
      await scene.ends(0, 'activities trigger iggy restart --node 7');
      for (const args of [KEYED, 'profiles add prod --api-key-stdin']) {
        const { stderr } = await scene.ends(2, args);
        assert.match(
          stderr,
          /^error: cannot (read|write) \/dev\/null\/HOME-is-not-set\/.* not a dir/m,
        );
        assert.match(stderr, /^hint: .*LDCTL_CONFIG_DIR can set another folder\.$/m);
      }
      assert.equal(scene.dispatched, 1);
      assert.ok(!existsSync('.cache'));
    });
  });
}
