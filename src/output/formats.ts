import { csv } from './formats/csv.js';
import { type Format } from './formats/format.js';
import { json } from './formats/json.js';
import { ndjson } from './formats/ndjson.js';
import { table } from './formats/table.js';
import { yaml } from './formats/yaml.js';

/** The one table of formats. A new one is a file beside these, and a line here. */
const TABLE = { table, json, yaml, csv, ndjson };

export type FormatName = keyof typeof TABLE;

export const FORMAT_NAMES = Object.keys(TABLE) as FormatName[];

export const FORMATS: Readonly<Record<FormatName, Format>> = TABLE;
