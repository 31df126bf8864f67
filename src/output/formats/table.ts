import CliTable from 'cli-table3';
import stringWidth from 'string-width';
import { plainText } from '../../base/text.js';
import {
  cellText,
  type Column,
  type Field,
  type Format,
  type FormatOptions,
  type ListWriter,
  type Selection,
} from '../columns.js';

/** The first rows decide which columns fit, and how wide they are. */
const SAMPLE = 1000;
/** Later rows are laid out by this many. */
const BATCH = 100;

/** For people: aligned columns, two spaces apart. */
export const table: Format = { holds: 'rows', list: tableWriter, object: fieldLines };

/** An empty list has no header either. */
function tableWriter<T>(selection: Selection<T>, options: FormatOptions): ListWriter<T> {
  let waiting: T[] = [];
  let layout: TableLayout<T> | null = null;
  const flush = () => {
    if (waiting.length === 0) return '';
    const items = waiting;
    waiting = [];
    const hasHeader = layout === null && options.header;
    layout ??= layOut(selection, items, options);
    return [...(hasHeader ? [layout.header] : []), ...layout.rows(items)]
      .map((line) => `${line}\n`)
      .join('');
  };
  const items = (batch: readonly T[]) => {
    let text = '';
    for (const item of batch) {
      waiting.push(item);
      if (waiting.length === (layout ? BATCH : SAMPLE)) text += flush();
    }
    return text;
  };
  const foot = () =>
    layout && layout.dropped.length > 0
      ? `${options.paint('dim', `no room for ${layout.dropped.join(', ').toUpperCase()}`)}\n`
      : '';
  return { items, end: () => flush() + foot(), broken: flush };
}

interface TableLayout<T> {
  /** Upper case and bold. */
  header: string;
  /** The names of those that the terminal has no room for, and that are missed. */
  dropped: string[];
  /** A line for each item. A cell that is too wide widens its column for these items. */
  rows(items: readonly T[]): string[];
}

/** A column as wide as its name and its cells. */
interface Measured<T> {
  column: Column<T>;
  name: string;
  text: (item: T) => string;
  width: number;
}

const GAP = '  ';

const priorityOf = ({ column }: Measured<never>) => column.priority ?? 0;

/** Shortens columns where there is not room for all, then drops the least important ones. */
function fit<T>(
  whole: Measured<T>[],
  shorten: (one: Measured<T>) => Measured<T>,
  most: number | null,
) {
  const isTooWide = (some: Measured<T>[]) =>
    most !== null && some.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length) > most;
  if (!isTooWide(whole)) return whole;
  let fitted = whole.map(shorten);
  while (isTooWide(fitted)) {
    const last = fitted.reduce((a, b) => (priorityOf(b) >= priorityOf(a) ? b : a));
    if (priorityOf(last) === 0) break;
    fitted = fitted.filter((one) => one !== last);
  }
  // Once a column is dropped, the others may have room for all of theirs.
  const roomy = whole.filter(({ column }) => fitted.some((one) => one.column === column));
  return isTooWide(roomy) ? fitted : roomy;
}

/**
 * Chooses the columns of a table and their widths by the items known so far. No cell is wrapped or
 * cut.
 * @param kept the widths that a live table has had: they only grow, so that no column jumps
 */
export function layOut<T>(
  { columns, chosen }: Selection<T>,
  items: readonly T[],
  { width: most, view, header, paint }: Omit<FormatOptions, 'numberIds'>,
  kept = new Map<string, number>(),
): TableLayout<T> {
  const elsewhere = most === null ? 'terminal' : 'elsewhere';
  const isShown = ({ priority, only, where, value }: Column<T>) => {
    if (where === elsewhere || priority === null) return false;
    if (only !== 'if any') return true;
    return view.elapsed === undefined && items.some((item) => Boolean(value(item, view)));
  };
  const shown = chosen
    ? columns
    : columns.filter(isShown).sort((a, b) => (a.lead ?? Infinity) - (b.lead ?? Infinity) || 0);
  const measure = (column: Column<T>, key: string, textOf = column.text): Measured<T> => {
    const text = (item: T) =>
      plainText(textOf ? textOf(item, view) : cellText(column.value(item, view)));
    const name = plainText(column.name).toUpperCase();
    const least = Math.max(header ? stringWidth(name) : 0, kept.get(key) ?? 0);
    const width = Math.max(least, ...items.map((item) => stringWidth(text(item))));
    kept.set(key, width);
    return { column, name, text, width };
  };
  const whole = shown.map((column) => measure(column, column.name));
  const shorten = (one: Measured<T>): Measured<T> => {
    const { name, short } = one.column;
    return short ? measure(one.column, `${name}…`, short(items)) : one;
  };
  const fitted = fit(whole, shorten, chosen ? null : most);
  const isMissed = (column: Column<T>) =>
    column.only !== 'if room' && !fitted.some((one) => one.column === column);
  const names = fitted.map(({ name }) => paint('bold', name));
  const widths = fitted.map(({ width }) => width);
  return {
    header: align([names], widths).join(''),
    dropped: shown.filter(isMissed).map(({ name }) => plainText(name)),
    rows: (some) => {
      const texts = some.map((item) => fitted.map(({ text }) => text(item)));
      const wide = widths.map((width, place) =>
        Math.max(width, ...texts.map((row) => stringWidth(row[place] ?? ''))),
      );
      const painted = some.map((item, row) =>
        fitted.map(({ column }, place) => paint(column.style?.(item), texts[row]?.[place] ?? '')),
      );
      return align(painted, wide);
    },
  };
}

// No border but the gap between two columns. Some of these names mean nothing to cli-table3.
const SIDES = ['top', 'bottom', 'left', 'right', 'mid'].flatMap((a) => [
  a,
  ...['left', 'mid', 'right'].map((b) => `${a}-${b}`),
]);
const chars = { ...Object.fromEntries(SIDES.map((name) => [name, ''])), middle: GAP };
const style = { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true };
/** Rows of one cli-table3: its time grows with the square of them. */
const AT_ONCE = 8;

function align(rows: readonly string[][], colWidths: number[]) {
  const lines: string[] = [];
  for (let start = 0; start < rows.length; start += AT_ONCE) {
    const grid = new CliTable({ chars, style, colWidths });
    grid.push(...rows.slice(start, start + AT_ONCE));
    lines.push(...grid.toString().split('\n'));
  }
  return lines.map((line) => line.trimEnd());
}

function fieldLines({ fields = [] }: { fields?: readonly Field[] }, { paint }: FormatOptions) {
  const labels = fields.map(({ name }) => plainText(name).replaceAll('_', ' '));
  const width = Math.max(0, ...labels.map((label) => stringWidth(label)));
  return fields
    .map(({ value, text }, index) => {
      const name = labels[index] ?? '';
      const label = paint('bold', name + ' '.repeat(width - stringWidth(name)));
      return `${label}  ${text === undefined ? cellText(value) : plainText(text)}\n`;
    })
    .join('');
}
