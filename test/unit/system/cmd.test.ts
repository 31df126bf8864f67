import assert from 'node:assert/strict';
import fc from 'fast-check';
import { byCmd, cmdWord } from '../../../src/system/cmd.js';
import { wordsByBatch, wordsByCmd, wordsOfProgram } from '../../helpers/windows.js';

const AWKWARD = [
  "C:\\Users\\O'Brien & Sons\\op.exe",
  'C:\\folder with blanks\\',
  '\\\\server\\share\\',
  'say "no"',
  'ends in "',
  '\\"',
  'a\\\\"b',
  '100%',
  '%PATH%',
  'a%HOME%b%PATH%',
  '"%PATH%"',
  '!x! ^ & | < > ( ) ; , =',
  '"&calc.exe',
  '',
  'ключ 🦀',
];

describe('a word for cmd', () => {
  it('is quoted, with quotes doubled, and a percent sign outside of the quotes', () => {
    assert.equal(cmdWord('a b'), '"a b"');
    assert.equal(cmdWord('C:\\x\\'), '"C:\\x\\\\"');
    assert.equal(cmdWord('say "no"'), '"say ""no"""');
    assert.equal(cmdWord('50%'), '"50"^%""');
  });

  it('reaches a program as it was, straight and by way of a batch file', () => {
    for (const word of AWKWARD) {
      const line = ['tool', word, 'end'].map(cmdWord).join(' ');
      assert.deepEqual(wordsByCmd(line), ['tool', word, 'end'], word);
      assert.deepEqual(wordsByBatch(line), ['tool', word, 'end'], word);
    }
  });

  it('does so with any text of one line', () => {
    const parts = fc.constantFrom('"', '\\', '%', 'PATH', 'HOME', '^', '&', '|', ' ', 'x', '!', '(', ')', "'", '<');
    const words = fc.array(
      fc.array(parts, { maxLength: 12 }).map((some) => some.join('')),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(words, (any) => {
        const line = ['tool', ...any].map(cmdWord).join(' ');
        assert.deepEqual(wordsByCmd(line).slice(1), any);
        assert.deepEqual(wordsByBatch(line).slice(1), any);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the reader of command lines in these tests', () => {
  // From Microsoft's page "Parsing C command-line arguments".
  const documented: Array<[string, string[]]> = [
    ['"abc" d e', ['abc', 'd', 'e']],
    ['a\\\\b d"e f"g h', ['a\\\\b', 'de fg', 'h']],
    ['a\\\\\\"b c d', ['a\\"b', 'c', 'd']],
    ['a\\\\\\\\"b c" d e', ['a\\\\b c', 'd', 'e']],
    ['a"b"" c d', ['ab" c d']],
  ];
  for (const [line, words] of documented) it(`reads ${line}`, () => assert.deepEqual(wordsOfProgram(line), words));

  it('knows what cmd acts on', () => {
    assert.deepEqual(wordsByCmd('"%PATH%" ^%PATH^% %NONE%'), ['EXPANDED', '%PATH%', '%NONE%']);
    assert.throws(() => wordsByCmd('a & b'), /acts on &/);
  });
});

describe('a line for cmd', () => {
  it('is given as it is, between the quotes that /s takes away', () => {
    const env = { COMSPEC: 'D:\\shells\\cmd.exe', SystemRoot: 'C:\\Windows' };
    const { file, args, options } = byCmd('echo "a b" & exit 3', { platform: 'win32', env });
    assert.equal(file, 'D:\\shells\\cmd.exe');
    assert.deepEqual(args, ['/d', '/v:off', '/s', '/c', '"echo "a b" & exit 3"']);
    assert.deepEqual(options, { windowsVerbatimArguments: true });
  });
});
