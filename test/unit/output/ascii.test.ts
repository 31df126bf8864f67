import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { inAscii } from '../../../src/output/ascii.js';
import { processOutput } from '../../../src/output/streams.js';
import { spinnerFrame, SPINNER_FRAME_MS } from '../../../src/output/status.js';
import { isAsciiOnly } from '../../../src/output/terminal-env.js';

describe('a locale that is not UTF-8', () => {
  const cases: Array<[Record<string, string>, boolean]> = [
    [{}, false],
    [{ LANG: '' }, false],
    [{ LANG: 'en_US.UTF-8' }, false],
    [{ LANG: 'C.utf8' }, false],
    [{ LANG: 'C' }, true],
    [{ LANG: 'POSIX' }, true],
    [{ LANG: 'de_DE.ISO-8859-1' }, true],
    [{ LANG: 'C', LC_CTYPE: 'en_US.UTF-8' }, false],
    [{ LANG: 'en_US.UTF-8', LC_CTYPE: 'C' }, true],
    [{ LANG: 'en_US.UTF-8', LC_CTYPE: 'en_US.UTF-8', LC_ALL: 'C' }, true],
    [{ LANG: 'C', LC_ALL: '', LC_CTYPE: '' }, true],
  ];
  for (const [env, expected] of cases) {
    it(`${expected ? 'is' : 'is not'} ${JSON.stringify(env)}`, () => assert.equal(isAsciiOnly(env, 'linux'), expected));
  }

  const onWindows: Array<[Record<string, string>, boolean]> = [
    [{}, true],
    [{ WT_SESSION: '5b1e' }, false],
    [{ TERM_PROGRAM: 'vscode' }, false],
    [{ ConEmuANSI: 'ON' }, false],
    [{ TERM: 'xterm-256color' }, false],
    [{ LANG: 'en_US.UTF-8' }, false],
    [{ LANG: 'C', WT_SESSION: '5b1e' }, true],
  ];
  for (const [env, expected] of onWindows) {
    it(`${expected ? 'is' : 'is not'} on Windows ${JSON.stringify(env)}`, () =>
      assert.equal(isAsciiOnly(env, 'win32'), expected));
  }

  it('has other signs in what is said on stderr, and the data on stdout as they are', () => {
    const written = { stdout: '', stderr: '' };
    const stream = (name: 'stdout' | 'stderr'): Writable =>
      new Writable({
        decodeStrings: false,
        write: (text: string, _encoding, done) => {
          written[name] += text;
          done();
        },
      });
    const output = processOutput({ LANG: 'C' }, stream('stdout'), stream('stderr'));
    for (const sink of [output.stdout, output.stderr]) sink.write('✓ ✗ · – … ██░');
    assert.deepEqual(written, { stdout: '✓ ✗ · – … ██░', stderr: '+ x . - ... ##.' });
  });

  it('is what the old console of Windows has', () => {
    const stream = (): Writable => new Writable();
    for (const platform of ['win32', 'linux'] as const) {
      const { stdout, stderr } = processOutput({}, stream(), stream(), platform);
      assert.deepEqual([stdout.ascii, stderr.ascii], platform === 'win32' ? [true, true] : [false, false]);
    }
  });
});

describe('signs in ASCII', () => {
  it('turn as the spinner does', () => {
    const frames = Array.from({ length: 5 }, (_, index) => inAscii(spinnerFrame(index * SPINNER_FRAME_MS)));
    assert.deepEqual(frames, ['|', '/', '-', '\\', '|']);
  });

  it('leave what the API has named as it is', () => assert.equal(inAscii('再起動 für prod'), '再起動 für prod'));
});
