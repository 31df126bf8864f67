import assert from 'node:assert/strict';
import { withScene } from '../helpers/scene.js';

describe('help', function () {
  this.timeout(60_000);

  it('of a command has its examples first, and names the global flags, in 80 columns', () =>
    withScene({}, async (scene) => {
      for (const asked of [
        ['activities', 'list', '-h'],
        ['-o', 'json', '-h', 'activities', 'list'],
        ['help', 'activities', 'list'],
      ]) {
        const { code, stdout, stderr } = await scene.ldctl(asked);
        assert.equal(code, 0, stderr);
        assert.deepEqual(stdout.match(/^[A-Z ]+$/gm), ['USAGE', 'EXAMPLES', 'FLAGS', 'DESCRIPTION', 'GLOBAL FLAGS']);
        assert.match(stdout, /^ {2}\$ ldctl activities list \[FLAGS\]$/m);
        const [, last = ''] = stdout.split('GLOBAL FLAGS\n');
        assert.match(last, /-p\/--profile, -d\/--deployment,[^]*`ldctl help global-flags`\n$/);
        for (const line of stdout.split('\n').filter((one) => !one.startsWith('  $ ')))
          assert.ok(line.length <= 80, line);
      }
    }));

  it('on global flags has each of them, in 80 columns', () =>
    withScene({}, async (scene) => {
      const { code, stdout } = await scene.ldctl(['help', 'global-flags']);
      assert.equal(code, 0);
      assert.match(stdout, /^ {2}-o, --output table\|json\|yaml\|csv\|ndjson$/m);
      assert.match(stdout, /^ {2}-p, --profile NAME {2,}The profile/m);
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
    }));

  it('of ldctl itself shows three ways in, and every group; that of a group its commands', () =>
    withScene({}, async (scene) => {
      const root = await scene.ldctl([]);
      assert.equal(root.code, 0, root.stderr);
      for (const way of ['sandbox exec -- bash', 'profiles add', 'activities trigger iggy restart']) {
        assert.match(root.stdout, new RegExp(`^ {2}ldctl ${way}`, 'm'));
      }
      for (const group of ['activities', 'deployments', 'nodes', 'profiles', 'sandbox']) {
        assert.match(root.stdout, new RegExp(`^ {2}${group} {2,}\\w`, 'm'));
      }
      for (const asked of [['profiles'], ['help', 'profiles'], ['profiles', '--help']]) {
        const { code, stdout } = await scene.ldctl(asked);
        assert.equal(code, 0);
        assert.match(stdout, /^ {2}profiles use +Make a profile the current one/m);
      }
      const { code, stderr } = await scene.ldctl(['help', 'profil']);
      assert.equal(code, 2);
      assert.match(stderr, /there is no command profil\n.*Did you mean ldctl profiles\?/);
    }));

  it('of a trigger fits 40 lines, with its flags in groups', () =>
    withScene({}, async (scene) => {
      const { stdout } = await scene.ldctl(['activities', 'trigger', '--help']);
      assert.ok(stdout.trimEnd().split('\n').length <= 40, stdout);
      const groups = ['TARGET FLAGS', 'CONSENT FLAGS', 'FOLLOWING FLAGS', 'SCRIPTS FLAGS'];
      assert.deepEqual(stdout.match(/^[A-Z ]+ FLAGS$/gm), [...groups, 'GLOBAL FLAGS']);
    }));
});
