import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { complete, type Commands, type Stored } from '../../../src/cli/completion.js';

const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8')) as { commands: Commands };
const key = { store: 'command', command: ['vault'] } as const;
const seen = (value: string, note: string) => ({ value, note, at: 0 });

const STORED: Stored = {
  config: {
    current: 'prod',
    profiles: [
      { name: 'prod', tenant_id: 7n, deployment_id: 71n, deployment_name: 'old name', key },
      { name: 'test', tenant_id: 7n, deployment_id: 72n, deployment_name: 'twice', key },
      { name: 'bare', tenant_id: 7n, key },
    ],
  },
  seen: {
    activities: [seen('9001', '71 restart iggy, processing'), seen('9000', '72 stop iggy, completed')],
    nodes: [seen('100', '71'), seen('101', '71'), seen('200', '72')],
    deployments: [seen('73', 'twice'), seen('71', 'main')],
    keys: [seen('run-1', 'restart of iggy')],
  },
  env: {},
};

/** What is offered for the last word of a line. */
function offered(line: string, stored: Stored = STORED): string[] {
  return complete(line.split(' '), commands, stored).candidates.map(({ value }) => value);
}

describe('completion', () => {
  for (const [line, values] of [
    ['prof', ['profiles']],
    ['profiles ', ['add', 'list', 'remove', 'show', 'update', 'use']],
    ['--profile prod act', ['activities']],
    ['frobnicate ', []],
    ['activities frobnicate ', []],
    ['activities show ', ['9001']],
    ['activities show 9001 ', []],
    ['activities wait 9001 ', []],
    ['-p test activities wait ', ['9000']],
    ['activities -p test wait 9', ['9000']],
    ['activities trigger ', ['iggy', 'connectors']],
    ['activities trigger --yes ', ['iggy', 'connectors']],
    ['activities trigger -n 100 ', ['iggy', 'connectors']],
    ['activities trigger -n100 ', ['iggy', 'connectors']],
    ['activities trigger iggy re', ['restart', 'reconfigure:']],
    ['activities trigger iggy restart ', []],
    ['activities trigger iggy restart --if-busy ', ['ignore', 'wait', 'fail']],
    ['activities trigger iggy restart --no-w', ['--no-wait']],
    ['activities trigger iggy restart --timeout ', []],
    ['activities list --status processing --stat', ['--status']],
    ['activities list --utc --ut', []],
    ['activities list --runtime=i', ['--runtime=iggy']],
    ['activities list --status completed,', ['completed,processing', 'completed,rejected']],
    ['activities list --action rest', ['restart']],
    ['activities list --utc=', []],
    ['profiles use ', ['prod', 'test', 'bare']],
    ['profiles add ', []],
    ['profiles use prod ', []],
    ['-p t', ['test']],
    ['completion ', ['bash', 'zsh', 'fish', 'powershell']],
    ['help profiles u', ['update', 'use']],
    ['help ex', ['exit-codes']],
    ['activities trigger iggy restart --idempotency-key ', ['run-1']],
    // Two of one name can only be told apart by their ids.
    ['--deployment ', ['main', '72', '73']],
    ['--deployment 7', ['71', '72', '73']],
  ] as const) {
    it(`of "${line}" is ${values.join(' ') || 'nothing'}`, () => assert.deepEqual(offered(line), values));
  }

  describe('of nodes', () => {
    const line = (flags: string): string => `activities list${flags} -n `;
    for (const [what, flags, env, nodes] of [
      ['has those of the current profile', '', {}, ['100', '101']],
      ['has those of the profile that is named', ' --profile test', {}, ['200']],
      ['takes a profile that is named whole', ' --profile test', { LD_DEPLOYMENT_ID: '71' }, ['200']],
      ['has those of the profile of the environment', '', { LD_PROFILE: 'test' }, ['200']],
      ['has those of the deployment of the environment', '', { LD_DEPLOYMENT_ID: '72' }, ['200']],
      ['has those of the deployment that is named', ' --deployment main', { LD_DEPLOYMENT_ID: '72' }, ['100', '101']],
      ['has none of a deployment that has none', ' --deployment 99', {}, []],
      ['has all of them where the deployment is not known', ' --profile bare', {}, ['100', '101', '200']],
    ] as const) {
      it(what, () => assert.deepEqual(offered(line(flags), { ...STORED, env }), nodes));
    }

    it('leaves out those of the list that were typed', () => {
      assert.deepEqual(offered(`${line('')}100,`), ['100,101']);
    });
  });

  it('has files only where a file fits', () => {
    const then = (line: string): string => complete(line.split(' '), commands, STORED).then;
    assert.equal(then('activities trigger iggy restart --nodes-from '), 'files');
    assert.equal(then('activities trigger iggy restart --nodes-from=n'), 'files');
    assert.equal(then('sandbox exec -- '), 'files');
    assert.equal(then('whoami -- '), 'done');
    assert.equal(then('activities trigger iggy restart '), 'done');
    assert.equal(then('activities trigger iggy rec'), 'open');
  });

  it('says of groups and commands what they do, and of an activity what it was', () => {
    const topics = { activities: { description: 'Trigger actions.' } };
    const about = (line: string): string[] =>
      complete(line.split(' '), commands, STORED, topics).candidates.map((one) => one.about);
    assert.deepEqual(about('act'), ['Trigger actions.']);
    assert.deepEqual(about('profiles us'), [
      'Make a profile the current one: the one that is used when none is named.',
    ]);
    assert.deepEqual(about('activities show '), ['restart iggy, processing']);
  });
});
