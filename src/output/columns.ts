import { ageText } from '../base/durations.js';
import type { ErrorDocument } from '../base/errors.js';
import type { Id, NodeNames } from '../base/ids.js';
import { plainText } from '../base/text.js';
import type { Paint, StyleName } from './streams.js';

export type Cell = string | number | bigint | boolean | null | undefined;

/** What the text of a cell may depend on. */
export interface CellView {
  utc: boolean;
  /** The wall clock, ms. */
  now: number;
  /** The monotonic clock, ms; in a live display only. */
  elapsed?: number;
  names: NodeNames;
  /** What users are called, by their ids. */
  people: NodeNames;
  isTTY: boolean;
}

/** A column of a table and of CSV. */
export interface Column<T> {
  name: string;
  /**
   * A terminal that is too narrow drops the column with the highest number first, and never one
   * with 0. Null: a table shows it only when `--columns` names it, and CSV always does.
   */
  priority: number | null;
  /** For CSV, and for a table without `text`. */
  value: (item: T, view: Pick<CellView, 'names'>) => Cell;
  /** For people. Control characters are taken out afterwards. */
  text?: (item: T, view: CellView) => string;
  /** A shorter text for these rows, tried where there is little room, before a column is dropped. */
  short?: (items: readonly T[]) => (item: T, view: CellView) => string;
  style?: (item: T) => StyleName | undefined;
  /**
   * `if any`: a table shows it only if a row has a value, and never while it is live. `if room`: it
   * is dropped without a word. Neither counts where `--columns` names it.
   */
  only?: 'if any' | 'if room';
  /** Tables start with these, the lowest first; CSV keeps the order of the list. */
  lead?: number;
  /** At a terminal in its place. */
  leadAtTerminal?: number;
  /** Only in tables at a terminal, or everywhere else; unless `--columns` names it. */
  where?: 'terminal' | 'elsewhere';
}

/** A column that is a field as it is. */
export function fieldColumn<T>(
  name: string,
  priority: number | null,
  field: keyof T,
  more: Partial<Column<T>> = {},
): Column<T> {
  return { name, priority, value: (item) => item[field] as Cell, ...more };
}

/** The columns to show, and whether the user chose them (then none is ever dropped). */
export interface Selection<T> {
  columns: readonly Column<T>[];
  chosen: boolean;
  /** When an item was: a terminal then has a line where the day changes. */
  timeOf?: ((item: T) => string) | undefined;
  /** Of a run: only running it again would show another column, and nothing may advise that. */
  isOfRun?: boolean;
}

export interface FormatOptions extends CellView {
  header: boolean;
  numberIds: boolean;
  paint: Paint;
  /** Of the terminal. */
  width: number;
}

/** Each method returns the text to write next. */
export interface ListWriter<T> {
  /** @param batch at least one */
  items(batch: readonly T[]): string;
  /**
   * @param total how many there are before filters; null where that is not written
   * @param errors what could not be read, for formats of values
   */
  end(total: number | null, errors?: readonly object[]): string;
  /**
   * In place of `end`, when the source failed after its first item: keeps the output well-formed.
   */
  broken?(error: ErrorDocument): string;
}

/** Of a single object, in formats of rows. */
export interface Field {
  name: string;
  value: Cell;
  /** For people, in place of the value. */
  text?: string;
}

export interface Format {
  /** `rows` shows the columns, `values` whole items. */
  holds: 'rows' | 'values';
  list<T>(selection: Selection<T>, options: FormatOptions): ListWriter<T>;
  object(thing: { value?: unknown; fields?: readonly Field[] }, options: FormatOptions): string;
}

/** Text for people: never empty, and harmless for a terminal. */
export function cellText(value: Cell) {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return plainText(String(value));
}

/** What a node is called: its name at a terminal; elsewhere, and where it has none, its id. */
export function nodeText(
  id: Id | null | undefined,
  { names, isTTY }: Pick<CellView, 'names' | 'isTTY'>,
) {
  return cellText((isTTY && id && names.get(id)) || id);
}

/** `610809900976570889 (broker-1)`: where its id is needed, too. */
export function idAndName(id: Id, names: NodeNames) {
  const name = names.get(id);
  return name === undefined ? String(id) : `${id} (${name})`;
}

/** The node of a row. */
export const nodeColumn = <T extends { node_id?: Id | null }>(priority: number, lead: number) =>
  namedColumn<T>('node', priority, 'node_id', { lead });

