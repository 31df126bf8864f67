import CliTable from 'cli-table3';
import stringWidth from 'string-width';
import { plainText } from '../../base/text.js';
import {
  cellText,
  type Column,
  type Selection,
  type Field,
  type FormatOptions,
  type ListWriter,
  type RowFormat,
} from '../columns.js';

/** So many rows decide the columns of a list and their widths; memory holds no more than these. */
const SAMPLE = 1000;
/** Later rows are laid out so many at a time. */
const BATCH = 100;

/** For people: aligned columns, two spaces apart. */
export const table: RowFormat = {
  holds: 'rows',
  events: false,
  list: (selection, options) => tableWriter(selection, options),
  object: (fields, options) => fieldLines(fields, options),
};

export type TableLook = Pick<FormatOptions, 'view' | 'paint' | 'header' | 'width'>;

function tableWriter<T>(selection: Selection<T>, options: FormatOptions): ListWriter<T> {
  let waiting: T[] = [];
  let layout: TableLayout<T> | null = null;
  /** Writes what waits; nothing at all, not even a header, for a list of nothing. */
  const flush = (): string => {
    if (waiting.length === 0) return '';
    const items = waiting;
    waiting = [];
    const isFirst = layout === null;
    layout ??= new TableLayout(selection, items, options);
    const lines = [...(isFirst && options.header ? [layout.header()] : []), ...layout.rows(items)];
    return lines.map((line) => `${line}\n`).join('');
  };
  const items = (batch: readonly T[]): string => {
    let text = '';
    for (const item of batch) {
      waiting.push(item);
      if (waiting.length === (layout ? BATCH : SAMPLE)) text += flush();
    }
    return text;
  };
  return { items, end: flush, broken: flush };
}

/** A column that made it into the table: how its cells read, and how wide it is at least. */
interface FittedColumn<T> {
  column: Column<T>;
  text: (item: T) => string;
  width: number;
}

const GAP = '  ';

/** The columns of a table and their widths, by the items known so far. Nothing is wrapped or cut, ids above all. */
export class TableLayout<T> {
  readonly columns: readonly FittedColumn<T>[];
  readonly #look: TableLook;

  /** @param widths that a table has had, for one that is drawn again and again: its columns only grow, so that none jumps */
  constructor({ columns, chosen }: Selection<T>, items: readonly T[], look: TableLook, widths?: Map<string, number>) {
    const { width, view } = look;
    this.#look = look;
    const elsewhere = width === null ? 'terminal' : 'elsewhere';
    let fitted = columns
      .filter(({ extra, where }) => chosen || (!extra && where !== elsewhere))
      .map((column): FittedColumn<T> => {
        const text = (item: T): string =>
          plainText(column.text ? column.text(item, view) : cellText(column.value(item)));
        const heading = look.header ? column.name.length : 0;
        const most = Math.max(heading, widths?.get(column.name) ?? 0, ...items.map((item) => stringWidth(text(item))));
        widths?.set(column.name, most);
        return { column, text, width: most };
      });
    while (width !== null && !chosen && totalWidth(fitted) > width && fitted.length > 1) {
      const last = fitted.reduce((a, b) => (b.column.priority >= a.column.priority ? b : a));
      if (last.column.priority === 0) break;
      fitted = fitted.filter((kept) => kept !== last);
    }
    this.columns = fitted;
  }

  /** Upper case and bold. */
  header(): string {
    const cells = this.columns.map(({ column }) => this.#look.paint('bold', column.name.toUpperCase()));
    return layOut(
      [cells],
      this.columns.map(({ width }) => width),
    ).join('');
  }

  /** One line an item. A cell that is wider than its column widens it for the items given with it. */
  rows(items: readonly T[]): string[] {
    const texts = items.map((item) => this.columns.map(({ text }) => text(item)));
    const widths = this.columns.map(({ width }, place) =>
      Math.max(width, ...texts.map((row) => stringWidth(row[place] ?? ''))),
    );
    const painted = items.map((item, row) =>
      this.columns.map(({ column }, place) => this.#look.paint(column.style?.(item), texts[row]?.[place] ?? '')),
    );
    return batches(painted).flatMap((batch) => layOut(batch, widths));
  }
}

function totalWidth(columns: ReadonlyArray<{ width: number }>): number {
  return columns.reduce((sum, { width }) => sum + width, 0) + GAP.length * (columns.length - 1);
}

// Every border that cli-table3 knows is left out, but for the gap between two columns.
const BORDERS = ['top', 'bottom', 'left', 'right', 'mid', 'mid-mid', 'left-mid', 'right-mid'] as const;
const CORNERS = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right'] as const;
const NO_BORDERS = { ...Object.fromEntries([...BORDERS, ...CORNERS].map((name) => [name, ''])), middle: GAP };

/** cli-table3 looks for cells in the way of each other, among all above: the time grows with the square of the rows. */
function batches(rows: string[][], size = 8): string[][][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, n) => rows.slice(n * size, (n + 1) * size));
}

function layOut(rows: string[][], widths: number[]): string[] {
  const grid = new CliTable({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: widths,
  });
  grid.push(...rows);
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

function fieldLines(fields: readonly Field[], { paint }: FormatOptions): string {
  const labels = fields.map(({ name }) => name.replaceAll('_', ' '));
  const width = Math.max(0, ...labels.map((label) => stringWidth(label)));
  return fields
    .map(({ value, text }, index) => {
      const label = paint('bold', (labels[index] ?? '').padEnd(width));
      return `${label}  ${text === undefined ? cellText(value) : plainText(text)}\n`;
    })
    .join('');
}
