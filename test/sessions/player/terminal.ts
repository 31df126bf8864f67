import { clearLine, cursorTo, moveCursor, type Direction } from 'node:readline';
import { PassThrough, Writable } from 'node:stream';
import { withHome } from './transcript.js';
import { Screen, withoutEnd } from '../../helpers/screen.js';

const KEYS: Readonly<Record<string, string>> = {
  ...{ up: '\u001b[A', down: '\u001b[B', right: '\u001b[C', left: '\u001b[D' },
  ...{ enter: '\r', space: ' ', tab: '\t', backspace: '\u007f' },
  ...{ home: '\u001b[H', end: '\u001b[F', pageup: '\u001b[5~', pagedown: '\u001b[6~' },
  ...{ 'ctrl-c': '\u0003', 'ctrl-d': '\u0004', 'ctrl-u': '\u0015' },
};

/** The mark that spins while something is read: how far it has come is a matter of real time. */
const SPINNING = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g;

/** A terminal within this process, as large as it is said: what is typed, and what is drawn. */
export class ScreenTerminal {
  /** All that was written, and when, in ms of the session: what a picture is drawn from. */
  readonly writes: Array<{ at: number; text: string }> = [];
  /** How many of them were drawn on each screen that the session shows. */
  readonly shown: number[] = [];
  readonly stdin: NodeJS.ReadStream;
  /** Whether a program reads each key as it comes. */
  isRaw = false;
  readonly #keys = new PassThrough();
  readonly #screen;

  /**
   * @param folder shown as `~`: it has another name each time
   * @param elapsed the time of the session
   */
  constructor(
    readonly size: { columns: number; rows: number },
    private readonly folder: string,
    private readonly elapsed: () => number,
  ) {
    this.#screen = new Screen(size);
    const setRawMode = (isRaw: boolean): NodeJS.ReadStream => {
      this.isRaw = isRaw;
      return this.stdin;
    };
    this.stdin = Object.assign(this.#keys, {
      isTTY: true,
      setRawMode,
    }) as unknown as NodeJS.ReadStream;
  }

  /** Where a program draws. @param onText takes all of it */
  stream(onText: (text: string) => void): NodeJS.WriteStream {
    const write = (chunk: string | Buffer, _encoding: string, done: () => void): void => {
      const text = withHome(chunk.toString(), this.folder);
      onText(text);
      this.draw(text);
      done();
    };
    const stream = new Writable({ decodeStrings: false, write });
    return Object.assign(stream, {
      ...{ isTTY: true, ...this.size },
      // What a spinner clears its line with.
      cursorTo: (x: number) => cursorTo(stream, x),
      clearLine: (direction: Direction) => clearLine(stream, direction),
      moveCursor: (x: number, y: number) => moveCursor(stream, x, y),
    }) as unknown as NodeJS.WriteStream;
  }

  /** @throws Error for a key that has no name */
  press(name: string): void {
    const bytes = KEYS[name];
    if (bytes === undefined) {
      throw new Error(`no key ${name}; the keys are ${Object.keys(KEYS).join(', ')}`);
    }
    this.type(bytes);
  }

  type(text: string): void {
    this.#keys.write(text);
  }

  /** What a program writes, and what the system shows of a Ctrl-C that no program reads. */
  draw(text: string): void {
    this.writes.push({ at: this.elapsed(), text });
    this.#screen.write(text);
  }

  /** What is on the screen, without empty lines at its end. */
  async lines(): Promise<string[]> {
    this.shown.push(this.writes.length);
    const lines = await this.#screen.lines();
    return withoutEnd(lines.map((line) => line.replace(SPINNING, '⠋')));
  }
}
