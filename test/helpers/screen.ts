import { createRequire } from 'node:module';
import type * as xterm from '@xterm/headless';

// Mocha loads tests as CommonJS, and the player's modules are ES modules: this is for both.
const require = createRequire(import.meta.url);
const { Terminal } = require('@xterm/headless') as typeof xterm;

/** What a terminal of this size shows of what was written to it. */
export class Screen {
  readonly #terminal;

  constructor({ columns: cols, rows }: { columns: number; rows: number }) {
    this.#terminal = new Terminal({ cols, rows, allowProposedApi: true });
  }

  /** A line end also starts a line at its left, as the system has it for a terminal. */
  write(text: string, done?: () => void): void {
    this.#terminal.write(text.replaceAll('\n', '\r\n'), done);
  }

  /** Its lines, top to bottom; with `all` those that have scrolled off it, too. */
  async lines(all: 'all' | null = null): Promise<string[]> {
    await new Promise<void>((resolve) => this.#terminal.write('', resolve));
    const { active } = this.#terminal.buffer;
    const first = all ? 0 : active.baseY;
    const length = all ? active.length : this.#terminal.rows;
    return Array.from(
      { length },
      (_, row) => active.getLine(first + row)?.translateToString(true) ?? '',
    );
  }
}

/** Without the empty lines at its end. */
export const withoutEnd = (lines: readonly string[]): string[] =>
  lines.slice(0, lines.findLastIndex((line) => line.trim() !== '') + 1);
