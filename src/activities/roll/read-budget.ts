import type { Clock } from '../../base/clock.js';
import type { Supervisor } from '../../base/supervisor.js';
import { RateLimiter } from './rate-limiter.js';

/** How many reads may follow each other at once after a quiet time … */
const BURST = 8;
/** … and how often there is another one. With two POSTs a second, this stays below five requests a second. */
const ONE_EVERY_MS = 500;

/**
 * The same API, with its reads kept within a budget, however many nodes are underway and however many pages a poll
 * takes: a roll is long, and the API's rate limit is for all that the key is used for.
 */
export function withReadBudget(supervisor: Supervisor, clock: Clock): Supervisor {
  const reads = new RateLimiter(clock, ONE_EVERY_MS, BURST);
  return {
    trigger: (request, options) => supervisor.trigger(request, options),
    list: async (deploymentId, query, options) => {
      await reads.acquire(options?.signal);
      return supervisor.list(deploymentId, query, options);
    },
  };
}
