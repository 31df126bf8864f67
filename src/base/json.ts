import { isInteger, LosslessNumber, parse, stringify } from 'lossless-json';

/** An id has 20. Of a longer one nothing is ever reckoned, and to make a bigint of 31 MB of digits takes 15 s. */
const MOST_DIGITS = 40;

/**
 * Reads JSON without rounding: an integer becomes a bigint, or stays text beyond 40 digits; every other number keeps its
 * digits as a `LosslessNumber`. Of two fields with one name the last counts, as with `JSON.parse`.
 * @throws SyntaxError when the text is not JSON, or nested so deep that nothing could read it
 */
export function parseJson(text: string): unknown {
  const parseNumber = (digits: string): bigint | string | LosslessNumber => {
    if (!isInteger(digits)) return new LosslessNumber(digits);
    return digits.length > MOST_DIGITS ? digits : BigInt(digits);
  };
  try {
    return parse(text, undefined, { parseNumber, onDuplicateKey: ({ newValue }) => newValue });
  } catch (error) {
    // The stack is at its end.
    throw error instanceof RangeError ? new SyntaxError('nested too deep') : error;
  }
}

/** How ids are written: bare numbers, or strings for readers that lose digits. */
export interface JsonStyle {
  indent?: number;
  stringIds?: boolean;
}

/** Writes JSON with every bigint digit for digit. What has a `toJSON` is written as that says. */
export function stringifyJson(value: unknown, { indent, stringIds = false }: JsonStyle = {}): string {
  return stringify(value, stringIds ? idsAsStrings : undefined, indent) ?? 'null';
}

/** A replacer, as `JSON.stringify` and others take one. */
export function idsAsStrings(_name: unknown, item: unknown): unknown {
  return typeof item === 'bigint' ? item.toString() : item;
}
