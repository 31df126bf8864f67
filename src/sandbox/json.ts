import { isLosslessNumber, parse, stringify } from 'lossless-json';
import { type Id } from '../base/ids.js';

// The sandbox reads and judges JSON and ids by its own rules, not by the client's, so that a mistake in one is seen
// by the other.

const MAX_ID = 2n ** 64n - 1n;

/** Reads JSON; every number keeps the digits it was written with. Null when the text is not JSON. */
export function readJson(text: string): { value: unknown } | null {
  try {
    return { value: parse(text) };
  } catch {
    // A SyntaxError, or a RangeError from nesting too deep: either way nothing a server would take.
    return null;
  }
}

/** Writes JSON with ids as bare numbers, digit for digit. */
export function writeJson(value: unknown): string {
  return stringify(value) ?? '';
}

/** An id from text: decimal digits without a leading zero, 64 bits at most. */
export function idFromText(text: string): Id | undefined {
  if (!/^(?:0|[1-9]\d{0,19})$/.test(text)) return undefined;
  const id = BigInt(text);
  return id <= MAX_ID ? id : undefined;
}

/** An id from a JSON value: a bare integer number. `"1"`, `1.0`, `1e3` and `-1` are none. */
export function idFromJson(value: unknown): Id | undefined {
  return isLosslessNumber(value) ? idFromText(value.toString()) : undefined;
}
