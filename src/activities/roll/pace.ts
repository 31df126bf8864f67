import type { Clock } from '../../core/clock.js';

/** Lets callers through one after the other, no sooner than `gapMs` after the last. */
export class Pace {
  readonly #clock: Clock;
  readonly #gapMs: number;
  #nextAt = 0;
  #waiting = 0;

  constructor(clock: Clock, gapMs: number) {
    this.#clock = clock;
    this.#gapMs = gapMs;
  }

  /** @throws the signal's reason */
  async turn(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    // A clock that was set back must not make anybody wait for the hour to come again.
    const latest = now + this.#gapMs * (this.#waiting + 1);
    const at = Math.max(now, Math.min(this.#nextAt, latest));
    this.#nextAt = at + this.#gapMs;
    if (at === now) return;
    this.#waiting += 1;
    try {
      await this.#clock.sleep(at - now, signal);
    } finally {
      this.#waiting -= 1;
    }
  }
}
