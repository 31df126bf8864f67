import { LosslessNumber, stringify } from 'lossless-json';

/** An id has 20. To make a bigint of 31 MB of digits takes 15 s. */
const MOST_DIGITS = 40;
/** An entry has 2. What is nested far deeper overflows the stack when it is written again. */
const DEEPEST = 1000;

/**
 * Texts and what stands between them, up to the next number; or what may be one. A text that is not
 * closed goes to the end. A thousand at once: V8 remembers where each one started, and refuses
 * millions.
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
  return withNumbers(...parseWithoutNumbers(text), 0);
}

/**
 * `JSON.parse` is fast, and rounds: in place of each number it reads where that is in a list. Its
 * errors quote the text, which may hold half a key.
 */
function parseWithoutNumbers(text: string): [value: unknown, numbers: unknown[]] {
  const numbers: unknown[] = [];
  const place = (token: string) =>
    token.startsWith('"') ? token : String(numbers.push(exactNumber(token)) - 1);
  try {
    return [JSON.parse(text.replace(TEXTS_OR_NUMBER, place)), numbers];
  } catch {
    throw new SyntaxError('not JSON, or was cut off');
  }
}

/** @throws Error when it is not a number */
function exactNumber(digits: string): bigint | string | LosslessNumber {
  if (!INTEGER.test(digits)) return new LosslessNumber(digits);
  return digits.length > MOST_DIGITS ? digits : BigInt(digits);
}

function withNumbers(value: unknown, numbers: readonly unknown[], depth: number): unknown {
  if (typeof value === 'number') return numbers[value];
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) throw new SyntaxError('nested too deep');
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    fields[name] = withNumbers(fields[name], numbers, depth + 1);
  }
  return fields;
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
