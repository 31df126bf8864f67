import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { commandLine, nodeFlags } from '../../../src/library/resume-command.js';
import { LdctlError } from '../../../src/core/errors.js';
import { plainText } from '../../../src/core/text.js';

/** What a shell makes of a command: the words after the first. */
function wordsOf(shell: string, command: string): string[] {
  const script = `ldctl() { printf '%s\\0' "$@"; }\n${command}`;
  return execFileSync(shell, ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('the flags that name nodes', () => {
  const nodes = (count: number): bigint[] => Array.from({ length: count }, (_, index) => 18446744073709551615n - BigInt(index));
  const none = (): never => assert.fail('no file is needed');

  it('name each, up to a hundred', () => {
    assert.deepEqual(nodeFlags([3n, 1n], none), ['--node', '3,1']);
    assert.equal(nodeFlags(nodes(100), none)[1]?.split(',').length, 100);
  });

  it('name a file beyond that', () => {
    const kept: (readonly bigint[])[] = [];
    const keep = (some: readonly bigint[]): string => {
      kept.push(some);
      return '/journal/x.json';
    };
    assert.deepEqual(nodeFlags(nodes(101), keep), ['--nodes-from', '/journal/x.json']);
    assert.deepEqual(kept, [nodes(101)]);
  });

  it('are several where no file can be written, each short enough for a system', () => {
    const flags = nodeFlags(nodes(10_000), () => {
      throw new LdctlError('usage', 'config_unwritable', 'no space left');
    });
    const words = flags.filter((word) => word !== '--node');
    assert.deepEqual(words.flatMap((word) => word.split(',').map(BigInt)), nodes(10_000));
    // The most that Linux takes in one word is 128 KiB.
    assert.ok(words.every((word) => word.length < 128 * 1024));
    execFileSync('true', flags);
  });

  it('do not hide a fault of our own', () => {
    assert.throws(() => nodeFlags(nodes(101), none), assert.AssertionError);
  });
});

describe('a command to be pasted', () => {
  const awkward = [
    'build and test',
    '~root',
    "it's",
    '"quoted"',
    `both ' and "`,
    '$HOME `id` $(id) !! * ? [a] {a,b} #x ; | & < >',
    'back\\slash\\n',
    '100%s',
    'ключ 🦀',
    'two\nlines',
    'ends with a line feed\n\n',
    '\n',
    '\t\r\u001b[31mred\u0007',
    'turned \u202e round',
    '-n',
    '',
  ];

  it('says plainly what needs no quotes', () => {
    const words = ['ldctl', '--deployment', '71', '--supervisor-url', 'https://x.example:1/a?b', 'a b', "it's"];
    assert.equal(
      commandLine(words),
      `ldctl --deployment 71 --supervisor-url 'https://x.example:1/a?b' 'a b' 'it'\\''s'`,
    );
  });

  for (const shell of ['sh', 'bash']) {
    it(`gives ${shell} back every word as it was`, () => {
      for (const word of awkward) assert.deepEqual(wordsOf(shell, commandLine(['ldctl', word, 'end'])), [word, 'end'], word);
    });

    it(`gives ${shell} back any text`, () => {
      const word = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !text.includes('\0'));
      const words = fc.array(word, { minLength: 1, maxLength: 10 });
      fc.assert(fc.property(words, (any) => assert.deepEqual(wordsOf(shell, commandLine(['ldctl', ...any])), any)), {
        numRuns: 20,
      });
    });
  }

  it('is one line that does nothing to a terminal', () => {
    for (const word of awkward) {
      const command = commandLine(['ldctl', word]);
      assert.equal(plainText(command), command);
    }
  });
});
