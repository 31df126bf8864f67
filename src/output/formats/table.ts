import CliTable from 'cli-table3';
import stringWidth from 'string-width';
import { plainText, wrapWords } from '../../base/text.js';
import {
  cellText,
  dateText,
  timeText,
  type CellView,
  type Column,
  type Field,
  type Format,
  type FormatOptions,
  type ListWriter,
  type Selection,
} from '../columns.js';

/** The first 1,000 rows decide which columns fit, and how wide they are. */
const SAMPLE = 1000;

/** For people: aligned columns, two spaces apart. */
export const table: Format = { holds: 'rows', list: tableWriter, object: fieldLines };

const joinLines = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

/** An empty list has no header either. */
function tableWriter<T>(selection: Selection<T>, options: FormatOptions): ListWriter<T> {
  let sample: readonly T[] = [];
  let layout: TableLayout<T> | undefined;
  const dayAbove = dayLines(selection, options);
  const rowsOf = (made: TableLayout<T>, some: readonly T[]) =>
    made.rows(some).map((row, at) => dayAbove(some[at]) + row);
  const start = () => {
    if (layout || sample.length === 0) return '';
    layout = layOut(selection, sample, options);
    return joinLines([...(options.header ? [layout.header] : []), ...rowsOf(layout, sample)]);
  };
  const items = (batch: readonly T[]) => {
    if (layout) return joinLines(rowsOf(layout, batch));
    sample = [...sample, ...batch];
    return sample.length < SAMPLE ? '' : start();
  };
  const end = () => {
    const rows = start();
    const { dropped = [] } = layout ?? {};
    if (dropped.length === 0) return rows;
    const them = dropped.length === 1 ? 'it' : 'them';
    const how = selection.isOfRun ? '' : ` (--columns shows ${them})`;
    const foot = `hidden: ${dropped.join(', ').toUpperCase()}${how}`;
    const lines = wrapWords(foot, options.width).map((line) => options.paint('dim', line));
    return `${rows}${joinLines(lines)}`;
  };
  return { items, end, broken: start };
}

/** @returns the line above a row that is of another day than the row before it, if any */
function dayLines<T>(
  { chosen, timeOf }: Selection<T>,
  { header, isTTY, now, utc, paint }: FormatOptions,
) {
  if (!timeOf || !isTTY || !header || chosen) return () => '';
  const [today, yesterday] = [dateText(now, 0, utc), dateText(now, 1, utc)];
  const dayOf = (date: string) => {
    if (date >= today) return 'today';
    return date >= yesterday ? 'yesterday' : 'earlier';
  };
  let last: string | undefined;
  return (item: T | undefined) => {
    const day = dayOf(item ? timeText(timeOf(item), utc) : today);
    const changed = last !== undefined && last !== day;
    last = day;
    return changed ? `${paint('dim', `── ${day} ──`)}\n` : '';
  };
}

interface TableLayout<T> {
  /** Upper case and bold. */
  header: string;
  /** The columns that had no room, but for those that go without a word. */
  dropped: string[];
  /** A line for each item. A cell that is too wide widens its column for these items. */
  rows(items: readonly T[]): string[];
}

/** A column as wide as its name and its cells. */
interface Measured<T> {
  column: Column<T>;
  /** In upper case. */
  name: string;
  text: (item: T) => string;
  width: number;
}

const GAP = '  ';
const priorityOf = ({ column }: Measured<never>) => column.priority ?? 0;

const widest = (texts: readonly string[], least: number) =>
  texts.reduce((most, text) => Math.max(most, stringWidth(text)), least);

const widthOf = (columns: Array<Measured<never>>) =>
  columns.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length);

/** Without the least important columns, where there is not room for all. */
function fit<T>(columns: Array<Measured<T>>, most: number) {
  let fitted = columns;
  while (widthOf(fitted) > most) {
    const last = fitted.reduce((a, b) => (priorityOf(b) >= priorityOf(a) ? b : a));
    if (priorityOf(last) === 0) break;
    fitted = fitted.filter((one) => one !== last);
  }
  return fitted;
}

