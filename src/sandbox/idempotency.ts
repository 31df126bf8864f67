import { Refusal } from './problems.js';

/** Contract, "Idempotency": how long the first answer is kept. */
export const KEPT_MS = 10 * 60_000;

/**
 * What makes a request "the same". Whether the path belongs to it is unknown in the contract: a client must work with
 * either. `off` is a server that ignores idempotency keys.
 */
export type IdempotencyRule = 'path-and-body' | 'body' | 'off';

interface Kept<Outcome> {
  sameness: string;
  outcome: Outcome;
  /** When the first run is answered; until then it is still running. Ms UTC. */
  answeredAt: number;
}

/** The first outcome per API key and idempotency key (contract, "Idempotency"). */
export class IdempotencyStore<Outcome> {
  readonly #rule: IdempotencyRule;
  readonly #kept = new Map<string, Kept<Outcome>>();

  constructor(rule: IdempotencyRule) {
    this.#rule = rule;
  }

  /**
   * The outcome to replay, or undefined when the request is to be carried out.
   * @throws Refusal for the same key with another request, and while the first is still running
   */
  replay(slot: Slot, at: number): Outcome | undefined {
    const kept = this.#kept.get(slotName(slot));
    if (!kept || at >= kept.answeredAt + KEPT_MS) return undefined;
    if (kept.sameness !== this.#sameness(slot)) {
      throw new Refusal('idempotency_error', `Idempotency key ${slot.idempotencyKey} was used with another request.`);
    }
    if (at < kept.answeredAt) {
      throw new Refusal('idempotent_request_in_progress', 'The first request with this key is still running.');
    }
    return kept.outcome;
  }

  /** Keeps the first outcome of a request that is answered at `answeredAt` (ms UTC). */
  keep(slot: Slot, outcome: Outcome, answeredAt: number): void {
    if (this.#rule === 'off') return;
    this.#kept.set(slotName(slot), { sameness: this.#sameness(slot), outcome, answeredAt });
  }

  #sameness({ path, body }: Slot): string {
    return this.#rule === 'body' ? body : `${path}\n${body}`;
  }
}

export interface Slot {
  apiKey: string;
  idempotencyKey: string;
  path: string;
  body: string;
}

function slotName({ apiKey, idempotencyKey }: Slot): string {
  return `${apiKey}\n${idempotencyKey}`;
}
