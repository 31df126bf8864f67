import * as Flags from '@oclif/core/flags';
import type { FlagInput } from '@oclif/core/interfaces';
import { FORMAT_NAMES } from '../output/streams.js';

/** What the parser makes of flags, by their definitions. */
export type FlagsOf<T> = T extends FlagInput<infer Parsed> ? Parsed : never;

export const helpGroup = 'GLOBAL';

/** How the result is written. Every command has these. */
export const outputFlags = {
  output: Flags.option({ options: FORMAT_NAMES })({
    char: 'o',
    helpGroup,
    summary: 'The format of the result.',
    default: 'table',
  }),
  json: Flags.boolean({ helpGroup, summary: 'The same as -o json.' }),
  columns: Flags.string({
    helpGroup,
    summary: 'Columns of a table or of CSV, in this order.',
    helpValue: 'a,b',
  }),
  'no-header': Flags.boolean({ helpGroup, summary: 'Leave out the header of a table or of CSV.' }),
  'number-ids': Flags.boolean({
    helpGroup,
    summary: 'Write ids as bare numbers in JSON, for readers that keep 64 bits.',
  }),
  utc: Flags.boolean({ helpGroup, summary: 'Show times in UTC instead of local time.' }),
  quiet: Flags.boolean({
    char: 'q',
    helpGroup,
    summary: 'Say nothing on stderr but warnings and errors.',
  }),
  debug: Flags.boolean({ helpGroup, summary: 'Show every request on stderr, without the key.' }),
};
