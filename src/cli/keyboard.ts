import { PassThrough, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Host } from './host.js';

const CTRL_D = '\u0004';
const CTRL_Z = '\u001a';
const ESCAPE = '\u001b';
const SHOW_CURSOR = `${ESCAPE}[?25h`;
/** Moves to the top of the frame before, and clears it. */
const CLEARING = new RegExp(`^(?:${ESCAPE}\\[\\d*[ABGK])+`);

/**
 * The terminal while a question stands. In raw mode the system no longer acts on Ctrl-D and Ctrl-Z;
 * inquirer ignores the first, and after the second it would read what is typed for the shell.
 */
export async function openKeyboard({ stdin, stderr }: Host, onEnd: () => void) {
  const input = new PassThrough();
  const screen = new Screen(stderr);
  const onKeys = (keys: Buffer) => {
    const text = keys.toString('latin1');
    if (text.includes(CTRL_D)) onEnd();
    else if (text.includes(CTRL_Z)) suspend();
    else input.write(keys);
  };
  const suspend = () => {
    stderr.write(SHOW_CURSOR);
    stdin.setRawMode(false);
    // As the terminal itself does: the whole pipeline stops.
    process.kill(0, 'SIGTSTP');
  };
  const resume = () => {
    stdin.setRawMode(true);
    screen.redraw();
  };
  // What was typed before the question is no answer to it: it is read, and dropped, within two
  // turns.
  stdin.setRawMode(true).resume();
  await nextTurn();
  await nextTurn();
  stdin.on('data', onKeys).once('end', onEnd);
  process.on('SIGCONT', resume);
  return {
    input,
    output: screen,
    close: () => {
      process.off('SIGCONT', resume);
      stdin.off('data', onKeys).off('end', onEnd).setRawMode(false).pause();
    },
  };
}

/** Passes on what is drawn, and can draw it again below what a shell has printed meanwhile. */
class Screen extends Writable {
  #frame = '';
  #cursor = '';

  constructor(private readonly out: NodeJS.WriteStream) {
    super();
  }

  get columns(): number {
    return this.out.columns;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const drawn = chunk.toString();
    const content = drawn.replace(CLEARING, '');
    if (content === '') this.#cursor = drawn;
    else [this.#frame, this.#cursor] = [content, ''];
    this.out.write(chunk);
    done();
  }

  redraw() {
    this.out.write(this.#frame + this.#cursor);
  }
}
