import assert from 'node:assert/strict';
import { itOnPosix } from '../../helpers/platform.js';
import { blocksOf, commandsOf, firstDifference } from '../../helpers/docs.js';

const page = (...lines: string[]): string => lines.join('\n');

describe('reading the blocks of a page', () => {
  it('gives each its place, its language and the marks right before it', () => {
    const text = page('# A', '<!-- sandbox: --nodes 4 -->', '<!-- needs: jq -->', '```sh', 'ldctl whoami', '```', '```ts', '```');
    const [first, second] = blocksOf('a.md', text);
    assert.deepEqual(first, {
      where: 'a.md:4',
      language: 'sh',
      lines: ['ldctl whoami'],
      marks: new Map([['sandbox', '--nodes 4'], ['needs', 'jq']]),
    });
    assert.deepEqual([second?.where, second?.language, second?.marks.size], ['a.md:7', 'ts', 0]);
  });

  it('refuses a mark that no block follows, and a block without an end', () => {
    assert.throws(() => blocksOf('a.md', page('<!-- not run: why -->', '', '```sh', '```')), /a\.md:2: a mark/);
    assert.throws(() => blocksOf('a.md', page('```sh', 'ldctl')), /a\.md:1: a block without an end/);
  });

  itOnPosix('takes a script apart into commands, which may go on in the next line', 'it has no sh', () => {
    const lines = ['ldctl a \\', '  --b  # exit 3: so it is', '', 'for x in 1 2; do', '  echo "$x"', 'done'];
    assert.deepEqual(
      commandsOf({ language: 'sh', lines }).map(({ text, exitCode }) => [text, exitCode]),
      [['ldctl a \\\n  --b  # exit 3: so it is', 3], ['for x in 1 2; do\n  echo "$x"\ndone', 0]],
    );
  });

  it('takes a transcript apart into commands, their output, and the exit code that is asked for', () => {
    const lines = ['$ ldctl a \\', '> --b', 'no', '$ echo $?', '3', '$ ldctl c'];
    assert.deepEqual(commandsOf({ language: 'console', lines }), [
      { text: 'ldctl a \\\n--b', output: ['no'], exitCode: 3 },
      { text: 'echo $?', output: ['3'], exitCode: 0 },
      { text: 'ldctl c', output: [], exitCode: 0 },
    ]);
  });
});

describe('comparing what is shown with what is printed', () => {
  const same = (shown: string[], printed: string[]): boolean => firstDifference(shown, printed) === null;

  it('lets ids of activities, times, durations and the widths of columns differ', () => {
    assert.ok(same(['7301845022003200541  iggy  4.2s'], ['7301845022003209999    iggy  1m 2s']));
    assert.ok(same(['on 2026-11-25 16:18:06'], ['on 2027-01-01 00:00:00']));
    assert.ok(same(['key 084ea31b-75d7-4d1d-bf72-550529c45387'], ['key 98c8bd48-c089-4bef-8e4d-e511ebd8b15a']));
  });

  it('lets no word, no node, no count, no column and no line differ', () => {
    assert.ok(!same(['iggy  completed'], ['iggy  rejected']));
    assert.ok(!same(['610809900976570889  iggy'], ['610809900976570890  iggy']));
    assert.ok(!same(['✓ 2 of 3 nodes'], ['✓ 3 of 3 nodes']));
    assert.ok(!same(['NODE  STATUS'], ['NODE  STATUS  TOOK']));
    assert.ok(!same(['a', 'b'], ['a']));
    assert.ok(!same(['a'], ['a', 'b']));
    assert.ok(!same(['a b'], ['a  b']));
  });

  it('takes … for any text, and alone in a line for any lines', () => {
    assert.ok(same(['wait 1 …', '…', 'end'], ['wait 1 2 3', 'x', 'y', 'end']));
    assert.ok(same(['a', '…', 'b'], ['a', 'b']));
    assert.ok(same(['a', '…'], ['a', 'b', 'c']));
    assert.ok(!same(['a', '…', 'c'], ['a', 'b']));
  });
});
