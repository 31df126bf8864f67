import type { FormatName } from '../output/formats.js';
import type { PrintOptions } from '../output/list.js';

/** The global output flags, as the parser gives them. */
export interface OutputFlags {
  output: FormatName;
  json: boolean;
  columns?: string;
  'no-header': boolean;
  'string-ids': boolean;
  utc: boolean;
  quiet: boolean;
}

export function printOptions(flags: OutputFlags): PrintOptions {
  return {
    format: flags.json ? 'json' : flags.output,
    columns: flags.columns?.split(',').map((name) => name.trim()),
    header: !flags['no-header'],
    stringIds: flags['string-ids'],
    utc: flags.utc,
  };
}
