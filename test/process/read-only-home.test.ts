import assert from 'node:assert/strict';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ldctl, type Ended } from '../helpers/ldctl.js';
import { describeOnPosix } from '../helpers/platform.js';
import { endsWith, story, wordsOf, type Scene } from '../helpers/scene.js';

/** No mode keeps root out. Without these rights of root, modes hold for it as for anybody. */
const RIGHTS = '-dac_override,-dac_read_search';
const AS_ANYBODY =
  process.geteuid?.() === 0
    ? ['setpriv', `--bounding-set=${RIGHTS}`, `--inh-caps=${RIGHTS}`, '--']
    : [];

const addProfile = (name: string): string[] => [
  ...wordsOf(`profiles add ${name} --deployment sandbox --key-store file`),
];

describeOnPosix('in a home that cannot be written', 'it keeps no modes', () => {
  function run(scene: Scene, code: number, args: readonly string[]): Promise<Ended> {
    const [program = '', ...words] = [...AS_ANYBODY, ...ldctl(...args)];
    return endsWith(code, scene.spawn(program, words).input());
  }

  const trigger = ['activities', 'trigger', 'iggy', 'restart', '--node', '610809900976570889'];
  const keyed = [...trigger, '--idempotency-key', 'deploy-7'];

  story('a profile can be used, and nothing is added, changed or recorded', {}, async (scene) => {
    const config = join(scene.folder, 'config');
    await scene.ends(0, addProfile('prod'));
    chmodSync(config, 0o500);
    for (const args of [addProfile('test'), wordsOf('profiles use prod'), keyed]) {
      const { stderr } = await run(scene, 2, args);
      assert.match(stderr, /error: cannot write .*config.*: permission denied/);
      assert.match(stderr, /hint: .*LDCTL_CONFIG_DIR can set another folder/);
    }
    // Only the profile says where to.
    scene.forget();
    for (const command of ['activities list', 'whoami']) {
      const { stderr } = await run(scene, 0, wordsOf(command));
      assert.doesNotMatch(stderr, /cannot write|permission/);
    }
    assert.deepEqual(readdirSync(config), ['config.json']);
    assert.deepEqual(scene.posts, []);

    // What cannot be read is not the same as none.
    chmodSync(join(config, 'config.json'), 0);
    const { stderr } = await run(scene, 2, wordsOf('activities list'));
    assert.match(stderr, /^error: cannot read .*config\.json: permission denied/);
    chmodSync(config, 0o700);
  });
});
