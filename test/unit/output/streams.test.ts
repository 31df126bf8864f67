import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { LdctlError } from '../../../src/base/errors.js';
import { ApiKey } from '../../../src/base/secret.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { processOutput, ReaderGone, type OutputStream } from '../../../src/output/streams.js';

/** A stream whose reader is slow: it takes a chunk only when it is told to. */
class SlowStream extends Writable {
  taken = '';
  #take: (() => void)[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#take.push(() => {
      this.taken += chunk.toString();
      done();
    });
  }

  take(): void {
    this.#take.shift()?.();
  }
}

function stream(fields: Partial<OutputStream> = {}): OutputStream & Writable {
  return Object.assign(new Writable({ write: (_chunk, _encoding, done) => done() }), fields);
}

/** A stream that fails at every write, and counts them. */
class FailingStream extends Writable {
  asked = 0;
  readonly #code: string;

  constructor(code: string) {
    super();
    this.#code = code;
  }

  override write(_chunk: unknown, ...rest: unknown[]): boolean {
    this.asked += 1;
    const error = Object.assign(new Error(`write ${this.#code}`), { code: this.#code });
    const done = rest.at(-1) as (error: Error) => void;
    process.nextTick(() => {
      done(error);
      this.emit('error', error);
    });
    return false;
  }
}

describe('processOutput', () => {
  describe('colour', () => {
    const terminal = { isTTY: true };
    const cases: Array<[string, Partial<OutputStream>, Record<string, string>, boolean]> = [
      ['on at a terminal', terminal, { TERM: 'xterm-256color' }, true],
      ['off in a pipe', {}, { TERM: 'xterm-256color' }, false],
      ['off with NO_COLOR', terminal, { NO_COLOR: '1' }, false],
      ['on with an empty NO_COLOR', terminal, { NO_COLOR: '' }, true],
      ['off with TERM=dumb', terminal, { TERM: 'dumb' }, false],
    ];
    for (const [title, fields, env, expected] of cases) {
      it(`is ${title}`, () => {
        assert.equal(processOutput(env, stream(fields), stream()).stdout.colour, expected);
      });
    }
  });

  it('redraws at a terminal, with NO_COLOR too, but not at a dumb one', () => {
    const terminal = stream({ isTTY: true });
    assert.equal(processOutput({ NO_COLOR: '1' }, terminal, terminal).stderr.canRedraw, true);
    assert.equal(processOutput({ TERM: 'dumb' }, terminal, terminal).stderr.canRedraw, false);
    assert.equal(processOutput({}, stream(), stream()).stderr.canRedraw, false);
  });

  it('takes a terminal that says 0×0 for 80×24', () => {
    const { stdout } = processOutput({}, stream({ isTTY: true, columns: 0, rows: 0 }), stream());
    assert.deepEqual([stdout.columns, stdout.rows], [80, 24]);
  });

  it('follows the size of the terminal until it is told not to', () => {
    const terminal = stream({ isTTY: true, columns: 80 });
    const { stderr } = processOutput({}, stream(), terminal);
    const seen: number[] = [];
    const stop = stderr.onResize(() => seen.push(stderr.columns));
    terminal.columns = 40;
    terminal.emit('resize');
    stop();
    terminal.emit('resize');
    assert.deepEqual(seen, [40]);
  });

  it('is drained only when all that was written has been taken', async () => {
    const slow = new SlowStream();
    const { stdout } = processOutput({}, slow, stream());
    stdout.write('one');
    stdout.write('two');
    const drained = stdout.drained().then(() => slow.taken);
    slow.take();
    await new Promise(setImmediate);
    slow.take();
    assert.equal(await drained, 'onetwo');
  });

  it('goes quiet when the reader goes away', async () => {
    const pipe = new FailingStream('EPIPE');
    const { stdout, stderr } = processOutput({}, pipe, stream());
    stdout.write('x');
    await stdout.drained();
    assert.equal(stdout.closed, true);
    assert.ok(stdout.gone.reason instanceof ReaderGone);
    assert.equal(stdout.gone.reason.exitCode, 0);
    stdout.write('y');
    await stdout.drained();
    assert.equal(pipe.asked, 1);
    assert.equal(stderr.closed, false);
  });

  it('says so when the output cannot be written', async () => {
    const { stdout } = processOutput({}, new FailingStream('ENOSPC'), stream());
    stdout.write('x');
    await assert.rejects(stdout.drained(), (error: unknown) => {
      assert.ok(error instanceof LdctlError);
      assert.equal(error.code, 'output_failed');
      assert.equal(error.exitCode, 1);
      assert.match(error.message, /ENOSPC/);
      return true;
    });
  });

  it('takes the key out of everything, on both sinks', async () => {
    const key = new ApiKey('ld_pk_0123456789abcdef0123456789abcdef');
    const [out, err] = [new SlowStream(), new SlowStream()];
    const output = processOutput({ LANG: 'C.UTF-8' }, out, err);
    output.redact((text) => key.scrub(text));
    output.stdout.write(`a ${key.reveal()} b`);
    output.stderr.write(`c ${key.reveal()} d`);
    out.take();
    err.take();
    await output.stdout.drained();
    assert.equal(out.taken, 'a ld_pk_…cdef b');
    assert.equal(err.taken, 'c ld_pk_…cdef d');
  });
});

describe('memoryOutput', () => {
  it('keeps what is written, scrubbed, until its reader goes away', () => {
    const output = memoryOutput();
    output.redact((text) => text.replaceAll('secret', '…'));
    output.stdout.write('a secret\n');
    output.stdout.close();
    output.stdout.write('more\n');
    assert.deepEqual(output.stdout.lines, ['a …']);
    assert.equal(output.stderr.text, '');
  });

  it('can make one sink a terminal and the other not', () => {
    const output = memoryOutput({ columns: 100, stderr: { isTTY: true } });
    assert.deepEqual([output.stdout.isTTY, output.stderr.isTTY, output.stderr.columns], [false, true, 100]);
  });
});
