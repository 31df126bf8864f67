import { PassThrough, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../base/clock.js';
import type { StopSignal } from '../../base/errors.js';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_Z = '\u001a';
const ESCAPE = '\u001b';
const SHOW_CURSOR = `${ESCAPE}[?25h`;
/** The shell writes where the list of a picker stood. */
const CLEAR_BELOW = `${ESCAPE}[J`;
/** Moves to the top of the frame before, and clears it. */
const CLEARING = new RegExp(`^(?:${ESCAPE}\\[\\d*[ABGK])+`);

/** The gap that ends what was typed before a question. */
const QUIET_MS = 50;

/** Where keys come from, and what is drawn goes to. */
export interface Tty {
  stdin: NodeJS.ReadStream;
  stderr: NodeJS.WriteStream;
  clock: Clock;
}

/**
 * The terminal while a question stands. In raw mode the system no longer acts on Ctrl-D and Ctrl-Z;
 * inquirer ignores the first, and after the second it would read what is typed for the shell.
 * @param leave there is no answer: by Ctrl-D or Escape, or because the terminal has closed, or by a
 * Ctrl-C that no question reads yet
 * @param filter says what inquirer gets of these keys
 */
export function openKeyboard(
  { stdin, stderr, clock }: Tty,
  leave: (by: 'no' | StopSignal) => void,
  filter: (keys: string) => string,
) {
  const input = new PassThrough();
  const screen = new Screen(stderr);
  let isAsking = false;
  let isQuiet = false;
  const onKeys = (keys: Buffer) => {
    const text = keys.toString('latin1');
    isQuiet = false;
    if (!isAsking) {
      if (text.includes(CTRL_C)) leave('SIGINT');
    } else if (text.includes(CTRL_D)) leave('no');
    else if (text.includes(CTRL_Z)) suspend();
    else input.write(filter(text), 'latin1');
  };
  const suspend = () => {
    stderr.write(CLEAR_BELOW + SHOW_CURSOR);
    stdin.setRawMode(false);
    // As the terminal itself does: the whole pipeline stops.
    process.kill(0, 'SIGTSTP');
  };
  const resume = () => {
    stdin.setRawMode(true);
    screen.redraw();
  };
  // If a terminal has closed, the system may say so before the signal comes, or while raw mode ends.
  const onClosed = () => leave('SIGHUP');
  stdin.on('data', onKeys).once('end', onClosed).on('error', onClosed);
  // readline reports Escape alone once it is clear that no sequence follows.
  input.on('keypress', (_text, { name }: { name?: string }) => {
    if (name === 'escape') leave('no');
  });
  process.on('SIGCONT', resume);
  stdin.setRawMode(true).resume();
  return {
    input,
    output: screen,
    /**
     * Reads and drops what was typed before: it is no answer. A long paste arrives in parts.
     * @throws the signal's reason
     */
    dropTyped: async (signal: AbortSignal) => {
      while (!isQuiet) {
        isQuiet = true;
        await clock.sleep(QUIET_MS, signal);
        // On a busy machine the time may have passed before anything was read.
        await nextTurn();
      }
      isAsking = true;
    },
    close: () => {
      process.off('SIGCONT', resume);
      stdin.setRawMode(false).pause();
      stdin.off('data', onKeys).off('end', onClosed).off('error', onClosed);
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

  get columns() {
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
    this.out.write(CLEAR_BELOW + this.#frame + this.#cursor);
  }
}
