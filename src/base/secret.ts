import { readFileSync, statSync } from 'node:fs';
import { debuglog } from 'node:util';
import { usageError } from './errors.js';
import type { Env } from './text.js';

/** `util.inspect.custom` by its name, so that the published types do not need Node's. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');
const MASK = '…';
/** A key of fewer characters is not masked: it may be a word, or a part of an id. */
const SHORTEST_MASKED = 16;
/** A key that looks like an id or another number of the data. */
const NUMBER_LIKE = /^[\d.eE+-]+$/;
/** JSON, YAML and CSV are made of these: masking a key with one of them could break the data. */
const STRUCTURE = /["'\\,:{}[\]]/;

/** A key is sent in a header: visible ASCII without spaces. Any prefix is taken. */
export function isApiKeyText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/**
 * An API key that cannot be printed by accident: as text (template, JSON, inspect, fields of an
 * error) it is only its mask. `reveal` is called where a key is checked, sent in a header or stored,
 * and nowhere else.
 */
export class ApiKey {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /**
   * 8 digits of its hash: enough to see whether two keys are the same, and nothing else.
   * @param hash is the caller's: `--version` loads this file, and must not wait for `node:crypto`
   */
  fingerprint(hash: (text: string) => string): string {
    return hash(this.#value).slice(0, 8);
  }

  /** `ld_pk_…9f3c`: enough to distinguish two keys; of a short key nothing. */
  mask(): string {
    if (this.#value.length < 24) return MASK;
    const prefix = /^ld_[a-z]+_/.exec(this.#value)?.[0] ?? '';
    return `${prefix}${MASK}${this.#value.slice(-4)}`;
  }

  /**
   * Masks the key in what will be written.
   * @param kind `data` for JSON, YAML and CSV: there a key that may be a part of the data is left
   */
  scrub(text: string, kind: 'text' | 'data' = 'text'): string {
    const value = this.#value;
    if (value.length < SHORTEST_MASKED) return text;
    if (kind === 'data' && (NUMBER_LIKE.test(value) || STRUCTURE.test(value))) return text;
    const mask = () => this.mask();
    // Also within a quoted text, and in the header of a table.
    const forms = [value, JSON.stringify(value).slice(1, -1), value.toUpperCase()];
    return forms.reduce((masked, form) => masked.replaceAll(form, mask), text);
  }

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

/** Whether a text that is about to be repeated may be a key of whatever kind, or hold one. */
export function looksLikeKey(text: string): boolean {
  return /(^|=)ld_([a-z]k_|[a-z]+_\S{8,}$)|ld_[a-z]k_\w{16}/.test(text.trim());
}

/** Refuses to read a secret with NODE_DEBUG=stream, with which Node prints every chunk. */
export function refuseDebuggedStreams(what: string): void {
  if (!debuglog('stream').enabled) return;
  throw usageError(
    'node_debug',
    `NODE_DEBUG is set so that Node would print ${what}`,
    'Unset NODE_DEBUG, or leave the section `stream` (and `*`) out of it.',
  );
}

/**
 * The keys of the environment that can be read at once, so that they are masked from the first line
 * on.
 */
export function environmentKeys({
  LD_API_KEY: text = '',
  LD_API_KEY_FILE: path = '',
}: Env): ApiKey[] {
  const keys = [text.trim()];
  try {
    const stats = statSync(path);
    // A pipe can be read only once.
    if (stats.isFile() && stats.size <= 64 * 1024) keys.push(readFileSync(path, 'utf8').trim());
  } catch {
    // It is reported when the key is needed.
  }
  return keys.filter(isApiKeyText).map((key) => new ApiKey(key));
}
