import { type Cell, type CellView, type Selection } from '../columns.js';
import { type ErrorDocument } from '../../base/errors.js';
import { type Paint } from '../style.js';

/** How things are written, whatever the format. */
export interface FormatOptions {
  /** Column names on top of a table and of CSV. */
  header: boolean;
  /** Ids as bare numbers in JSON, YAML and NDJSON, for readers that keep their digits. */
  numberIds: boolean;
  view: CellView;
  paint: Paint;
  /** Whether signs beyond ASCII cannot be shown. */
  ascii: boolean;
  /** The width of the terminal a table must fit, in columns; null where there is none. */
  width: number | null;
}

/** A list on its way out. Each method returns the text to write next, which may be empty. */
export interface ListWriter<T> {
  /** Some more of it. */
  items(batch: readonly T[]): string;
  /** `total` is what the source knows to exist, before filters; null where that is not told. */
  end(total: number | null): string;
  /** The source failed after its first item: what keeps the output readable in this format. */
  broken(error: ErrorDocument): string;
}

/** One thing's fields, for formats of rows. */
export interface Field {
  name: string;
  value: Cell;
  /** For people, where the value itself does not do. */
  text?: string;
}

/** A format of rows and columns: it shows what the columns say. */
export interface RowFormat {
  holds: 'rows';
  events: false;
  list<T>(selection: Selection<T>, options: FormatOptions): ListWriter<T>;
  object(fields: readonly Field[], options: FormatOptions): string;
}

/** A format of whole values: it shows each thing as it is. */
export interface ValueFormat {
  holds: 'values';
  list(options: FormatOptions): ListWriter<unknown>;
  object(value: unknown, options: FormatOptions): string;
  /** Whether what is followed is told event by event, the last one being its result. */
  events: boolean;
}

export type Format = RowFormat | ValueFormat;
