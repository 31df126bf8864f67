import stringWidth from 'string-width';
import { plainText } from '../../base/text.js';
import { cellText, type Selection } from '../columns.js';
import { fitColumns, headerLine, rowLines, shown, type FittedColumn } from '../table.js';
import { type Field, type FormatOptions, type ListWriter, type RowFormat } from './format.js';

/** So many rows decide the widths of a list; memory holds no more than these. */
const SAMPLE = 1000;
/** Later rows are laid out so many at a time. */
const BATCH = 100;

/** For people: aligned columns, two spaces apart. */
export const table: RowFormat = {
  holds: 'rows',
  events: false,
  list: (selection, options) => new TableWriter(selection, options),
  object: (fields, options) => fieldLines(fields, options),
};

class TableWriter<T> implements ListWriter<T> {
  readonly #selection: Selection<T>;
  readonly #options: FormatOptions;
  #waiting: T[] = [];
  #columns: FittedColumn<T>[] | undefined;

  constructor(selection: Selection<T>, options: FormatOptions) {
    this.#selection = selection;
    this.#options = options;
  }

  items(batch: readonly T[]): string {
    let text = '';
    for (const item of batch) {
      this.#waiting.push(item);
      if (this.#waiting.length === (this.#columns ? BATCH : SAMPLE)) text += this.#flush();
    }
    return text;
  }

  end(): string {
    return this.#flush();
  }

  broken(): string {
    return this.#flush();
  }

  /** Writes what waits; nothing at all, not even a header, for a list of nothing. */
  #flush(): string {
    const items = this.#waiting;
    if (items.length === 0) return '';
    this.#waiting = [];
    const lines: string[] = [];
    if (!this.#columns) {
      this.#columns = fitColumns(this.#selection, items, this.#options);
      if (this.#options.header) lines.push(headerLine(this.#columns, this.#options));
    }
    lines.push(...rowLines(this.#columns, items, this.#options));
    return lines.map((line) => `${line}\n`).join('');
  }
}

function fieldLines(fields: readonly Field[], options: FormatOptions): string {
  const { paint } = options;
  const labels = fields.map(({ name }) => name.replaceAll('_', ' '));
  const width = Math.max(0, ...labels.map((label) => stringWidth(label)));
  return fields
    .map(({ value, text }, index) => {
      const label = (labels[index] ?? '').padEnd(width);
      return `${paint('bold', label)}  ${shown(text === undefined ? cellText(value) : plainText(text), options)}\n`;
    })
    .join('');
}
