import type { Random } from '../base/clock.js';

const FIRST_MS = 500;
const GROWTH = 1.5;
const LONGEST_MS = 5000;
const JITTER = 0.1;

/** How long to wait before something that failed is tried again: 0.5 s, growing by half up to 5 s; ±10 %. */
export class Backoff {
  readonly #random: Random;
  #nextMs = FIRST_MS;

  constructor(random: Random) {
    this.#random = random;
  }

  /** @returns milliseconds */
  next(): number {
    const delay = this.#nextMs;
    this.#nextMs = Math.min(delay * GROWTH, LONGEST_MS);
    return jittered(delay, this.#random);
  }
}

/** The same, 10 % more or less, so that many clients do not come at once. */
export function jittered(milliseconds: number, random: Random): number {
  return milliseconds * (1 - JITTER + 2 * JITTER * random());
}
