import type { Clock } from '../../core/clock.js';
import type { Supervisor } from '../../core/supervisor.js';

/** How many reads may follow each other at once after a quiet time … */
const BURST = 8;
/** … and how often there is another one. With two POSTs a second, that stays below five requests a second. */
const ONE_EVERY_MS = 500;

/**
 * Keeps the reads of a roll within a budget, however many nodes are underway and however many pages a look takes: a
 * roll is long, and the API's rate limit is for all that the key is used for.
 */
export class ReadBudget {
  readonly #clock: Clock;
  /** When the budget would be whole again if nobody read any more; local wall clock, ms. */
  #wholeAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same API, with reads that wait for their turn. */
  apply(supervisor: Supervisor): Supervisor {
    return {
      trigger: (request, options) => supervisor.trigger(request, options),
      list: async (deploymentId, query, options) => {
        await this.#turn(options?.signal);
        return supervisor.list(deploymentId, query, options);
      },
    };
  }

  /** @throws the signal's reason */
  async #turn(signal?: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    // A clock that was set back leaves an empty budget, and no more than that.
    const wholeAt = Math.min(Math.max(this.#wholeAt, now), now + BURST * ONE_EVERY_MS);
    this.#wholeAt = wholeAt + ONE_EVERY_MS;
    const waitMs = this.#wholeAt - BURST * ONE_EVERY_MS - now;
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
  }
}
