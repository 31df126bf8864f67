import assert from 'node:assert/strict';
import fc from 'fast-check';
import { UsageError } from '../../../src/base/errors.js';
import { parseKeyCommand } from '../../../src/config/parse-key-command.js';
import { wordsOfProgram } from '../../helpers/windows.js';

describe('reading --key-command', () => {
  const commands: Array<[string, string[]]> = [
    ['op read op://vault/ldctl/key', ['op', 'read', 'op://vault/ldctl/key']],
    ['  pass   show  ldctl ', ['pass', 'show', 'ldctl']],
    [`op read 'op://my vault/key'`, ['op', 'read', 'op://my vault/key']],
    ['op read "op://my vault/key"', ['op', 'read', 'op://my vault/key']],
    ['print my\\ key', ['print', 'my key']],
    [`say '$HOME' '*' 'a;b' '\`x\`' '#1'`, ['say', '$HOME', '*', 'a;b', '`x`', '#1']],
    [`print "it's" 'say "x"'`, ['print', `it's`, 'say "x"']],
    [`print ''`, ['print', '']],
    ['--odd -x', ['--odd', '-x']],
  ];
  for (const [text, words] of commands) {
    it(`reads ${text}`, () => assert.deepEqual(parseKeyCommand(text, 'linux'), words));
  }

  const refused: Record<string, string> = {
    'a pipe': 'cat key | base64 -d',
    'an operator without spaces': 'cat key;ls',
    and: 'a && b',
    'a redirection': 'cat < key',
    'a subshell': '(cat key)',
    'a variable': 'cat $HOME/key',
    'a variable in braces': 'cat ${HOME}/key',
    'a variable in double quotes': 'cat "$HOME/key"',
    'a substitution': 'print $(cat key)',
    'a backtick': 'print `cat key`',
    'a backtick in double quotes': 'print "`cat key`"',
    'a pattern': 'cat key*',
    'a question mark pattern': 'cat key?',
    'a comment': 'cat key # mine',
    'an open single quote': `cat 'key`,
    'an open double quote': 'cat "key',
    'a backslash at the end': 'cat key\\',
    'an empty substitution': 'cat ${}',
    'the home folder': '~/bin/key',
    nothing: '',
    blanks: '   ',
    'an empty program': `'' x`,
  };
  for (const [what, text] of Object.entries(refused)) {
    it(`refuses ${what}: ${text}`, () => {
      assert.throws(
        () => parseKeyCommand(text, 'linux'),
        (error: unknown) => error instanceof UsageError && error.code === 'invalid_key_command',
      );
    });
  }

  it('does not show the command, which may hold a token', () => {
    assert.throws(
      () => parseKeyCommand('vault read -token=hunter2 $X', 'linux'),
      (error: unknown) => error instanceof UsageError && !`${error.message} ${error.hint ?? ''}`.includes('hunter2'),
    );
  });
});

describe('reading --key-command on Windows', () => {
  const read = (text: string): string[] => parseKeyCommand(text, 'win32');

  const commands: Array<[string, string[]]> = [
    ['op read op://vault/ldctl/key', ['op', 'read', 'op://vault/ldctl/key']],
    ['C:\\Users\\me\\op.exe read op://vault/key', ['C:\\Users\\me\\op.exe', 'read', 'op://vault/key']],
    ['"C:\\Program Files (x86)\\op\\op.exe" read "my key"', ['C:\\Program Files (x86)\\op\\op.exe', 'read', 'my key']],
    ['\\\\server\\tools\\op.exe', ['\\\\server\\tools\\op.exe']],
    [`C:\\O'Brien\\op.exe it's`, [`C:\\O'Brien\\op.exe`, `it's`]],
    ['op "say \\"x\\"" "a ""b"""', ['op', 'say "x"', 'a "b"']],
    ['op "a & b | c > d" "$x" "100%" 5%', ['op', 'a & b | c > d', '$x', '100%', '5%']],
    ['op * ? #x ""', ['op', '*', '?', '#x', '']],
    ['op "C:\\dir\\\\" end', ['op', 'C:\\dir\\', 'end']],
  ];
  for (const [text, words] of commands) it(`reads ${text}`, () => assert.deepEqual(read(text), words));

  const refused: Record<string, string> = {
    'a pipe': 'type key | more',
    'a redirection': 'op<key',
    'two commands': 'cd x & op',
    'an escape of cmd': 'op a^b',
    'a variable of cmd, quoted or not': '"%USERPROFILE%\\op.exe"',
    'a variable of PowerShell': '$env:USERPROFILE\\op.exe',
    'a substitution of PowerShell': 'op "$(whoami)"',
    'single quotes': `op read 'op://my vault/key'`,
    'an open quote': '"C:\\Program Files\\op.exe read',
    'a quote that a backslash has made a letter': '"C:\\dir\\" read',
    'the home folder': '~\\op.exe',
    nothing: ' ',
    'an empty program': '"" x',
  };
  for (const [what, text] of Object.entries(refused)) {
    it(`refuses ${what}: ${text}`, () => {
      assert.throws(
        () => read(text),
        (error: unknown) => error instanceof UsageError && error.code === 'invalid_key_command',
      );
    });
  }

  it('splits as the C library does', () => {
    const text = fc
      .array(fc.constantFrom('"', '\\', ' ', 'x'), { maxLength: 12 })
      .map((parts) => `op ${parts.join('')}`);
    fc.assert(
      fc.property(text, (any) => {
        const quotes = any.replace(/\\[\\"]/g, '').split('"').length - 1;
        fc.pre(quotes % 2 === 0);
        assert.deepEqual(read(any), wordsOfProgram(any));
      }),
      { numRuns: 2000 },
    );
  });
});
