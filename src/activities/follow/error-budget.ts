import { ApiError, retryAfterOf, type LdctlError } from '../../base/errors.js';

const WITHOUT_A_GOOD_POLL_MS = 60_000;
/** A `retry-after` beyond this counts as this. */
const LONGEST_RETRY_AFTER_MS = 5 * 60_000;
/** A poll that took longer than any request may was stopped, or asleep with the laptop; that time is nobody's failure. */
const LONGEST_POLL_MS = 20_000;
/** Polling on is pointless: the key is no longer good for it, or the deployment is gone. */
const HOPELESS: ReadonlySet<number> = new Set([401, 403, 404]);

export function isHopeless(error: LdctlError): boolean {
  return error instanceof ApiError && HOPELESS.has(error.status);
}

/** How long failing polls are tolerated (design, "Polling"): 60 s without a good one, longer where the API asks for it. */
export class ErrorBudget {
  #failingSince: number | null = null;
  #extendedTo = 0;
  #retryAfterMs = 0;

  /** The wait that the last failure asked for, in milliseconds; 0 for none. */
  get retryAfterMs(): number {
    return this.#retryAfterMs;
  }

  /** @returns whether the poll before this one failed */
  succeeded(): boolean {
    const wasFailing = this.#failingSince !== null;
    this.#failingSince = null;
    this.#extendedTo = 0;
    this.#retryAfterMs = 0;
    return wasFailing;
  }

  /**
   * @param startedAt when the failing poll began, and
   * @param now when it failed; monotonic clock, ms
   */
  failed(error: LdctlError, startedAt: number, now: number): { giveUp: boolean; first: boolean } {
    const first = this.#failingSince === null;
    this.#failingSince ??= Math.max(startedAt, now - LONGEST_POLL_MS);
    // Judged before this failure's own wish is granted, or a server that always says "in a second" is tolerated for ever.
    const overdue = now >= Math.max(this.#failingSince + WITHOUT_A_GOOD_POLL_MS, this.#extendedTo);
    this.#retryAfterMs = Math.min(retryAfterOf(error), LONGEST_RETRY_AFTER_MS);
    this.#extendedTo = now + this.#retryAfterMs;
    return { giveUp: isHopeless(error) || overdue, first };
  }
}