/** Those that were chosen, or else all that have something to show here, in the order of a table. */
function shownColumns<T>(
  { columns, chosen }: Selection<T>,
  items: readonly T[],
  view: CellView,
): readonly Column<T>[] {
  if (chosen) return columns;
  const elsewhere = view.isTTY ? 'elsewhere' : 'terminal';
  // Without `lead` a column stands after all that have one.
  const leadOf = ({ lead = 100, leadAtTerminal = lead }: Column<T>) =>
    view.isTTY ? leadAtTerminal : lead;
  // A live table has the columns that it has from the start.
  const hasAny = ({ value }: Column<T>) =>
    view.elapsed === undefined && items.some((item) => Boolean(value(item, view)));
  return columns
    .filter(({ where, priority }) => where !== elsewhere && priority !== null)
    .filter((column) => column.only !== 'if any' || hasAny(column))
    .sort((a, b) => leadOf(a) - leadOf(b));
}

/**
 * Chooses the columns of a table and their widths by the items known so far. No cell is wrapped or
 * cut.
 * @param kept the widths that a live table has had: they only grow, so that no column jumps
 */
export function layOut<T>(
  selection: Selection<T>,
  items: readonly T[],
  view: Omit<FormatOptions, 'numberIds'>,
  kept = new Map<string, number>(),
): TableLayout<T> {
  const { width: most, header, paint } = view;
  const shown = shownColumns(selection, items, view);
  const measured = (isNarrow: boolean) =>
    shown.map((column): Measured<T> => {
      const textOf = (isNarrow && column.short?.(items)) || column.text;
      const text = (item: T) =>
        plainText(textOf?.(item, view) ?? cellText(column.value(item, view)));
      const name = plainText(column.name).toUpperCase();
      const key = isNarrow ? `${name}…` : name;
      const least = Math.max(header ? stringWidth(name) : 0, kept.get(key) ?? 0);
      const width = widest(items.map(text), least);
      kept.set(key, width);
      return { column, name, text, width };
    });
  const whole = measured(false);
  const isTooWide = view.isTTY && !selection.chosen && widthOf(whole) > most;
  const fitted = isTooWide ? fit(measured(true), most) : whole;
  const columns = fitted.map(({ column }) => column);
  const widths = fitted.map(({ width }) => width);
  const cellsOf = (item: T) =>
    fitted.map(({ column, text }) => paint(column.style?.(item), text(item)));
  return {
    header: align([fitted.map(({ name }) => paint('bold', name))], widths).join(''),
    dropped: shown
      .filter((column) => column.only !== 'if room' && !columns.includes(column))
      .map(({ name }) => plainText(name)),
    rows: (some) => align(some.map(cellsOf), widths),
  };
}

// No border but the gap between two columns.
const sides = Object.keys(new CliTable().options.chars);
const chars = { ...Object.fromEntries(sides.map((side) => [side, ''])), middle: GAP };
const style = { 'padding-left': 0, 'padding-right': 0, border: [], compact: true };
/** How many rows one cli-table3 lays out: its time grows with the square of them. */
const AT_ONCE = 8;

/** @param widths of the columns at least */
function align(rows: readonly string[][], widths: readonly number[]) {
  const cellsOf = (column: number) => rows.map((row) => row[column] ?? '');
  const colWidths = widths.map((width, column) => widest(cellsOf(column), width));
  const lines: string[] = [];
  for (let start = 0; start < rows.length; start += AT_ONCE) {
    const grid = new CliTable({ chars, style, colWidths });
    grid.push(...rows.slice(start, start + AT_ONCE));
    lines.push(...grid.toString().split('\n'));
  }
  return lines.map((line) => line.trimEnd());
}

function fieldLines({ fields = [] }: { fields?: readonly Field[] }, { paint }: FormatOptions) {
  const rows = fields.map(({ name, value, text }) => [
    paint('bold', plainText(name).replaceAll('_', ' ')),
    text === undefined ? cellText(value) : plainText(text),
  ]);
  return joinLines(align(rows, [0, 0]));
}

/** As much of a text as fits; a character may be two columns wide. */
export function cutTo(text: string, width: number) {
  if (text.length <= width && stringWidth(text) <= width) return text;
  let cut = text.slice(0, width - 1);
  while (stringWidth(cut) >= width) cut = cut.slice(0, -1);
  return `${cut}…`;
}
