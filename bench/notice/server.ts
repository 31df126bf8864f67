import { formatAction, type Activity } from '../../src/core/activity.js';
import { type Clock } from '../../src/core/clock.js';
import { type Id } from '../../src/core/ids.js';
import {
  type Accepted,
  type ActivityPage,
  type CallOptions,
  type PageQuery,
  type Supervisor,
  type TriggerRequest,
} from '../../src/core/supervisor.js';

/** From the request to the answer; what it shows is from the middle of that. Milliseconds. */
export const LATENCY_MS = 40;
/** From the POST to where the log shows its entries. */
const APPEAR_MS = 100;
const MINUTE_MS = 60_000;
/** The newest page is full, so that every poll is one request, as on any log that is in use. */
const FILLING = 100;

interface Entry {
  activity: Activity;
  visibleFrom: number;
  /** Local wall clock, ms. */
  finalAt: number;
}

export interface ServerOptions {
  clock: Clock;
  /** How long each node of the trigger takes, ms. */
  durations: readonly number[];
  /** How long the same took before, ms; the newest last. */
  history: readonly number[];
  /** How far the server's clock is ahead of the client's, ms. */
  aheadMs?: number;
}

/** A Supervisor in virtual time that is nothing but punctual: it says when what became final, and when it was asked. */
export class PunctualServer implements Supervisor {
  readonly reads: number[] = [];
  readonly nodes: readonly Id[];
  readonly #clock: Clock;
  readonly #durations: readonly number[];
  readonly #aheadMs: number;
  readonly #entries: Entry[] = [];
  readonly #finalAt = new Map<Id, number>();
  readonly #ids = new Map<Id, Id>();
  #lastId = 7301845022003200000n;
  /** When the first trigger came; local wall clock, ms. */
  dispatchedAt = Infinity;

  constructor({ clock, durations, history, aheadMs = 0 }: ServerOptions) {
    this.#clock = clock;
    this.#durations = durations;
    this.#aheadMs = aheadMs;
    this.nodes = durations.map((_, index) => BigInt(index + 1));
    const begun = (back: number): number => clock.now() - back * MINUTE_MS;
    for (let back = FILLING + history.length; back > history.length; back -= 1) this.#add(1n, 'start', begun(back), 1000);
    history.forEach((took, index) => this.#add(1n, 'restart', begun(history.length - index), took));
  }

  /** When this node's activity became final; local wall clock, ms. */
  finalAt(node: Id): number {
    return this.#finalAt.get(node) ?? Infinity;
  }

  /** Its id. */
  idOf(node: Id): Id {
    return this.#ids.get(node) ?? 0n;
  }

  trigger({ action, nodes }: TriggerRequest): Promise<Accepted> {
    const now = this.#clock.now();
    this.dispatchedAt = Math.min(this.dispatchedAt, now);
    for (const node of nodes ?? this.nodes) {
      const took = this.#durations[Number(node) - 1] ?? 0;
      this.#finalAt.set(node, now + took);
      this.#add(node, formatAction(action), now, took, APPEAR_MS);
      this.#ids.set(node, this.#lastId);
    }
    return Promise.resolve({ requestId: 'f00d', replayed: false, serverTime: this.#serverTime() });
  }

  async list(_deploymentId: Id, query: PageQuery, { signal }: CallOptions = {}): Promise<ActivityPage> {
    this.reads.push(this.#clock.now());
    await this.#clock.sleep(LATENCY_MS / 2, signal);
    const page = this.#page(query);
    await this.#clock.sleep(LATENCY_MS / 2, signal);
    return page;
  }

  #page({ page, results }: PageQuery): ActivityPage {
    const now = this.#clock.now();
    const visible = this.#entries.filter(({ visibleFrom }) => visibleFrom <= now).reverse();
    return {
      items: visible.slice((page - 1) * results, page * results).map((entry) => this.#shown(entry, now)),
      page,
      total_results: visible.length,
      total_pages: Math.ceil(visible.length / results),
      serverTime: this.#serverTime(),
    };
  }

  #shown({ activity, finalAt }: Entry, now: number): Activity {
    return finalAt > now
      ? { ...activity, status: 'processing', finished_at: null }
      : { ...activity, status: 'completed', finished_at: this.#asTold(finalAt) };
  }

  #add(node: Id, action: string, at: number, took: number, appearMs = 0): void {
    this.#lastId += 7n;
    const activity = { id: this.#lastId, node_id: node, runtime: 'iggy', action, status: '', created_at: this.#asTold(at) };
    this.#entries.push({ activity, visibleFrom: at + appearMs, finalAt: at + took });
  }

  #asTold(at: number): string {
    return new Date(at + this.#aheadMs).toISOString();
  }

  /** As a `date` header has it. */
  #serverTime(): number {
    return Math.floor((this.#clock.now() + this.#aheadMs) / 1000) * 1000;
  }
}
