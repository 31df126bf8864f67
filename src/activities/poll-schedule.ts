import type { Random } from '../core/clock.js';

const FIRST_MS = 500;
const GROWTH = 1.5;
const LONGEST_MS = 5000;
const JITTER = 0.1;

/**
 * When to look again: 0.5 s, growing by half up to 5 s, ±10 %, and back to the start when something changed
 * (design, "Polling"). A fixed interval stays what it is.
 */
export class PollSchedule {
  readonly #fixedMs: number | null;
  readonly #random: Random;
  #nextMs = FIRST_MS;

  /** @param fixedMs `--interval` in milliseconds, or null to adapt */
  constructor(fixedMs: number | null, random: Random) {
    this.#fixedMs = fixedMs;
    this.#random = random;
  }

  get fixed(): boolean {
    return this.#fixedMs !== null;
  }

  /** @returns how long to wait before the next poll, in milliseconds */
  next(): number {
    if (this.#fixedMs !== null) return this.#fixedMs;
    const delay = this.#nextMs;
    this.#nextMs = Math.min(delay * GROWTH, LONGEST_MS);
    return delay * (1 - JITTER + 2 * JITTER * this.#random());
  }

  /** Something changed: more may follow soon. */
  reset(): void {
    this.#nextMs = FIRST_MS;
  }
}
