import { Refusal } from './problems.js';

/** How long the first answer is kept (contract, "Shared by both"). */
export const KEPT_MS = 10 * 60_000;

/**
 * What makes a request "the same". Whether the path belongs to it is unknown in the contract: a client must work with
 * either. `off` is a server that ignores idempotency keys.
 */
export type IdempotencyRule = 'path-and-body' | 'body' | 'off';

interface KeptReply<T> {
  fingerprint: string;
  reply: T;
  /** When the first run is answered; until then it is still running. Ms UTC. */
  answeredAt: number;
}

/** The first reply per API key and idempotency key (contract, "Shared by both"). */
export class IdempotencyStore<T> {
  readonly #rule: IdempotencyRule;
  readonly #kept = new Map<string, KeptReply<T>>();

  constructor(rule: IdempotencyRule) {
    this.#rule = rule;
  }

  /**
   * The reply to replay, or undefined when the request is to be carried out.
   * @throws Refusal for the same key with another request, and while the first is still running
   */
  replay(request: KeyedRequest, at: number): T | undefined {
    const kept = this.#kept.get(entryName(request));
    if (!kept || at >= kept.answeredAt + KEPT_MS) return undefined;
    if (kept.fingerprint !== this.#fingerprint(request)) {
      throw new Refusal(
        'idempotency_error',
        `Idempotency key ${request.idempotencyKey} was used with another request.`,
      );
    }
    if (at < kept.answeredAt) {
      throw new Refusal('idempotent_request_in_progress', 'The first request with this key is still running.');
    }
    return kept.reply;
  }

  /** Keeps the first reply to a request that is answered at `answeredAt` (ms UTC). */
  keep(request: KeyedRequest, reply: T, answeredAt: number): void {
    if (this.#rule === 'off') return;
    this.#kept.set(entryName(request), { fingerprint: this.#fingerprint(request), reply, answeredAt });
  }

  #fingerprint({ path, body }: KeyedRequest): string {
    return this.#rule === 'body' ? body : `${path}\n${body}`;
  }
}

export interface KeyedRequest {
  apiKey: string;
  idempotencyKey: string;
  path: string;
  body: string;
}

function entryName({ apiKey, idempotencyKey }: KeyedRequest): string {
  return `${apiKey}\n${idempotencyKey}`;
}
