import assert from 'node:assert/strict';
import { parse as parseYaml } from 'yaml';
import { parseJson as parseExactly } from '../../src/base/json.js';

/** The formats that programs read. */
type DataFormat = 'json' | 'yaml' | 'csv' | 'ndjson';

/**
 * Reads what was printed in a format: one value for JSON and YAML, a list of lines' values for
 * NDJSON, and of records for CSV. Whole numbers are bigint, and those of CSV are text.
 * @throws Error when it is not of this format
 */
export function readAs(format: DataFormat, text: string): unknown {
  switch (format) {
    case 'json':
      return parseJson(text);
    case 'yaml':
      return withIds(parseYaml(text, { intAsBigInt: true, strict: true }));
    case 'ndjson':
      return linesOf(text).map((line) => parseJson(line));
    case 'csv':
      return readCsv(text);
  }
}

/**
 * Reads JSON that ldctl printed; its ids, which are text, as bigint.
 * @throws AssertionError for one that is a number
 */
export function parseJson(text: string): unknown {
  return withIds(parseExactly(text));
}

function withIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withIds);
  if (
    typeof value !== 'object' ||
    value === null ||
    Object.getPrototypeOf(value) !== Object.prototype
  ) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      /^(?:.*_)?id$/.test(name) ? idOf(field) : withIds(field),
    ]),
  );
}

function idOf(field: unknown): unknown {
  assert.notEqual(typeof field, 'bigint', `an id that is a number: ${String(field)}`);
  return typeof field === 'string' && /^\d{1,20}$/.test(field) ? BigInt(field) : field;
}

/** Each line ends with a line end, the last one too. */
function linesOf(text: string): string[] {
  assert.ok(text === '' || text.endsWith('\n'), 'the last line has no end');
  return text.split('\n').slice(0, -1);
}

/** Records by the header's names (RFC 4180, with bare line ends). */
function readCsv(text: string): Array<Record<string, string>> {
  const [header = [], ...rows] = linesOf(text).map((line) => {
    const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)];
    assert.equal(cells.map(([cell]) => cell).join(''), line, 'a line of CSV that cannot be read');
    return cells.map(([, quoted, bare = '']) => quoted?.replaceAll('""', '"') ?? bare);
  });
  return rows.map((row) => {
    assert.equal(row.length, header.length, 'a record of another length than the header');
    return Object.fromEntries(header.map((name, index) => [name, row[index] ?? '']));
  });
}
