import { Refusal } from './problems.js';

/** A token bucket per API key (contract, "Shared by both"): `perSecond` at once, and as many again every second. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /**
   * Takes one token of the key's at `at` (ms UTC).
   * @throws Refusal (429) with `retry-after` in whole seconds
   */
  take(apiKey: string, at: number): void {
    const capacity = Math.max(1, this.#perSecond);
    const bucket = this.#buckets.get(apiKey) ?? { tokens: capacity, at };
    const tokens = Math.min(capacity, bucket.tokens + ((at - bucket.at) / 1000) * this.#perSecond);
    this.#buckets.set(apiKey, { tokens: tokens < 1 ? tokens : tokens - 1, at });
    if (tokens >= 1) return;
    const seconds = Math.ceil((1 - tokens) / this.#perSecond);
    throw new Refusal('rate_limited', `More than ${this.#perSecond} requests a second with this key.`, {
      headers: { 'retry-after': String(seconds) },
    });
  }
}
