import { isInteger, LosslessNumber, parse, stringify } from 'lossless-json';

/** An id has 20. To make a bigint of 31 MB of digits takes 15 s. */
const MOST_DIGITS = 40;

/**
 * Reads JSON without rounding: an integer becomes a bigint, or a string beyond 40 digits; any other
 * number keeps its digits as a `LosslessNumber`. Of two fields with one name the last counts, as
 * with `JSON.parse`.
 * @throws SyntaxError when the text is not JSON, or nested too deep
 */
export function parseJson(text: string): unknown {
  const parseNumber = (digits: string): bigint | string | LosslessNumber => {
    if (!isInteger(digits)) return new LosslessNumber(digits);
    return digits.length > MOST_DIGITS ? digits : BigInt(digits);
  };
  try {
    return parse(text, undefined, { parseNumber, onDuplicateKey: ({ newValue }) => newValue });
  } catch (error) {
    // The stack overflowed.
    throw error instanceof RangeError ? new SyntaxError('nested too deep') : error;
  }
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
