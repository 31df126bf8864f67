import type { IBufferCell, Terminal } from '@xterm/headless';

/** A stretch of one line that looks the same all along. */
export interface Span {
  column: number;
  text: string;
  /** `#rrggbb`; null for the terminal's own. */
  colour: string | null;
  bold: boolean;
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
  const next: Span = { column, text, colour: colourOf(cell), bold: cell.isBold() !== 0 };
  const last = spans.at(-1);
  const gap = last ? column - (last.column + last.text.length) : Infinity;
  // One blank between two words belongs to them; more are a gap between columns.
  if (last && gap <= 1 && last.colour === next.colour && last.bold === next.bold) last.text += ' '.repeat(gap) + text;
  else spans.push(next);
}

function colourOf(cell: IBufferCell): string | null {
  if (cell.isFgDefault()) return null;
  return hex(cell.isFgRGB() ? cell.getFgColor() : paletteColour(cell.getFgColor()));
}

/** The fixed part of the 256-colour palette: a cube of 6 by 6 by 6, then greys. @throws RangeError for a theme's own */
function paletteColour(index: number): number {
  if (index < 16) throw new RangeError(`colour ${index} is the theme's own, and is nowhere used in ldctl`);
  if (index >= 232) return (8 + (index - 232) * 10) * 0x010101;
  const [red, green, blue] = [Math.floor((index - 16) / 36), Math.floor((index - 16) / 6) % 6, (index - 16) % 6].map(
    (step) => (step === 0 ? 0 : 55 + step * 40),
  ) as [number, number, number];
  return (red << 16) + (green << 8) + blue;
}

function hex(colour: number): string {
  return `#${colour.toString(16).padStart(6, '0')}`;
}
