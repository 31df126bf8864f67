import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Commands } from '../../../src/cli/line/argv.js';
import { complete } from '../../../src/cli/line/completion.js';

const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8')) as {
  commands: Commands;
};
const TOPICS = { activities: { description: 'Trigger actions.' } };
const VALUES: Readonly<Record<string, ReadonlyArray<readonly [string, string?]>>> = {
  ...{ profile: [['prod'], ['test']], name: [['prod'], ['test']] },
  ...{ runtime: [['iggy'], ['connectors']], action: [['restart'], ['reconfigure']] },
  node: [['broker-1', '100'], ['101']],
};

async function completed(line: string) {
  const found = await complete(line.split(' '), commands, TOPICS, (name) => VALUES[name] ?? []);
  assert.ok(found !== 'files', 'it is files');
  return found;
}

describe('completion', () => {
  for (const [line, values] of [
    ['prof', 'profiles'],
    ['profiles ', 'add list remove show update use'],
    ['--profile prod act', 'activities'],
    ['frobnicate ', ''],
    ['activities frobnicate ', ''],
    ['activities show ', ''],
    ['activities -p test trigger c', 'connectors'],
    ['activities trigger ', 'iggy connectors'],
    ['activities trigger --yes ', 'iggy connectors'],
    ['activities trigger -n 100 ', 'iggy connectors'],
    ['activities trigger -n100 ', 'iggy connectors'],
    ['activities trigger iggy re', 'restart reconfigure'],
    ['activities trigger iggy restart ', ''],
    ['activities wait -- ', ''],
    ['whoami -- ', ''],
    ['activities trigger iggy restart --if-busy ', 'ignore wait fail'],
    ['activities trigger iggy restart --no-w', '--no-wait'],
    ['activities trigger iggy restart --timeout ', ''],
    ['activities trigger iggy restart -n ', 'broker-1 101'],
    ['activities list --node=1', '--node=101'],
    ['activities trigger iggy restart -n 101,', '101,broker-1'],
    ['nodes list -p prod,', 'prod,test'],
    ['nodes list --profile=prod,t', '--profile=prod,test'],
    ['nodes list -p prod,test,', ''],
    ['activities trigger -p prod,', ''],
    ['nodes name ', 'broker-1 101'],
    ['nodes name 101 ', ''],
    ['activities list --utc=', ''],
    ['profiles use ', 'prod test'],
    ['profiles use prod ', ''],
    ['profiles add ', ''],
    ['-p t', 'test'],
    ['completion ', 'bash zsh fish powershell'],
    ['help profiles u', 'update use'],
  ] as const) {
    it(`of "${line}" is ${values || 'nothing'}`, async () =>
      assert.equal((await completed(line)).map(([value]) => value).join(' '), values));
  }

  for (const line of ['sandbox exec -- ']) {
    it(`of "${line}" is files`, async () =>
      assert.equal(await complete(line.split(' '), commands, TOPICS, () => []), 'files'));
  }

  it('says of each group, command and activity what it is', async () => {
    const about = async (line: string) => (await completed(line)).map(([, about]) => about);
    assert.deepEqual(await about('act'), ['Trigger actions.']);
    assert.deepEqual(await about('profiles us'), [commands['profiles:use']?.summary]);
    assert.deepEqual(await about('nodes name b'), ['100']);
  });
});
