import { isInteger, LosslessNumber, parse, stringify } from 'lossless-json';

/** Stands for a number while `JSON.parse` reads it as a string. Allowed in a string of JSON, and nowhere else in it. */
const MARK = '\u0080';
const HAS_MARK = /\u0080|\\u0080/;
const NUMBER = /([:[,]\s*)(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=\s*[,\]}])/g;

/**
 * Reads JSON without rounding: integers become bigint, every other number keeps its digits as a `LosslessNumber`. Of
 * two fields with one name the last counts, as with `JSON.parse`.
 *
 * `JSON.parse` does the work, since no parser written in JavaScript comes near it: numbers are handed to it as strings
 * that begin with a mark. Where something inside a string looks like a number, the quotes put around it end that
 * string, and the mark that follows is no JSON; such a text is read again by a parser that is exact, and slower.
 * @throws SyntaxError when the text is not JSON
 */
export function parseJson(text: string): unknown {
  if (HAS_MARK.test(text)) return parseSlowly(text);
  let marked: unknown;
  try {
    marked = JSON.parse(text.replace(NUMBER, `$1"${MARK}$2"`));
  } catch {
    return parseSlowly(text);
  }
  // Only a number that is all of the text has no mark.
  return typeof marked === 'number' ? exactNumber(text.trim()) : unmark(marked);
}

function parseSlowly(text: string): unknown {
  return parse(text, undefined, { parseNumber: exactNumber, onDuplicateKey: ({ newValue }) => newValue });
}

function exactNumber(digits: string): bigint | LosslessNumber {
  return isInteger(digits) ? BigInt(digits) : new LosslessNumber(digits);
}

/** Puts the numbers back, in place. */
function unmark(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(MARK) ? exactNumber(value.slice(MARK.length)) : value;
  if (Array.isArray(value)) {
    value.forEach((item, index) => (value[index] = unmark(item)));
  } else if (isObject(value)) {
    for (const name of Object.keys(value)) value[name] = unmark(value[name]);
  }
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** How ids are written: bare numbers, or strings for readers that lose digits (`--string-ids`). */
export interface JsonStyle {
  indent?: number;
  stringIds?: boolean;
}

/** Writes JSON with every bigint digit for digit. Plain objects and arrays only. */
export function stringifyJson(value: unknown, style: JsonStyle = {}): string {
  const replacer = style.stringIds
    ? (_key: string, item: unknown): unknown => (typeof item === 'bigint' ? item.toString() : item)
    : undefined;
  return stringify(value, replacer, style.indent) ?? 'null';
}
