import { isInteger, LosslessNumber, parse, stringify } from 'lossless-json';

/**
 * Reads JSON without rounding: integers become bigint, every other number keeps its digits as a `LosslessNumber`. Of
 * two fields with one name the last counts, as with `JSON.parse`.
 * @throws SyntaxError when the text is not JSON
 */
export function parseJson(text: string): unknown {
  return parse(text, undefined, { parseNumber: exactNumber, onDuplicateKey: ({ newValue }) => newValue });
}

function exactNumber(digits: string): bigint | LosslessNumber {
  return isInteger(digits) ? BigInt(digits) : new LosslessNumber(digits);
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
