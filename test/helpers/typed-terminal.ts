import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Terminal } from '../../src/cli/asking/prompts.js';
import { VirtualClock } from './clock.js';
import { memoryOutput } from './memory-output.js';
import { Screen } from './screen.js';

/** A terminal within this process: what is typed, and the screen that a person would see. */
export class TypedTerminal implements Terminal {
  readonly clock = new VirtualClock();
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
  readonly unaskedBy = null;
  readonly output;
  readonly #keys = new PassThrough();
  readonly #screen;

  constructor({ columns = 80, rows = 24 } = {}) {
    const setRawMode = (): NodeJS.ReadStream => this.stdin;
    const tty = Object.assign(this.#keys, { isTTY: true, setRawMode });
    this.stdin = tty as unknown as NodeJS.ReadStream;
    this.#screen = new Screen({ columns, rows });
    const write = (chunk: Buffer, _encoding: string, done: () => void): void =>
      this.#screen.write(chunk.toString(), done);
    const drawn = Object.assign(new Writable({ write }), { isTTY: true, columns, rows });
    this.stderr = drawn as unknown as NodeJS.WriteStream;
    this.output = memoryOutput({ isTTY: true, colour: false, columns, rows });
  }

  /** Types, and gives what reads it time to draw. */
  async type(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#keys.write(key);
      await this.clock.advance(1);
    }
  }

  /** The terminal is gone. */
  hangUp(how: 'error' | 'end'): void {
    if (how === 'end') this.#keys.end();
    else this.#keys.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }));
  }

  /** Lets time pass until the screen matches. @throws AssertionError if it never does */
  async shows(pattern: RegExp): Promise<string[]> {
    for (let round = 0; round < 200; round += 1) {
      await this.clock.advance(10);
      const lines = await this.lines();
      if (pattern.test(lines.join('\n'))) return lines;
    }
    assert.fail(`it never showed ${String(pattern)}:\n${(await this.lines()).join('\n')}`);
  }

  /** What is on the screen, without what has scrolled off it. */
  async lines(): Promise<string[]> {
    await nextTurn();
    return (await this.#screen.lines()).filter(Boolean);
  }
}
