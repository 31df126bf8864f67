import type { Format } from './columns.js';
import { json, ndjson } from './formats/json.js';
import { table } from './formats/table.js';
import type { FormatName, Output } from './streams.js';

const loaded: Partial<Record<FormatName, Format>> = { table, json, ndjson };

/**
 * Called before a command does anything: it must be able to report even if the files of ldctl are
 * replaced meanwhile.
 */
export async function loadFormat(name: FormatName) {
  // These two need libraries, whose loading would slow the others down.
  if (name === 'yaml') loaded.yaml ??= (await import('./formats/yaml.js')).yaml;
  if (name === 'csv') loaded.csv ??= (await import('./formats/csv.js')).csv;
}

export function formatOf({ options }: Output): Format {
  const format = loaded[options.format];
  if (!format) throw new Error(`the format ${options.format} was not loaded`);
  return format;
}
