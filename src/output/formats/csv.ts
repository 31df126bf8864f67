import { stringify } from 'csv-stringify/sync';
import { plainText } from '../../base/text.js';
import type { Cell, Format } from '../columns.js';

/** Values are data: ids in plain digits, times as the API gave them. */
export const csv: Format = {
  holds: 'rows',
  list: ({ columns, chosen }, { header, view }) => {
    const shown = columns.filter(({ where }) => chosen || where !== 'terminal');
    let head = header ? records([shown.map(({ name }) => name)]) : '';
    const withHead = (text: string) => {
      const all = head + text;
      head = '';
      return all;
    };
    return {
      items: (batch) =>
        withHead(records(batch.map((item) => shown.map(({ value }) => value(item, view))))),
      end: () => withHead(''),
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
function records(rows: ReadonlyArray<readonly Cell[]>) {
  const plain = (cell: Cell): Cell => {
    if (typeof cell === 'boolean') return String(cell);
    return typeof cell === 'string' ? plainText(cell) : cell;
  };
  return stringify(
    rows.map((cells) => cells.map(plain)),
    { escape_formulas: true },
  );
}
