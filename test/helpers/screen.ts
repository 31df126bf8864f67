import { createRequire } from 'node:module';
import type * as xterm from '@xterm/headless';

// Mocha loads tests as CommonJS, and the player's modules are ES modules: this is for both.
const require = createRequire(import.meta.url);
const { Terminal } = require('@xterm/headless') as typeof xterm;

/** Cells side by side that look the same. */
export interface Run {
  /** The column in which it starts. */
  at: number;
  text: string;
  /** Of the terminal's theme; null is its text colour. */
  colour: number | null;
  isBold: boolean;
  isDim: boolean;
}

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

  /** Its lines as they look, top to bottom. */
  async looks(): Promise<Run[][]> {
    const lines = await this.lines();
    const { active } = this.#terminal.buffer;
    return lines.map((text, row) => {
      const line = active.getLine(active.baseY + row);
      const cells = Array.from(text, (_, at) => cellOf(line?.getCell(at), at));
      return cells.reduce<Run[]>((runs, cell) => {
        const last = runs.at(-1);
        if (last && looksLike(last, cell)) last.text += cell.text;
        else runs.push(cell);
        return runs;
      }, []);
    });
  }
}

/** @throws Error for a look that no picture has */
function cellOf(cell: xterm.IBufferCell | undefined, at: number): Run {
  const text = cell?.getChars() || ' ';
  if (!cell) return { at, text, colour: null, isBold: false, isDim: false };
  if (cell.getWidth() !== 1 || cell.isInverse() || cell.isFgRGB() || !cell.isBgDefault()) {
    throw new Error(`a picture cannot show this look of "${text}"`);
  }
  const colour = cell.isFgDefault() ? null : cell.getFgColor();
  return { at, text, colour, isBold: cell.isBold() !== 0, isDim: cell.isDim() !== 0 };
}

const looksLike = (one: Run, other: Run): boolean =>
  one.colour === other.colour && one.isBold === other.isBold && one.isDim === other.isDim;

/** Without the empty lines at its end. */
export const withoutEnd = (lines: readonly string[]): string[] =>
  lines.slice(0, lines.findLastIndex((line) => line.trim() !== '') + 1);
