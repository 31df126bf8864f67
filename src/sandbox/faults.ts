import { type Failure } from './engine.js';
import { type RandomSource } from './random.js';

/** What goes wrong with one request: the server fails or the connection is lost, before or after it is carried out. */
export type Fault = Failure | { when: 'before' | 'after'; status: 'lost' };

const STATUSES = [500, 503, 'lost'] as const;

export interface FaultOptions {
  /** This many POSTs, the first ones, are carried out and never answered. Default: 0. */
  dropPosts?: number;
  /** The probability that a request meets a fault, 0–1. Default: 0. */
  failRate?: number;
}

/** Decides, request by request, what goes wrong. The same seed decides the same for the same requests in order. */
export class FaultPlan {
  readonly #failRate: number;
  readonly #random: RandomSource;
  #postsToDrop: number;

  constructor(options: FaultOptions, random: RandomSource) {
    this.#failRate = options.failRate ?? 0;
    this.#postsToDrop = options.dropPosts ?? 0;
    this.#random = random;
  }

  next(method: string): Fault | undefined {
    if (method === 'POST' && this.#postsToDrop > 0) {
      this.#postsToDrop -= 1;
      return { when: 'after', status: 'lost' };
    }
    // Three draws whatever comes of them, so that a decision depends on the request's number alone.
    const [fails, when, status] = [this.#random(), this.#random(), this.#random()];
    if (fails >= this.#failRate) return undefined;
    return { when: when < 0.5 ? 'before' : 'after', status: STATUSES[Math.floor(status * STATUSES.length)] ?? 'lost' };
  }
}
