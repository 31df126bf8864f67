import type { IBufferCell, Terminal } from '@xterm/headless';

/** A stretch of one line that looks the same all along. */
export interface Span {
  column: number;
  text: string;
  /** One of the theme's 16, by its number; null for the text's own. */
  colour: number | null;
  bold: boolean;
  dim: boolean;
}

/** What stands on a screen, line by line; blanks between the spans are left out. */
export type Grid = Span[][];

/** The whole screen, what has scrolled off not included. */
export function gridOf(emulator: Terminal): Grid {
  const { active } = emulator.buffer;
  return Array.from({ length: emulator.rows }, (_, row) => {
    const line = active.getLine(active.viewportY + row);
    const spans: Span[] = [];
    for (let column = 0; column < emulator.cols; column += 1) {
      const cell = line?.getCell(column);
      if (cell) put(spans, column, cell);
    }
    return spans;
  });
}

/** Without the empty lines at the end. */
export function cropped(grid: Grid): Grid {
  return grid.slice(0, grid.findLastIndex((line) => line.length > 0) + 1);
}

function put(spans: Span[], column: number, cell: IBufferCell): void {
  const text = cell.getChars();
  if (text.trim() === '') return;
  const next: Span = { column, text, colour: colourOf(cell), bold: cell.isBold() !== 0, dim: cell.isDim() !== 0 };
  const last = spans.at(-1);
  const gap = last ? column - (last.column + last.text.length) : Infinity;
  // One blank between two words belongs to them; more are a gap between columns.
  if (last && gap <= 1 && last.colour === next.colour && last.bold === next.bold && last.dim === next.dim)
    last.text += ' '.repeat(gap) + text;
  else spans.push(next);
}

/** @throws RangeError for a colour that is not among the theme's own */
function colourOf(cell: IBufferCell): number | null {
  if (cell.isFgDefault()) return null;
  const colour = cell.getFgColor();
  if (cell.isFgRGB() || colour >= 16)
    throw new RangeError(`colour ${colour} is not the theme's own, and is nowhere used in ldctl`);
  return colour;
}
