import CliTable from 'cli-table3';
import stringWidth from 'string-width';
import { plainText } from '../core/text.js';
import { cellText, type CellView, type Column, type Selection } from './columns.js';
import { type Paint } from './style.js';

const GAP = '  ';

export interface TableLook {
  view: CellView;
  paint: Paint;
  header: boolean;
  /** The width of the terminal, in columns; null where nothing needs to fit. */
  width: number | null;
}

/** A column that made it into the table: how its cells read, and how wide it is at least. */
export interface FittedColumn<T> {
  column: Column<T>;
  text: (item: T) => string;
  width: number;
}

/**
 * Chooses the columns and their widths from the items known so far. Nothing is wrapped or cut, ids above all: where
 * it gets too narrow, short texts are tried, and then columns are left out, those of the highest `priority` numbers and
 * those that are too wide for what is left.
 */
export function fitColumns<T>(selection: Selection<T>, items: readonly T[], look: TableLook): FittedColumn<T>[] {
  const candidates = selection.chosen ? selection.columns : selection.columns.filter((column) => !column.extra);
  const full = fitAll(candidates, items, look, false);
  if (look.width === null || selection.chosen || totalWidth(full) <= look.width) return full;
  const narrow = fitAll(candidates, items, look, true);
  const kept = mostImportant(narrow, look.width);
  const keptInFull = full.filter((_, index) => kept.has(index));
  if (totalWidth(keptInFull) <= look.width) return keptInFull;
  return narrow.filter((_, index) => kept.has(index));
}

/** The places of the columns that there is room for: each in turn by its importance, wide ones left out. */
function mostImportant<T>(columns: ReadonlyArray<FittedColumn<T>>, width: number): Set<number> {
  const byImportance = [...columns.keys()].sort((a, b) => priorityOf(columns, a) - priorityOf(columns, b));
  const kept: number[] = [];
  for (const place of byImportance) {
    const wanted = columns.filter((_, index) => index === place || kept.includes(index));
    // Something is better than nothing, even if it does not fit.
    if (kept.length === 0 || totalWidth(wanted) <= width) kept.push(place);
  }
  return new Set(kept);
}

function priorityOf<T>(columns: ReadonlyArray<FittedColumn<T>>, place: number): number {
  return columns[place]?.column.priority ?? Infinity;
}

/** The header, upper case and bold, for fitted columns. */
export function headerLine<T>(columns: readonly FittedColumn<T>[], look: TableLook): string {
  const cells = columns.map(({ column }) => look.paint('bold', title(column)));
  return lines([cells], columns.map(({ width }) => width)).join('');
}

/** One line an item. A cell that is wider than its column widens it for the items given with it. */
export function rowLines<T>(columns: readonly FittedColumn<T>[], items: readonly T[], look: TableLook): string[] {
  const rows = items.map((item) => columns.map(({ text }) => text(item)));
  const widths = columns.map(({ width }, index) => {
    return Math.max(width, ...rows.map((row) => stringWidth(row[index] ?? '')));
  });
  const painted = rows.map((row, index) => row.map((text, cell) => paintCell(text, items[index], columns[cell], look)));
  return lines(painted, widths);
}

function fitAll<T>(
  columns: readonly Column<T>[],
  items: readonly T[],
  look: TableLook,
  short: boolean,
): FittedColumn<T>[] {
  return columns.map((column) => {
    const render = (short ? column.narrow : undefined) ?? column.text ?? ((item: T) => cellText(column.value(item)));
    const text = (item: T): string => plainText(render(item, look.view));
    const heading = look.header ? title(column).length : 0;
    return { column, text, width: Math.max(heading, ...items.map((item) => stringWidth(text(item)))) };
  });
}

function totalWidth(columns: ReadonlyArray<{ width: number }>): number {
  return columns.reduce((sum, { width }) => sum + width, 0) + GAP.length * (columns.length - 1);
}

function title(column: { name: string }): string {
  return column.name.toUpperCase();
}

function paintCell<T>(text: string, item: T | undefined, fitted: FittedColumn<T> | undefined, look: TableLook): string {
  return item === undefined ? text : look.paint(fitted?.column.style?.(item), text);
}

// Every border that cli-table3 knows is left out, but for the gap between two columns.
const BORDERS = ['top', 'bottom', 'left', 'right', 'mid', 'mid-mid', 'left-mid', 'right-mid'] as const;
const CORNERS = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right'] as const;
const NO_BORDERS = { ...Object.fromEntries([...BORDERS, ...CORNERS].map((name) => [name, ''])), middle: GAP };

// cli-table3 looks for cells in the way of each other, among all above: the time grows with the square of the rows.
const BATCH = 8;

function lines(rows: string[][], widths: number[]): string[] {
  return batches(rows).flatMap((batch) => layOut(batch, widths));
}

function batches(rows: string[][]): string[][][] {
  return Array.from({ length: Math.ceil(rows.length / BATCH) }, (_, n) => rows.slice(n * BATCH, (n + 1) * BATCH));
}

function layOut(rows: string[][], widths: number[]): string[] {
  const table = new CliTable({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: widths,
  });
  table.push(...rows);
  return table.toString().split('\n').map((line) => line.trimEnd());
}
