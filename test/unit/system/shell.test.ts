import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { plainText } from '../../../src/base/text.js';
import { assignments, commandLine, userShell } from '../../../src/system/shell.js';
import { describeOnPosix } from '../../helpers/platform.js';
import { wordsByBatch, wordsByCmd, wordsByPowerShell } from '../../helpers/windows.js';

/** What a shell makes of a command: the words after the first. */
function wordsOf(shell: string, command: string): string[] {
  const script = `ldctl() { printf '%s\\0' "$@"; }\n${command}`;
  return execFileSync(shell, ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

/** Texts that one shell or another would take for something else. */
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

describeOnPosix('a command to be pasted', 'it has no sh', () => {
  it('says plainly what needs no quotes', () => {
    const words = ['ldctl', '--deployment', '71', '--supervisor-url', 'https://x.example:1/a?b', 'a b', "it's"];
    assert.equal(
      commandLine(words, 'sh'),
      `ldctl --deployment 71 --supervisor-url 'https://x.example:1/a?b' 'a b' 'it'\\''s'`,
    );
  });

  for (const shell of ['sh', 'bash']) {
    it(`gives ${shell} back every word as it was`, () => {
      for (const word of awkward)
        assert.deepEqual(wordsOf(shell, commandLine(['ldctl', word, 'end'], 'sh')), [word, 'end'], word);
    });

    it(`gives ${shell} back any text`, () => {
      const word = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !text.includes('\0'));
      const words = fc.array(word, { minLength: 1, maxLength: 10 });
      fc.assert(
        fc.property(words, (any) => assert.deepEqual(wordsOf(shell, commandLine(['ldctl', ...any], 'sh')), any)),
        {
          numRuns: 20,
        },
      );
    });
  }

  it('is one line that does nothing to a terminal', () => {
    for (const word of awkward) {
      const command = commandLine(['ldctl', word], 'sh');
      assert.equal(plainText(command), command);
    }
  });
});

/** The commands for Windows that a PowerShell of `-EncodedCommand` is given. */
function decoded(command: string): string {
  const [, text = ''] = /^powershell -NoProfile -EncodedCommand (\S+)$/.exec(command) ?? [];
  return Buffer.from(text, 'base64')
    .toString('utf16le')
    .replace(/; exit \$LASTEXITCODE$/, '');
}

describe('a command to be pasted into cmd', () => {
  it('says plainly what needs no quotes', () => {
    const words = [
      'ldctl',
      '--node',
      '3,18446744073709551615',
      '--nodes-from',
      'C:\\Users\\me\\x.json',
      'a b',
      'https://x/?a&b',
    ];
    assert.equal(
      commandLine(words, 'cmd'),
      'ldctl --node "3,18446744073709551615" --nodes-from C:\\Users\\me\\x.json "a b" "https://x/?a&b"',
    );
  });

  it('gives ldctl back every word as it was, also where it is a batch file', () => {
    for (const word of awkward.filter((text) => plainText(text) === text)) {
      const command = commandLine(['ldctl', word, 'end'], 'cmd');
      assert.deepEqual(wordsByCmd(command), ['ldctl', word, 'end'], command);
      assert.deepEqual(wordsByBatch(command), ['ldctl', word, 'end'], command);
    }
  });

  it('has PowerShell say what cmd cannot: what is not plain', () => {
    const words = ['ldctl', 'two\nlines', '\u202e'];
    const command = commandLine(words, 'cmd');
    assert.equal(plainText(command), command);
    assert.deepEqual(wordsByPowerShell(decoded(command)), words);
  });
});

describe('a command to be pasted into PowerShell', () => {
  it('says plainly what needs no quotes, and quotes lists, numbers, and what begins with a sign', () => {
    const words = [
      'ldctl',
      '--node',
      '3,1',
      '--timeout',
      '10m',
      '-x.y',
      '@a',
      '18446744073709551615',
      'C:\\a\\b',
      "it's",
      '’',
    ];
    assert.equal(
      commandLine(words, 'powershell'),
      "ldctl --node '3,1' --timeout '10m' '-x.y' '@a' '18446744073709551615' C:\\a\\b 'it''s' '’’'",
    );
  });

  it('goes by way of cmd where versions of PowerShell differ', () => {
    assert.equal(
      commandLine(['ldctl', 'say "no" | x', ''], 'powershell'),
      'cmd --% /d /v:off /s /c ldctl "say ""no"" | x" ""',
    );
  });

  it('gives ldctl back every word as it was, on one line that does nothing to a terminal', () => {
    for (const word of awkward) {
      const command = commandLine(['ldctl', word, 'end'], 'powershell');
      assert.deepEqual(wordsByPowerShell(command), ['ldctl', word, 'end'], command);
      assert.equal(plainText(command), command);
    }
  });
});

describe('the shell of a user', () => {
  const system = { SystemRoot: 'C:\\Windows', ProgramFiles: 'C:\\Program Files' };
  const machine =
    'C:\\Program Files\\WindowsPowerShell\\Modules;C:\\WINDOWS\\system32\\WindowsPowerShell\\v1.0\\Modules';
  const cases: Array<[string, Record<string, string>, string]> = [
    ['nothing says otherwise', { PSModulePath: machine }, 'cmd'],
    ['nothing is set', {}, 'cmd'],
    [
      'Windows PowerShell',
      { PSModulePath: `C:\\Users\\me\\Documents\\WindowsPowerShell\\Modules;${machine}` },
      'powershell',
    ],
    ['PowerShell 7', { psmodulepath: `D:\\OneDrive\\Dokumente\\PowerShell\\Modules;${machine}` }, 'powershell'],
    [
      'a server of a database',
      { PSModulePath: `${machine};C:\\Program Files\\SQL\\Tools\\PowerShell\\Modules\\` },
      'cmd',
    ],
    ['Git Bash', { MSYSTEM: 'MINGW64', PSModulePath: machine }, 'sh'],
    ['Cygwin', { SHELL: '/bin/bash' }, 'sh'],
  ];
  for (const [what, env, expected] of cases) {
    it(`is ${expected} on Windows with ${what}`, () => {
      assert.equal(userShell({ platform: 'win32', env: { ...system, ...env } }), expected);
    });
  }

  it('is a POSIX one everywhere else', () => {
    assert.equal(
      userShell({ platform: 'darwin', env: { PSModulePath: '/Users/me/.local/share/powershell/Modules' } }),
      'sh',
    );
  });
});

describe('lines that set variables', () => {
  const variables = { A: `it's 100% "x"`, B: 'C:\\a b' };
  it('are exports for sh', () => {
    assert.equal(assignments(variables, 'sh'), `export A='it'\\''s 100% "x"'\nexport B='C:\\a b'`);
  });

  it('are those of a batch file for cmd', () => {
    assert.equal(assignments(variables, 'cmd'), '@set "A=it\'s 100%% "x""\n@set "B=C:\\a b"');
  });

  it('are those of a script for PowerShell', () => {
    assert.equal(assignments(variables, 'powershell'), `$env:A = 'it''s 100% "x"'\n$env:B = 'C:\\a b'`);
  });
});
