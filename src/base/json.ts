import { LosslessNumber, stringify } from 'lossless-json';

/** An id has 20. To make a bigint of 31 MB of digits takes 15 s. */
const MOST_DIGITS = 40;
/** An entry has 2. What is nested far deeper overflows the stack when it is written again. */
const DEEPEST = 1000;

/**
 * Strings with what stands between them, so that digits in a string are passed over; or a number. A
 * string that is not closed goes to the end. At most 1,000 in one match: V8 keeps a position for each
 * repetition, and fails on millions.
 */
const TEXTS_OR_NUMBER = /(?:"[^"\\]*(?:\\.[^"\\]*)*"?[^"\d-]*){1,1000}|[-\d][\d.eE+-]*/g;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;

/**
 * Reads JSON without rounding: an integer becomes a bigint, or a string beyond 40 digits; any other
 * number keeps its digits as a `LosslessNumber`. Of two fields with one name the last counts, as
 * with `JSON.parse`.
 * @throws SyntaxError when the text is not JSON, or nested deeper than 1,000
 */
export function parseJson(text: string): unknown {
  // `JSON.parse` is fast, but rounds. So each number of the text is replaced by its index in this list,
  // and `restore` puts the exact one in its place.
  const numbers: unknown[] = [];
  const place = (token: string) =>
    token.startsWith('"') ? token : String(numbers.push(exactNumber(token)) - 1);
  const restore = (value: unknown, depth: number): unknown => {
    if (typeof value === 'number') return numbers[value];
    if (typeof value !== 'object' || value === null) return value;
    if (depth > DEEPEST) throw new SyntaxError('nested too deep');
    const fields = value as Record<string, unknown>;
    for (const name of Object.keys(fields)) fields[name] = restore(fields[name], depth + 1);
    return fields;
  };
  let placed: unknown;
  try {
    placed = JSON.parse(text.replace(TEXTS_OR_NUMBER, place));
  } catch {
    // Its own error quotes the text, which may hold half a key.
    throw new SyntaxError('not JSON, or was cut off');
  }
  return restore(placed, 1);
}

/** @throws Error when it is not a number */
function exactNumber(digits: string) {
  if (!INTEGER.test(digits)) return new LosslessNumber(digits);
  return digits.length > MOST_DIGITS ? digits : BigInt(digits);
}

/** How ids are written: bare numbers, or strings for readers that lose digits. */
export interface JsonStyle {
  indent?: number;
  stringIds?: boolean;
}

/** Writes JSON with every bigint digit for digit. */
export function stringifyJson(
  value: unknown,
  { indent, stringIds = false }: JsonStyle = {},
): string {
  return stringify(value, stringIds ? idsAsStrings : undefined, indent) ?? 'null';
}

/** A replacer for `JSON.stringify` and the like. */
export function idsAsStrings(_name: unknown, item: unknown): unknown {
  return typeof item === 'bigint' ? item.toString() : item;
}
