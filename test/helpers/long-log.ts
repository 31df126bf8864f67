import { type Activity } from '../../src/base/activity.js';
import { type Id } from '../../src/base/ids.js';
import { type ActivityPage, type PageQuery, type Supervisor } from '../../src/base/supervisor.js';

/** The oldest entry is of this time, and each further one of a second later; ms UTC. */
const BEGIN = Date.UTC(2026, 0, 1);

/** A long log in memory, whose entries are made when they are read; it counts the requests. */
export class LongLog implements Supervisor {
  readonly reads: PageQuery[] = [];
  order: 'asc' | 'desc' = 'desc';
  size: number;
  /** So many of the oldest entries are deleted. */
  deleted = 0;
  /** Runs before every read: the place to let the log grow. */
  beforeRead: () => void = () => undefined;

  constructor(size: number) {
    this.size = size;
  }

  /** The id of the nth entry, from 0: bursts and long pauses, as in any log. */
  idAt(n: number): Id {
    return 7301845022003200000n + BigInt(n) * 7n + BigInt(Math.floor(n / 1000)) ** 3n * 1_000_000n;
  }

  ids(from = 0): Id[] {
    return Array.from({ length: this.size - from }, (_, n) => this.idAt(from + n));
  }

  /** By the server's clock, when the nth entry was made; ms UTC. */
  timeOf(n: number): number {
    return BEGIN + n * 1000;
  }

  trigger(): never {
    throw new Error('nobody is to send anything');
  }

  list(_deploymentId: Id, query: PageQuery): Promise<ActivityPage> {
    this.reads.push(query);
    this.beforeRead();
    const { page, results } = query;
    const total = this.size - this.deleted;
    const places = Array.from({ length: Math.max(Math.min(results, total - (page - 1) * results), 0) }, (_, index) => {
      const place = (page - 1) * results + index;
      return this.deleted + (this.order === 'asc' ? place : total - 1 - place);
    });
    const items = places.map((n) => this.#entry(n));
    return Promise.resolve({ items, page, total_results: total, total_pages: Math.ceil(total / results) });
  }

  #entry(n: number): Activity {
    const created_at = new Date(this.timeOf(n)).toISOString();
    return {
      id: this.idAt(n),
      node_id: BigInt(n % 3),
      runtime: 'iggy',
      action: 'restart',
      status: 'completed',
      created_at,
    };
  }
}
