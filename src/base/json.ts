import { isInteger, LosslessNumber, parse, stringify } from 'lossless-json';

/** The digits of a number: an id has 20. To make a bigint of 31 MB of digits takes 15 s. */
const MOST_DIGITS = 40;
/** How deep an answer is nested: an entry has 2. What is nested far deeper overflows the stack when it is written again. */
const DEEPEST = 1000;

/**
 * Reads JSON without rounding: an integer becomes a bigint, or a string beyond 40 digits; any other
 * number keeps its digits as a `LosslessNumber`. Of two fields with one name the last counts, as
 * with `JSON.parse`.
 * @throws SyntaxError when the text is not JSON, or nested deeper than 1,000
 */
export function parseJson(text: string): unknown {
  const parseNumber = (digits: string): bigint | string | LosslessNumber => {
    if (!isInteger(digits)) return new LosslessNumber(digits);
    return digits.length > MOST_DIGITS ? digits : BigInt(digits);
  };
  refuseDeep(text);
  return parse(text, undefined, { parseNumber, onDuplicateKey: ({ newValue }) => newValue });
}

/** @throws SyntaxError */
function refuseDeep(text: string) {
  // A page of the log opens a hundred, which is counted at a tenth of the cost.
  const most = DEEPEST + 2;
  if (text.split('{', most).length + text.split('[', most).length <= most) return;
  let depth = 0;
  // Those in a text count as well: a thousand more that open than close are in no answer.
  for (const [bracket] of text.matchAll(/[{}[\]]/g)) {
    depth += bracket === '{' || bracket === '[' ? 1 : -1;
    if (depth > DEEPEST) throw new SyntaxError('nested too deep');
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
