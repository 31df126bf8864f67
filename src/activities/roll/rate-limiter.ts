import type { Clock, Signal } from '../../base/clock.js';

/** Lets callers through in the order they come, one every `gapMs`; after a quiet time so many of them at once. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #gapMs: number;
  readonly #burst: number;
  /** When a quiet time would have begun, if nobody came any more; monotonic clock, ms. */
  #quietAt = -Infinity;
  #waiting = 0;

  constructor(clock: Clock, gapMs: number, burst = 1) {
    this.#clock = clock;
    this.#gapMs = gapMs;
    this.#burst = burst;
  }

  /** @throws the signal's reason */
  async acquire(signal?: Signal): Promise<void> {
    const now = this.#clock.elapsed();
    // Whoever gave up waiting must make nobody else wait longer.
    const latest = now + this.#gapMs * (this.#burst + this.#waiting);
    const quietAt = Math.min(Math.max(this.#quietAt, now), latest);
    this.#quietAt = quietAt + this.#gapMs;
    const waitMs = quietAt - this.#gapMs * (this.#burst - 1) - now;
    if (waitMs <= 0) return;
    this.#waiting += 1;
    try {
      await this.#clock.sleep(waitMs, signal);
    } finally {
      this.#waiting -= 1;
    }
  }
}
