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

/** So many rows decide the columns of a list and their widths; memory holds no more than these. */
const SAMPLE = 1000;
/** Later rows are laid out so many at a time. */
const BATCH = 100;

/** For people: aligned columns, two spaces apart. */
export const table: Format = {
  holds: 'rows',
  events: false,
  list: (selection, options) => tableWriter(selection, options),
  object: ({ fields = [] }, options) => fieldLines(fields, options),
};

export type TableLook = Omit<FormatOptions, 'numberIds'>;

/** Writes nothing at all, not even a header, for a list of nothing. */
function tableWriter<T>(selection: Selection<T>, options: FormatOptions): ListWriter<T> {
  let waiting: T[] = [];
  let layout: TableLayout<T> | null = null;
  const flush = (): string => {
    if (waiting.length === 0) return '';
    const items = waiting;
    waiting = [];
    const head = layout === null && options.header;
    layout ??= new TableLayout(selection, items, options);
    return [...(head ? [layout.header()] : []), ...layout.rows(items)].map((line) => `${line}\n`).join('');
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
  readonly #columns: readonly FittedColumn<T>[];
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
    const total = (): number => fitted.reduce((sum, column) => sum + column.width + GAP.length, -GAP.length);
    while (width !== null && !chosen && total() > width) {
      const last = fitted.reduce((a, b) => (b.column.priority >= a.column.priority ? b : a));
      if (last.column.priority === 0) break;
      fitted = fitted.filter((kept) => kept !== last);
    }
    this.#columns = fitted;
  }

  /** Upper case and bold. */
  header(): string {
    const cells = this.#columns.map(({ column }) => this.#look.paint('bold', column.name.toUpperCase()));
    const widths = this.#columns.map(({ width }) => width);
    return layOut([cells], widths).join('');
  }

  /** One line an item. A cell that is wider than its column widens it for the items given with it. */
  rows(items: readonly T[]): string[] {
    const texts = items.map((item) => this.#columns.map(({ text }) => text(item)));
    const widths = this.#columns.map(({ width }, place) =>
      Math.max(width, ...texts.map((row) => stringWidth(row[place] ?? ''))),
    );
    const painted = items.map((item, row) =>
      this.#columns.map(({ column }, place) => this.#look.paint(column.style?.(item), texts[row]?.[place] ?? '')),
    );
    return layOut(painted, widths);
  }
}

// Every border that cli-table3 knows is left out, but for the gap between two columns.
const BORDERS = ['top', 'bottom', 'left', 'right', 'mid', 'mid-mid', 'left-mid', 'right-mid'] as const;
const CORNERS = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right'] as const;
const NO_BORDERS = { ...Object.fromEntries([...BORDERS, ...CORNERS].map((name) => [name, ''])), middle: GAP };
/** It looks for cells in the way of each other among all above, so that its time grows with the square of the rows. */
const AT_ONCE = 8;

function layOut(rows: readonly string[][], colWidths: number[]): string[] {
  if (rows.length > AT_ONCE)
    return [...layOut(rows.slice(0, AT_ONCE), colWidths), ...layOut(rows.slice(AT_ONCE), colWidths)];
  const style = { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true };
  const grid = new CliTable({ chars: NO_BORDERS, style, colWidths });
  grid.push(...rows);
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

function fieldLines(fields: readonly Field[], { paint }: FormatOptions): string {
  const labels = fields.map(({ name }) => name.replaceAll('_', ' '));
  const width = Math.max(0, ...labels.map((label) => label.length));
  return fields
    .map(({ value, text }, index) => {
      const label = paint('bold', (labels[index] ?? '').padEnd(width));
      return `${label}  ${text === undefined ? cellText(value) : plainText(text)}\n`;
    })
    .join('');
}
