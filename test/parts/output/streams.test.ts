import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import { Output, READER_GONE, Sink, type OutputStream } from '../../../src/output/streams.js';
import { options } from './support/samples.js';

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

const stream = (fields: Partial<OutputStream> = {}): OutputStream & Writable =>
  Object.assign(new Writable({ write: (_chunk, _encoding, done) => done() }), fields);

const failing = (code: string, message = `write ${code}`): Writable =>
  new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(message), { code })),
  });

describe('a stream', () => {
  const cases: Array<
    [what: string, isTTY: boolean, env: Record<string, string>, redraws: boolean, colour: boolean]
  > = [
    ['at a terminal', true, { TERM: 'xterm-256color' }, true, true],
    ['in a pipe', false, { TERM: 'xterm-256color' }, false, false],
    ['with NO_COLOR', true, { NO_COLOR: '1' }, true, false],
    ['with an empty NO_COLOR', true, { NO_COLOR: '' }, true, true],
    ['in a pipe with FORCE_COLOR', false, { FORCE_COLOR: '1' }, false, true],
    ['in a pipe with FORCE_COLOR=0', false, { FORCE_COLOR: '0' }, false, false],
    ['in a pipe with CLICOLOR_FORCE', false, { CLICOLOR_FORCE: '1', NO_COLOR: '1' }, false, true],
    ['at a dumb terminal', true, { TERM: 'dumb' }, false, false],
  ];
  for (const [what, isTTY, env, redraws, colour] of cases) {
    it(`${colour ? 'has' : 'has no'} colour and ${redraws ? 'redraws' : 'does not redraw'} ${what}`, () => {
      const sink = new Sink(stream({ isTTY }), env);
      assert.deepEqual([sink.canRedraw, sink.colour], [redraws, colour]);
    });
  }

  it('takes a terminal of 0×0 for 80×24', () => {
    const sink = new Sink(stream({ isTTY: true, columns: 0, rows: 0 }), {});
    assert.deepEqual([sink.columns, sink.rows], [80, 24]);
  });

  it('is drained only when all that was written has been taken', async () => {
    const slow = new SlowStream();
    const sink = new Sink(slow, {});
    sink.write('one');
    sink.write('two');
    const drained = sink.drained().then(() => slow.taken);
    slow.take();
    await new Promise(setImmediate);
    slow.take();
    assert.equal(await drained, 'onetwo');
  });

  for (const [who, code, isTTY] of [
    ['the reader', 'EPIPE', false],
    ['its terminal', 'EIO', true],
  ] as const) {
    it(`goes quiet when ${who} goes away`, async () => {
      const sink = new Sink(Object.assign(failing(code), { isTTY }), {});
      sink.write('x');
      await sink.drained();
      sink.write('y');
      await sink.drained();
      assert.equal(sink.gone.reason, READER_GONE);
    });
  }

  for (const [code, message, says] of [
    ['ENOSPC', 'ENOSPC: no space left on device, write', /^cannot write to stdout: no space left$/],
    ['EIO', 'EIO: i/o error, write', /^cannot write to stdout: i\/o error$/],
  ] as const) {
    it(`says so when it cannot be written: ${code}`, async () => {
      const sink = new Sink(failing(code, message), {});
      sink.write('x');
      const isFault = (error: unknown): boolean =>
        error instanceof LdctlError &&
        error.code === 'output_failed' &&
        error.exitCode === 6 &&
        says.test(error.message);
      await assert.rejects(sink.drained(), isFault);
    });
  }

  it('no longer waits, soon after an interrupt, for a reader that does not read', async () => {
    const output = new Output(new Sink(new SlowStream(), {}), new Sink(stream(), {}), options());
    output.stdout.write('x');
    const reason = new Interrupted('SIGTERM');
    output.closeSoon(reason);
    await assert.rejects(output.stdout.drained(), reason);
  });
});
