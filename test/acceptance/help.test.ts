import assert from 'node:assert/strict';
import { story } from '../helpers/scene.js';

function assertNarrow(text: string): void {
  for (const line of text.split('\n').filter((one) => !one.startsWith('  $ '))) assert.ok(line.length <= 80, line);
}

describe('help', () => {
  story('of a command has its examples first, and names the global flags, in 80 columns', {}, async (scene) => {
    for (const asked of ['activities list -h', '-o json -h activities list', 'help activities list']) {
      const { stdout } = await scene.ends(0, asked);
      assert.deepEqual(stdout.match(/^[A-Z ]+$/gm), ['USAGE', 'EXAMPLES', 'FLAGS', 'DESCRIPTION', 'GLOBAL FLAGS']);
      assert.match(stdout, /^ {2}\$ ldctl activities list \[FLAGS\]$/m);
      const [, last = ''] = stdout.split('GLOBAL FLAGS\n');
      assert.match(last, /-p\/--profile, -d\/--deployment,[^]*`ldctl help global-flags`\n$/);
      assertNarrow(stdout);
    }
  });

  story('of a trigger fits 40 lines, with its flags in groups', {}, async (scene) => {
    const { stdout } = await scene.ends(0, 'activities trigger --help');
    assert.ok(stdout.trimEnd().split('\n').length <= 40, stdout);
    const groups = ['TARGET FLAGS', 'CONSENT FLAGS', 'FOLLOWING FLAGS', 'SCRIPTS FLAGS'];
    assert.deepEqual(stdout.match(/^[A-Z ]+ FLAGS$/gm), [...groups, 'GLOBAL FLAGS']);
  });

  story('on global flags and exit codes is in 80 columns', {}, async (scene) => {
    for (const [topic, lines] of [
      [
        'global-flags',
        [/^ {2}-o, --output table\|json\|yaml\|csv\|ndjson$/m, /^ {2}-p, --profile NAME {2,}The profile/m],
      ],
      ['exit-codes', [/^9 {5}a gate halted the roll {11}yes {13}look at the gate's output$/m]],
    ] as const) {
      const { stdout } = await scene.ends(0, `help ${topic}`);
      for (const line of lines) assert.match(stdout, line);
      assertNarrow(stdout);
    }
  });

  story('of ldctl itself shows three ways in, and every group; that of a group its commands', {}, async (scene) => {
    const root = await scene.ends(0, []);
    for (const way of ['sandbox exec -- bash', 'profiles add', 'activities trigger iggy restart'])
      assert.match(root.stdout, new RegExp(`^ {2}ldctl ${way}`, 'm'));
    for (const group of ['activities', 'deployments', 'nodes', 'profiles', 'sandbox'])
      assert.match(root.stdout, new RegExp(`^ {2}${group} {2,}\\w`, 'm'));
    for (const asked of ['profiles', 'help profiles', 'profiles --help'])
      assert.match((await scene.ends(0, asked)).stdout, /^ {2}profiles use +Make a profile the current one/m);
    const unknown = await scene.ends(2, 'help profil');
    assert.match(unknown.stderr, /there is no command profil\n.*Did you mean ldctl profiles\?/);
  });
});
