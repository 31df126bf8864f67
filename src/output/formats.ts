import { type Field, type Format, type FormatOptions, type ListWriter } from './columns.js';
import { json, ndjson } from './formats/json.js';
import { table } from './formats/table.js';

export type { Field, FormatOptions, ListWriter };

/** The one table of formats. A new one is a file in `formats/`, and a line here. */
const TABLE = {
  table,
  json,
  // These two have libraries of their own, for which no other format should wait.
  yaml: async () => (await import('./formats/yaml.js')).yaml,
  csv: async () => (await import('./formats/csv.js')).csv,
  ndjson,
};

export type FormatName = keyof typeof TABLE;
export const FORMAT_NAMES = Object.keys(TABLE) as FormatName[];

const loaded = new Map<FormatName, Format>();

/**
 * A format, ready to be written in. A command loads its own before it does anything: what it has done must be told
 * even if the files of ldctl are replaced meanwhile.
 */
export async function loadFormat(name: FormatName): Promise<Format> {
  const entry = TABLE[name];
  const format = loaded.get(name) ?? (typeof entry === 'function' ? await entry() : entry);
  loaded.set(name, format);
  return format;
}

/** A format that was loaded before, or needs no loading. */
export function formatOf(name: FormatName): Format {
  const entry = TABLE[name];
  const format = typeof entry === 'function' ? loaded.get(name) : entry;
  if (!format) throw new Error(`the format ${name} was not loaded`);
  return format;
}
