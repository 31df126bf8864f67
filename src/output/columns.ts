import { UsageError } from '../base/errors.js';
import { plainText } from '../base/text.js';
import { type StyleName } from './style.js';

/** A value as data: exact, and without a look. */
export type Cell = string | number | bigint | boolean | null | undefined;

/** What the text of a cell may depend on. */
export interface CellView {
  /** Times in UTC rather than local. */
  utc: boolean;
  /** In a display that is drawn again and again: for what ticks. */
  now?: Now;
  /** The time of day up to which what is shown is true, where nothing newer can be seen. */
  asOf?: string;
}

/** By the two clocks, ms: the wall clock (UTC) for what began at a time of the server, the monotonic one for all else. */
export interface Now {
  wall: number;
  elapsed: number;
}

/** A column of a table and of CSV, defined once for both. */
export interface Column<T> {
  /** As written in `--columns` and in the header. */
  name: string;
  /** 1 is kept longest when a terminal is too narrow for all columns. */
  priority: number;
  /** The same for its whole text, where that matters less than other columns; by default it is shortened first of all. */
  wholePriority?: number;
  /** The data, for CSV; and for a table too, where there is no `text`. */
  value: (item: T) => Cell;
  /** For people. Control characters are taken out afterwards. */
  text?: (item: T, view: CellView) => string;
  /** Shorter texts for a narrow terminal, each shorter than the one before. */
  narrow?: ReadonlyArray<(item: T, view: CellView) => string>;
  style?: (item: T) => StyleName | undefined;
  /** Shown in a table only when it is asked for by `--columns`; always in CSV. */
  extra?: boolean;
  /** Unless it is asked for: shown in tables at a terminal alone, or everywhere but there. */
  where?: 'terminal' | 'elsewhere';
}

/** The columns to show, and whether the user chose them (then none is ever dropped). */
export interface Selection<T> {
  columns: readonly Column<T>[];
  chosen: boolean;
}

/**
 * Applies `--columns`: its names, in any case, in its order.
 * @throws UsageError for a name that is not there, or given twice, and for an empty list
 */
export function selectColumns<T>(columns: readonly Column<T>[], names: readonly string[] | undefined): Selection<T> {
  if (names === undefined) return { columns, chosen: false };
  const hint = `The columns are: ${columns.map((column) => column.name).join(', ')}.`;
  if (names.length === 0) throw new UsageError('--columns names no column', { code: 'invalid_columns', hint });
  const selected = names.map((name) => {
    const column = columns.find((candidate) => candidate.name === name.toLowerCase());
    if (!column) throw new UsageError(`there is no column ${JSON.stringify(name)}`, { code: 'invalid_columns', hint });
    return column;
  });
  if (new Set(selected).size < selected.length) {
    throw new UsageError('--columns names a column twice', { code: 'invalid_columns', hint });
  }
  return { columns: selected, chosen: true };
}

/** Data as text for people: what is not there is a dash, so that no cell is empty; harmless for a terminal. */
export function cellText(value: Cell): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return plainText(String(value));
}
