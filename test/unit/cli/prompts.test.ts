import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { Interrupted } from '../../../src/base/errors.js';
import { type Host } from '../../../src/cli/host.js';
import { discardPending, readStdin } from '../../../src/cli/prompts.js';
import { VirtualClock } from '../../helpers/clock.js';

/** A terminal that takes no line for whole, and what is typed there. */
class Keyboard extends PassThrough {
  readonly modes: boolean[] = [];

  setRawMode(raw: boolean): this {
    this.modes.push(raw);
    return this;
  }
}

const never = new AbortController().signal;
const clock = new VirtualClock();
const hostWith = (stdin: PassThrough): Host => ({ stdin, clock }) as unknown as Host;

describe('what was typed before a question', () => {
  it('is dropped, with Enter or without, and the terminal is as it was', async () => {
    const keyboard = new Keyboard();
    keyboard.write('y\n');
    keyboard.write('y');
    await clock.run(discardPending(hostWith(keyboard), never));
    keyboard.write('n');
    assert.equal(String(keyboard.read()), 'n');
    assert.deepEqual(keyboard.modes, [true, false]);
  });

  it('is dropped until nothing more comes', async () => {
    const keyboard = new Keyboard();
    const typing = clock.sleep(40).then(() => keyboard.write('y\n'));
    const discarding = discardPending(hostWith(keyboard), never).then(() => keyboard.read() as unknown);
    assert.equal(await clock.run(discarding), null);
    await typing;
  });

  it('ends the command when Ctrl-C is among it, and at a signal', async () => {
    const keyboard = new Keyboard();
    keyboard.write('y\u0003');
    await assert.rejects(clock.run(discardPending(hostWith(keyboard), never)), Interrupted);
    assert.deepEqual(keyboard.modes, [true, false]);
    const reason = new Interrupted('SIGTERM');
    await assert.rejects(discardPending(hostWith(new Keyboard()), AbortSignal.abort(reason)), reason);
  });
});

describe('piped stdin', () => {
  it('is read to its end, and not after a signal', async () => {
    assert.equal(await readStdin(hostWith(new PassThrough().end('x y')), never), 'x y');
    const stop = new AbortController();
    const reading = readStdin(hostWith(new PassThrough()), stop.signal);
    const reason = new Interrupted('SIGTERM');
    stop.abort(reason);
    await assert.rejects(reading, reason);
  });
});
