import { inspect } from 'node:util';

const MASK = '…';
/** A shorter one is no secret, and taking it out would change ids and words that only look like it. */
const SHORTEST_SCRUBBED = 8;

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

  /** Takes the key out of a text that somebody else wrote, such as an error that echoes it. */
  scrub(text: string): string {
    return this.#value.length < SHORTEST_SCRUBBED ? text : text.replaceAll(this.#value, this.mask());
  }

  toString(): string {
    return this.mask();
  }

  toJSON(): string {
    return this.mask();
  }

  [inspect.custom](): string {
    return this.mask();
  }
}
