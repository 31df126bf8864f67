import { debuglog } from 'node:util';
import { UsageError } from './errors.js';

/** `util.inspect.custom`, by the name that every copy of Node knows; the published types then need none of Node's. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');
const MASK = '…';
/** A shorter one may be a word, or a part of an id. */
const SHORTEST_MASKED = 16;
/** Written as a number is: an id, above all. */
const NUMBER_LIKE = /^[\d.eE+-]+$/;
/** What JSON, YAML and CSV are made of. */
const STRUCTURE = /["'\\,:{}[\]]/;
/** What a token begins behind: no letter of another one, unless that is the end of an escape, or of a colour. */
const TOKEN_BEGINS = String.raw`(?<=^|[^\w-]|\\[a-zA-Z]|\\u[\da-f]{4}|\\U[\da-f]{8}|\x1b\[[\d;]*m)`;
const TOKEN_ENDS = String.raw`(?![\w-])`;

/**
 * An API key that cannot be printed by accident: however it is turned into text (template, JSON, inspect, an error's
 * fields), only its mask comes out. `reveal` is called where a request header is made, where it is stored, and nowhere
 * else.
 */
export class ApiKey {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /** `ld_pk_…9f3c`: enough to tell two keys apart. A short key shows nothing of itself. */
  mask(): string {
    if (this.#value.length < 24) return MASK;
    const prefix = /^ld_[a-z]+_/.exec(this.#value)?.[0] ?? '';
    return `${prefix}${MASK}${this.#value.slice(-4)}`;
  }

  /** Why it cannot be told from the data that it may stand in, and so is not masked there; null when it can. */
  get unmaskable(): string | null {
    if (this.#value.length < SHORTEST_MASKED) return `it has fewer than ${SHORTEST_MASKED} characters`;
    if (NUMBER_LIKE.test(this.#value)) return 'it is written like a number';
    return STRUCTURE.test(this.#value) ? 'it holds quotes, commas, colons, brackets or backslashes' : null;
  }

  /**
   * Masks the key in output as it is about to be written: as a whole token only, so that no id and no other word changes,
   * and JSON, YAML and CSV stay what they are.
   */
  scrub(text: string): string {
    if (this.unmaskable !== null || !text.includes(this.#value)) return text;
    const token = new RegExp(TOKEN_BEGINS + this.#value.replace(/[^\w]/g, String.raw`\$&`) + TOKEN_ENDS, 'g');
    return text.replace(token, () => this.mask());
  }

  /** Masks the key in the words of somebody else that an error quotes, also within another word. */
  maskEvery(text: string): string {
    const isTellable = this.#value.length >= SHORTEST_MASKED && !NUMBER_LIKE.test(this.#value);
    return isTellable ? text.replaceAll(this.#value, () => this.mask()) : text;
  }

  /** Whether any part of a text is the key: for what must not be handed on with it in it. */
  isIn(text: string): boolean {
    return text.includes(this.#value);
  }

  toString(): string {
    return this.mask();
  }

  toJSON(): string {
    return this.mask();
  }

  [INSPECT](): string {
    return this.mask();
  }
}

/**
 * Refuses to read a secret from a pipe or a terminal where Node would print its bytes: NODE_DEBUG with the section
 * `stream` shows every chunk, and Node reads that variable before any code of ours runs.
 * @param what what is read, as the error names it
 * @throws UsageError
 */
export function refuseDebuggedStreams(what: string): void {
  if (!debuglog('stream').enabled) return;
  throw new UsageError(`with NODE_DEBUG as it is set, Node would print ${what}`, {
    code: 'node_debug',
    hint: 'Unset NODE_DEBUG, or leave the section `stream` (and `*`) out of it.',
  });
}
