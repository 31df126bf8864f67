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
    it(`${expected ? 'is' : 'is not'} ${JSON.stringify(env)}`, () => assert.equal(isAsciiOnly(env), expected));
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
});

describe('signs in ASCII', () => {
  it('turn as the spinner does', () => {
    const frames = Array.from({ length: 5 }, (_, index) => inAscii(spinnerFrame(index * SPINNER_FRAME_MS)));
    assert.deepEqual(frames, ['|', '/', '-', '\\', '|']);
  });

  it('leave what the API has named as it is', () => assert.equal(inAscii('再起動 für prod'), '再起動 für prod'));
});