/** The field has an id: at a terminal its name, or the end of it where there is little room. */
export function namedColumn<T>(
  name: string,
  priority: number,
  field: keyof T,
  { by = 'names', ...more }: Partial<Column<T>> & { by?: 'names' | 'people' },
): Column<T> {
  const idOf = (item: T) => item[field] as Id | null | undefined;
  const viewOf = ({ isTTY, [by]: names }: CellView) => ({ isTTY, names });
  return fieldColumn(name, priority, field, {
    text: (item, view) => nodeText(idOf(item), viewOf(view)),
    short: (rows) => {
      const short = shortNodes(rows.map(idOf));
      return (item, view) => short(idOf(item), viewOf(view));
    },
    ...more,
  });
}

/** Nodes by their names, or by the ends of their ids: as many digits as tell them apart. */
export function shortNodes(nodes: ReadonlyArray<Id | null | undefined>, least = 4) {
  const ids = [...new Set(nodes.map(String))];
  let digits = least;
  while (new Set(ids.map((id) => id.slice(-digits))).size < ids.length) digits += 1;
  return (id: Id | null | undefined, view: Pick<CellView, 'names' | 'isTTY'>) => {
    const text = nodeText(id, view);
    return text.length > digits && text === String(id) ? `…${text.slice(-digits)}` : text;
  };
}

/** The node's name, for CSV and for tables off a terminal, where NODE is the id. */
export function nameColumn<T extends { node_id?: Id | null }>(
  priority: number,
  lead: number,
): Column<T> {
  return {
    name: 'name',
    priority,
    lead,
    where: 'elsewhere',
    only: 'if any',
    value: ({ node_id: id }, { names }) =>
      id === null || id === undefined ? undefined : names.get(id),
  };
}

/** The field has a time of the API; with `isAge` a terminal shows how long ago that was. */
export function timeColumn<T>(
  name: string,
  priority: number | null,
  field: keyof T,
  { isAge = false, ...more }: Partial<Column<T>> & { isAge?: boolean } = {},
): Column<T> {
  const text = (item: T, { isTTY, utc, now }: CellView) => {
    const time = String(item[field] ?? '-');
    return isAge && isTTY ? ageText(time, now) : timeText(time, utc);
  };
  return fieldColumn(name, priority, field, { text, ...more });
}

/**
 * A time of the API (RFC 3339) as `2026-03-16 12:00:05`, local, or in UTC with a `Z`. Other text
 * stays as it is.
 */
export function timeText(text: string, utc: boolean) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return plainText(text);
  // Shifted, so that `toISOString` writes local time.
  const shown = utc ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return `${shown.toISOString().slice(0, 19).replace('T', ' ')}${utc ? 'Z' : ''}`;
}

/** The date so many days before now, local or in UTC: a day may have 23 hours. @param now ms, UTC */
export function dateText(now: number, daysAgo: number, utc: boolean) {
  const date = new Date(timeText(new Date(now).toISOString(), utc).slice(0, 10));
  date.setUTCDate(date.getUTCDate() - daysAgo);
  return date.toISOString().slice(0, 10);
}

/** By the server's clock; null before it has finished. */
export function tookMs(activity: {
  created_at: string | null;
  finished_at?: string | null;
}): number | null {
  const took = Date.parse(activity.finished_at ?? '') - Date.parse(activity.created_at ?? '');
  return took >= 0 ? took : null;
}

/** Of which of several deployments a row is, if it says so. */
interface Placed {
  deployment_id?: Id | null;
  deployment_path?: string | null;
  profile?: string | null;
}

/**
 * @param places what each is called
 * @param profiles by which each was chosen: on a narrow screen they are enough
 */
export function deploymentColumns(
  places: ReadonlyMap<Id, string>,
  profiles: ReadonlyMap<Id, string>,
): Array<Column<Placed>> {
  const all = [...places.values()].join('\n');
  // What all paths start with, and what they end with.
  const [, start = ''] = /^(.*\/).*(?:\n\1.*)*$/.exec(all) ?? [];
  const [, end = ''] = /^.*?(\/.*)(?:\n.*?\1)*$/.exec(all) ?? [];
  const textOf = ({ deployment_id: id }: Placed) => (id && places.get(id)) || cellText(id);
  const profile: Column<Placed> = {
    ...fieldColumn('profile', 0, 'profile'),
    lead: -2,
    value: ({ deployment_id: id }) => (id ? profiles.get(id) : null),
  };
  return [
    ...(profiles.size > 0 ? [profile] : []),
    fieldColumn('deployment', profiles.size > 0 ? 3 : 0, 'deployment_id', {
      lead: -1,
      text: textOf,
      // The paths of two tenants may be the same.
      short: () => (row) =>
        textOf(row).slice(start.length, -end.length || undefined) || textOf(row),
    }),
    fieldColumn('deployment_path', null, 'deployment_path'),
  ];
}
