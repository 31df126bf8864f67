import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { complete, type Completion } from '../../../src/cli/completion.js';
import { type Commands } from '../../../src/cli/host.js';

const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8')) as {
  commands: Commands;
};
const TOPICS = { activities: { description: 'Trigger actions.' } };
const VALUES: Readonly<Record<string, ReadonlyArray<readonly [string, string?]>>> = {
  ...{ profile: [['prod'], ['test']], NAME: [['prod'], ['test']] },
  ...{
    RUNTIME: [['iggy'], ['connectors']],
    ACTION: [['restart'], ['reconfigure:']],
    node: [['100'], ['101']],
    NODE: [['broker-1', '100'], ['101']],
  },
};

const completed = (line: string): Completion =>
  complete(line.split(' '), commands, TOPICS, (name) => VALUES[name] ?? []);

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
    ['activities trigger iggy re', 'restart reconfigure:'],
    ['activities trigger iggy restart ', ''],
    ['activities trigger iggy restart --if-busy ', 'ignore wait fail'],
    ['activities trigger iggy restart --no-w', '--no-wait'],
    ['activities trigger iggy restart --timeout ', ''],
    ['activities trigger iggy restart -n ', '100 101'],
    ['activities list --node=1', '--node=100 --node=101'],
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
    it(`of "${line}" is ${values || 'nothing'}`, () =>
      assert.equal(
        completed(line)
          .candidates.map(([value]) => value)
          .join(' '),
        values,
      ));
  }

  for (const [line, then] of [
    ['activities trigger iggy restart --nodes-from ', 'files'],
    ['activities trigger iggy restart --nodes-from=n', 'files'],
    ['sandbox exec -- ', 'files'],
    ['whoami -- ', 'done'],
    ['activities trigger iggy restart ', 'done'],
    ['activities trigger iggy rec', 'open'],
  ] as const) {
    it(`of "${line}" continues with ${then}`, () => assert.equal(completed(line).then, then));
  }

  it('says of each group, command and activity what it is', () => {
    const about = (line: string): unknown[] => completed(line).candidates.map(([, about]) => about);
    assert.deepEqual(about('act'), ['Trigger actions.']);
    assert.deepEqual(about('profiles us'), [commands['profiles:use']?.summary]);
    assert.deepEqual(about('nodes name b'), ['100']);
  });
});
