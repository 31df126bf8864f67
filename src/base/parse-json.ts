import { LosslessNumber, isInteger, parse } from 'lossless-json';

/** No answer of the API is nested deeper, and writers of JSON and YAML, and programs that read them, need an end. */
const DEEPEST = 100;

export class NestedTooDeepError extends SyntaxError {
  constructor() {
    super(`nested deeper than ${DEEPEST} levels`);
  }
}

/**
 * Reads JSON without rounding: integers become bigint, every other number keeps its digits as a `LosslessNumber`. Of
 * two fields with one name the last counts, as with `JSON.parse`.
 *
 * `JSON.parse` does the work, since no parser written in JavaScript comes near it; then the numbers as the text has them
 * take the places of those that it has rounded, one after the other. Where its fields are not those of the text, or not in
 * that order (of two with one name it drops one, names that are integers come first), the text is read by a parser that
 * is exact by itself, and slower.
 * @throws SyntaxError when the text is not JSON; NestedTooDeepError, which is one, beyond 100 levels
 */
export function parseJson(text: string): unknown {
  let rounded: unknown;
  try {
    rounded = JSON.parse(text);
  } catch {
    // It says what is wrong with it.
    return parseSlowly(text);
  }
  const exact = new Exact(text);
  const value = exact.restore(rounded);
  return exact.isSure ? value : parseSlowly(text);
}

function parseSlowly(text: string): unknown {
  try {
    return parse(text, undefined, { parseNumber: exactNumber, onDuplicateKey: ({ newValue }) => newValue });
  } catch (error) {
    // The stack is at its end.
    throw error instanceof RangeError ? new NestedTooDeepError() : error;
  }
}

function exactNumber(digits: string): bigint | LosslessNumber {
  return isInteger(digits) ? BigInt(digits) : new LosslessNumber(digits);
}

const DIGIT = /^\d/;

/** Makes what `JSON.parse` made of a text exact. */
class Exact {
  readonly #text: Scan;
  #numbers = 0;
  #fields = 0;
  #inOrder = true;

  constructor(text: string) {
    this.#text = scan(text);
  }

  /** Whether what was restored has the fields of the text, in its order. */
  get isSure(): boolean {
    return this.#inOrder && this.#fields === this.#text.fields;
  }

  /** Puts the numbers of the text where there are numbers, in place. */
  restore(value: unknown): unknown {
    if (typeof value === 'number') return this.#text.numbers[this.#numbers++];
    if (Array.isArray(value)) {
      value.forEach((item, index) => (value[index] = this.restore(item)));
    } else if (typeof value === 'object' && value !== null) {
      this.#restoreFields(value as Record<string, unknown>);
    }
    return value;
  }

  #restoreFields(fields: Record<string, unknown>): void {
    let first = true;
    for (const name in fields) {
      if (first && DIGIT.test(name)) this.#inOrder = false;
      first = false;
      this.#fields += 1;
      const item = fields[name];
      if (typeof item !== 'string') fields[name] = this.restore(item);
    }
  }
}

/** What a text that is JSON holds outside its strings. */
interface Scan {
  /** In the order of the text. */
  numbers: Array<bigint | LosslessNumber>;
  fields: number;
}

const [QUOTE, BACKSLASH, COLON, MINUS, ZERO, NINE] = [0x22, 0x5c, 0x3a, 0x2d, 0x30, 0x39];
/** `{` and `}`; with this bit set, `[` and `]` are the same. */
const [OPENING, CLOSING, BRACE_BIT] = [0x7b, 0x7d, 0x20];
/** `.`, `E` and `e`: what stands behind the first digits of a number that is no integer. */
const NO_INTEGER: ReadonlySet<number> = new Set([0x2e, 0x45, 0x65]);
const NUMBER = /[\d.eE+-]+/y;

/**
 * Looks at each character once: regular expressions would leave several strings behind for each number.
 * @throws NestedTooDeepError
 */
function scan(text: string): Scan {
  const numbers: Scan['numbers'] = [];
  let fields = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (isDigit(code) || code === MINUS) {
      let end = at + 1;
      while (isDigit(text.charCodeAt(end))) end++;
      const isInteger = !NO_INTEGER.has(text.charCodeAt(end));
      if (!isInteger) end = endOfNumber(text, at);
      const digits = text.slice(at, end);
      numbers.push(isInteger ? BigInt(digits) : new LosslessNumber(digits));
      at = end - 1;
    } else if (code === COLON) {
      fields += 1;
    } else if ((code | BRACE_BIT) === OPENING) {
      depth += 1;
      if (depth > DEEPEST) throw new NestedTooDeepError();
    } else if ((code | BRACE_BIT) === CLOSING) {
      depth -= 1;
    }
  }
  return { numbers, fields };
}

/** @returns where the quote stands that ends it */
function endOfString(text: string, begin: number): number {
  for (let end = begin; ;) {
    end = text.indexOf('"', end + 1);
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
}

function endOfNumber(text: string, begin: number): number {
  NUMBER.lastIndex = begin;
  NUMBER.test(text);
  return NUMBER.lastIndex;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}
