import { formatAction, isFinal, type Activity } from '../../src/base/activity.js';
import { ApiError, TransportError } from '../../src/base/errors.js';
import { compareIds, type Id } from '../../src/base/ids.js';
import {
  type Accepted,
  type ActivityPage,
  type CallOptions,
  type PageQuery,
  type Supervisor,
  type WireTrigger,
} from '../../src/base/supervisor.js';
import { type VirtualClock } from './clock.js';

export interface EntryOptions {
  id?: Id;
  node?: Id;
  runtime?: string;
  action?: string;
  /** Until the first of `then`. */
  status?: string;
  /** Later statuses, each this many ms after the entry was made. */
  then?: ReadonlyArray<readonly [afterMs: number, status: string]>;
  /** From the making of the entry to its appearance, ms. */
  appearMs?: number;
  createdAt?: number;
}

/** What a node makes of a trigger, ms; where `workMs` is null it never ends. */
interface NodeBehaviour {
  appearMs?: number;
  workMs?: number | null;
  result?: string;
}

interface FakeEntry {
  activity: Activity;
  visibleFrom: number;
  /** By the server's clock, in order. */
  statuses: Array<{ from: number; status: string }>;
}

type ReadStep = (page: ActivityPage, query: PageQuery) => ActivityPage;

const FIRST_ID = 7301845022003200000n;

/**
 * A Supervisor in memory and in virtual time, which carries everything out and shows it,
 * faultlessly.
 */
export class FakeSupervisor implements Supervisor {
  readonly posts: WireTrigger[] = [];
  readonly postTimes: number[] = [];
  readonly reads: PageQuery[] = [];
  readonly entries: FakeEntry[] = [];
  order: 'asc' | 'desc' = 'desc';
  /** Whether its pages have a date. */
  hasDate = false;
  nodes: readonly Id[] = [1n, 2n, 3n];
  behaviour = new Map<Id, NodeBehaviour>();
  /** Runs before every read: the place to let the log grow. */
  beforeRead: () => void = () => undefined;
  readonly #readScript: ReadStep[] = [];
  readonly #clock: VirtualClock;
  #lastId = FIRST_ID;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** What becomes of the next reads, in order, instead of a right page. */
  nextReads(...steps: ReadStep[]): void {
    this.#readScript.push(...steps);
  }

  /** @throws Error when a part of the script was not played */
  verify(): void {
    if (this.#readScript.length > 0) {
      throw new Error(`${this.#readScript.length} scripted reads were not made`);
    }
  }

  trigger(request: WireTrigger, { signal }: CallOptions = {}): Promise<Accepted> {
    signal?.throwIfAborted();
    this.posts.push(request);
    this.postTimes.push(this.#clock.now());
    const { runtime } = request;
    const action = formatAction(request.action);
    for (const node of request.nodes ?? this.nodes) {
      const {
        appearMs = 100,
        workMs = 1000,
        result = 'completed',
      } = this.behaviour.get(node) ?? {};
      const then = workMs === null ? [] : [[appearMs + workMs, result] as const];
      this.add({ node, runtime, action, status: 'processing', appearMs, then });
    }
    return Promise.resolve({ requestId: 'f00d', replayed: false, serverTime: this.#clock.now() });
  }

  async list(
    _deploymentId: Id,
    query: PageQuery,
    { signal }: CallOptions = {},
  ): Promise<ActivityPage> {
    signal?.throwIfAborted();
    this.reads.push(query);
    const step = this.#readScript.shift();
    this.beforeRead();
    const page = this.#page(query);
    return Promise.resolve(step ? step(page, query) : page);
  }

  /** Puts an entry into the log. @returns its id */
  add(options: EntryOptions = {}): Id {
    const now = this.#clock.now();
    const { id = this.#lastId + 7n, node = 1n, runtime = 'iggy', action = 'restart' } = options;
    const { status = 'completed', appearMs = 0, createdAt = now, then = [] } = options;
    const created_at = new Date(createdAt).toISOString();
    this.entries.push({
      activity: {
        id,
        node_id: node,
        runtime,
        action,
        status,
        author_id: 42n,
        created_at,
        finished_at: null,
      },
      visibleFrom: now + appearMs,
      statuses: then.map(([afterMs, status]) => ({ from: now + afterMs, status })),
    });
    if (id < this.#lastId) this.entries.sort((a, b) => compareIds(a.activity.id, b.activity.id));
    else this.#lastId = id;
    return id;
  }

  /** `n` entries that have long been completed, on the fake's nodes in turn. */
  addHistory(n: number, { createdAt = this.#clock.now(), ...options }: EntryOptions = {}): void {
    for (let index = 0; index < n; index++) {
      const node = this.nodes[index % this.nodes.length];
      this.add({ action: 'start', node, createdAt: createdAt - n + index, ...options });
    }
  }

  #page({ page, results }: PageQuery): ActivityPage {
    const now = this.#clock.now();
    const visible = this.entries.filter(({ visibleFrom }) => visibleFrom <= now);
    if (this.order === 'desc') visible.reverse();
    const items = visible
      .slice((page - 1) * results, page * results)
      .map(({ activity, statuses }) => {
        const { status, from } = statuses.findLast((one) => one.from <= now) ?? {
          status: activity.status,
        };
        const finished_at =
          from !== undefined && isFinal(status) ? new Date(from).toISOString() : null;
        return { ...activity, status, finished_at };
      });
    return {
      items,
      page,
      total_results: visible.length,
      total_pages: Math.ceil(visible.length / results),
      ...(this.hasDate && { serverTime: now }),
    };
  }
}

export function failingRead(error: Error): ReadStep {
  return () => {
    throw error;
  };
}

export function apiError(
  status: number,
  { retryAfterMs }: { retryAfterMs?: number } = {},
): ApiError {
  const problem = { status, code: `http_${status}`, reason: '', retryAfterMs };
  return new ApiError(`the API said ${status}`, problem, { requestId: `request-${status}` });
}

export const lost = (): TransportError =>
  new TransportError('reset', 'the connection was lost', { sent: 'maybe' });
