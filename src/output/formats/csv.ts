import { stringify } from 'csv-stringify/sync';
import { plainText } from '../../base/text.js';
import type { Cell, Format } from '../columns.js';

/** Values are data: ids in plain digits, times as the API gave them. */
export const csv: Format = {
  holds: 'rows',
  list: ({ columns, chosen }, options) => {
    const shown = columns.filter(({ where }) => chosen || where !== 'terminal');
    const head = options.header ? [shown.map(({ name }) => name)] : [];
    // The header is taken by the first that is written.
    const write = (rows: Cell[][]) => records([...head.splice(0), ...rows]);
    return {
      items: (batch) => write(batch.map((item) => shown.map(({ value }) => value(item, options)))),
      end: () => write([]),
    };
  },
  object: ({ fields = [] }, { header }) =>
    records([
      ...(header ? [fields.map(({ name }) => name)] : []),
      fields.map(({ value }) => value),
    ]),
};

/**
 * A text that a spreadsheet would run as a formula (`=…`, `+…`, `@…`), such as a hostile name, gets
 * an apostrophe in front.
 */
const records = (rows: ReadonlyArray<readonly Cell[]>) =>
  stringify([...rows], {
    cast: { boolean: String, string: (text) => plainText(text) },
    escape_formulas: true,
    // The runner of GitHub Actions would treat such a line as a command.
    quoted_match: /^\s*::/,
  });
