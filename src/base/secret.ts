import { readFileSync, statSync } from 'node:fs';
import { debuglog } from 'node:util';
import { UsageError } from './errors.js';
import type { Env } from './text.js';

/** `util.inspect.custom`, by the name that every copy of Node knows; the published types then need none of Node's. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');
const MASK = '…';
/** A shorter one may be a word, or a part of an id. */
const SHORTEST_MASKED = 16;
/** Written as a number is: an id, above all. */
const NUMBER_LIKE = /^[\d.eE+-]+$/;
/** What JSON, YAML and CSV are made of: a key with one of these cannot be told from the data that it may stand in. */
const STRUCTURE = /["'\\,:{}[\]]/;

/** A key travels in a header: visible ASCII without spaces. Its prefix is not insisted on (contract, "Words the vendor's own tool already uses"). */
export function isApiKeyText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

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

  /** Masks the key in a text that is about to be written, wherever it stands. A key that may be a part of the data is left. */
  scrub(text: string): string {
    const isTellable = this.#value.length >= SHORTEST_MASKED && !NUMBER_LIKE.test(this.#value);
    return isTellable && !STRUCTURE.test(this.#value) ? text.replaceAll(this.#value, () => this.mask()) : text;
  }

  /** For what must not be handed on with any part of it being the key. */
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

/** Refuses to read a secret where Node would print its bytes: NODE_DEBUG with the section `stream` shows every chunk. */
export function refuseDebuggedStreams(what: string): void {
  if (!debuglog('stream').enabled) return;
  throw new UsageError(`with NODE_DEBUG as it is set, Node would print ${what}`, {
    code: 'node_debug',
    hint: 'Unset NODE_DEBUG, or leave the section `stream` (and `*`) out of it.',
  });
}

/** Those of the environment that can be read at once: what they mask, they mask from the first line on. */
export function environmentKeys({ LD_API_KEY: text = '', LD_API_KEY_FILE: path = '' }: Env): ApiKey[] {
  const keys = [text.trim()];
  try {
    const stats = statSync(path);
    // A pipe can be read only once.
    if (stats.isFile() && stats.size <= 64 * 1024) keys.push(readFileSync(path, 'utf8').trim());
  } catch {
    // That is for those to say who need the key.
  }
  return keys.filter(isApiKeyText).map((key) => new ApiKey(key));
}
