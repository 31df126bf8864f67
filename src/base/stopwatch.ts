import type { Clock } from './clock.js';

/**
 * Time that has passed for the rest of the world too: the longer of what the monotonic clock and the wall clock say
 * (design, "Polling"). The one stands still while the machine sleeps, the other may be set back; where both are wrong
 * at once, and only then, it is too short.
 */
export class Stopwatch {
  readonly #clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly #wallStart: number;
  readonly #start: number;

  /** It starts now. */
  constructor(clock: Pick<Clock, 'now' | 'elapsed'>) {
    this.#clock = clock;
    this.#wallStart = clock.now();
    this.#start = clock.elapsed();
  }

  /** Since it was started, milliseconds. */
  get ms(): number {
    return Math.max(this.#clock.elapsed() - this.#start, this.#clock.now() - this.#wallStart);
  }

  /** For how long the machine slept since then, as far as the two clocks tell; milliseconds. */
  get asleepMs(): number {
    return this.ms - (this.#clock.elapsed() - this.#start);
  }
}
