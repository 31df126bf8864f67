import CliTable from 'cli-table3';
import stringWidth from 'string-width';
import { plainText } from '../base/text.js';
import { inAscii } from './ascii.js';
import { cellText, type CellView, type Column, type Selection } from './columns.js';
import { type Paint } from './style.js';

const GAP = '  ';

export interface TableLook {
  view: CellView;
  paint: Paint;
  /** Whether signs beyond ASCII cannot be shown. */
  ascii: boolean;
  header: boolean;
  /** The width of the terminal, in columns; null where nothing needs to fit. */
  width: number | null;
  memory?: WidthMemory;
}

/** A column that made it into the table: how its cells read, and how wide it is at least. */
export interface FittedColumn<T> {
  column: Column<T>;
  text: (item: T) => string;
  width: number;
}

/** The widths that a table has had, for one that is drawn again and again: its columns only grow, so that none jumps. */
export type WidthMemory = Map<string, number>;

/**
 * Chooses the columns and their widths from the items known so far. Nothing is wrapped or cut, ids above all: where
 * it gets too narrow, each in turn by its importance gets what room is left, a column for its shortest text first.
 */
export function fitColumns<T>(selection: Selection<T>, items: readonly T[], look: TableLook): FittedColumn<T>[] {
  const candidates = selection.columns.filter((column) => selection.chosen || isShown(column, look));
  const whole = candidates.map((column) => fit(column, 0, items, look));
  if (look.width === null || selection.chosen || totalWidth(whole) <= look.width) return whole;
  const { width } = look;
  let kept: ReadonlyArray<FittedColumn<T> | undefined> = [];
  for (const claim of claimsOf(candidates)) {
    if (!claim.isShortest && !kept[claim.place]) continue;
    const fitted = fit(claim.column, claim.level, items, look);
    const wanted = candidates.map((_, place) => (place === claim.place ? fitted : kept[place]));
    // Something is better than nothing, even if it does not fit.
    if (kept.length === 0 || totalWidth(wanted.filter(isKept)) <= width) kept = wanted;
  }
  return kept.filter(isKept);
}

function isShown<T>({ extra, where }: Column<T>, { width }: TableLook): boolean {
  return !extra && where !== (width === null ? 'terminal' : 'elsewhere');
}

function isKept<T>(fitted: FittedColumn<T> | undefined): fitted is FittedColumn<T> {
  return fitted !== undefined;
}

/** What a column would like to be given: room for one of its texts. */
interface Claim<T> {
  column: Column<T>;
  place: number;
  /** 0 is the whole text, and each further one is shorter. */
  level: number;
  isShortest: boolean;
  priority: number;
}

const LAST = Number.MAX_SAFE_INTEGER;

/** In the order in which they are granted. */
function claimsOf<T>(columns: ReadonlyArray<Column<T>>): Array<Claim<T>> {
  const claims = columns.flatMap((column, place) => {
    const shortest = column.narrow?.length ?? 0;
    return Array.from({ length: shortest + 1 }, (_, level) => {
      const isShortest = level === shortest;
      return {
        column,
        place,
        level,
        isShortest,
        priority: isShortest ? column.priority : (column.wholePriority ?? LAST),
      };
    });
  });
  return claims.sort((a, b) => a.priority - b.priority || b.level - a.level);
}

/** The header, upper case and bold, for fitted columns. */
export function headerLine<T>(columns: readonly FittedColumn<T>[], look: TableLook): string {
  const cells = columns.map(({ column }) => look.paint('bold', title(column)));
  return lines(
    [cells],
    columns.map(({ width }) => width),
  ).join('');
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

function fit<T>(column: Column<T>, level: number, items: readonly T[], look: TableLook): FittedColumn<T> {
  const whole = column.text ?? ((item: T) => cellText(column.value(item)));
  const render = level === 0 ? whole : (column.narrow?.[level - 1] ?? whole);
  const text = (item: T): string => shown(plainText(render(item, look.view)), look);
  const key = `${column.name} ${level}`;
  const heading = look.header ? title(column).length : 0;
  const width = Math.max(heading, look.memory?.get(key) ?? 0, ...items.map((item) => stringWidth(text(item))));
  look.memory?.set(key, width);
  return { column, text, width };
}

/** A text as this terminal can show it. */
export function shown(text: string, { ascii }: { ascii: boolean }): string {
  return ascii ? inAscii(text) : text;
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
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}
