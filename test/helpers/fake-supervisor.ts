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
  author?: Id;
  createdAt?: number;
}

/** What a node makes of a trigger, ms. */
interface NodeBehaviour {
  appearMs?: number;
  /** From its appearance to its end; null: it never ends. */
  workMs?: number | null;
  result?: string;
}

interface FakeEntry {
  activity: Activity;
  visibleFrom: number;
  /** By the server's clock, in order. */
  statuses: Array<{ from: number; status: string }>;
}

export type ReadStep = (page: ActivityPage, query: PageQuery) => ActivityPage;

const FIRST_ID = 7301845022003200000n;

/** A Supervisor in memory and in virtual time, which carries everything out and shows it, faultlessly. */
export class FakeSupervisor implements Supervisor {
  readonly posts: WireTrigger[] = [];
  readonly postTimes: number[] = [];
  readonly reads: PageQuery[] = [];
  readonly entries: FakeEntry[] = [];
  order: 'asc' | 'desc' = 'desc';
  nodes: readonly Id[] = [1n, 2n, 3n];
  behaviour = new Map<Id, NodeBehaviour>();
  /** How long an answer takes, ms. */
  postMs = 0;
  readMs = 0;
  /** Runs before every read: the place to let the log grow. */
  beforeRead: () => void = () => undefined;
  #readScript: ReadStep[] = [];
  readonly #clock: VirtualClock;
  #lastId = FIRST_ID;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** What becomes of the next reads, in order, instead of a right page. */
  nextReads(...steps: ReadStep[]): this {
    this.#readScript.push(...steps);
    return this;
  }

  /** @throws Error when a part of the script was not played */
  verify(): void {
    if (this.#readScript.length > 0) throw new Error(`${this.#readScript.length} scripted reads were not made`);
  }

  async trigger(request: WireTrigger, { signal }: CallOptions = {}): Promise<Accepted> {
    signal?.throwIfAborted();
    this.posts.push(request);
    this.postTimes.push(this.#clock.now());
    if (this.postMs > 0) await this.#clock.sleep(this.postMs, signal);
    const now = this.#clock.now();
    const { runtime } = request;
    const action = formatAction(request.action);
    for (const node of request.nodes ?? this.nodes) {
      const { appearMs = 100, workMs = 1000, result = 'completed' } = this.behaviour.get(node) ?? {};
      const id = this.add({ node, runtime, action, status: 'processing', appearMs });
      if (workMs === null) continue;
      const endsAt = now + appearMs + workMs;
      const entry = this.entries.find(({ activity }) => activity.id === id);
      entry?.statuses.push({ from: endsAt, status: result });
      if (entry) entry.activity.finished_at = new Date(endsAt).toISOString();
    }
    return { requestId: 'f00d', replayed: false, serverTime: now };
  }

  async list(_deploymentId: Id, query: PageQuery, { signal }: CallOptions = {}): Promise<ActivityPage> {
    signal?.throwIfAborted();
    this.reads.push(query);
    const step = this.#readScript.shift();
    if (this.readMs > 0) await this.#clock.sleep(this.readMs, signal);
    this.beforeRead();
    const page = this.#page(query);
    return step ? step(page, query) : page;
  }

  /** Puts an entry into the log. @returns its id */
  add(options: EntryOptions = {}): Id {
    const now = this.#clock.now();
    const id = options.id ?? (this.#lastId += 7n);
    const isLast = id >= this.#lastId;
    if (isLast) this.#lastId = id;
    const { node = 1n, runtime = 'iggy', action = 'restart', status = 'completed', author = 42n } = options;
    this.entries.push({
      activity: {
        ...{ id, node_id: node, runtime, action, status, author_id: author },
        created_at: new Date(options.createdAt ?? now).toISOString(),
        finished_at: null,
      },
      visibleFrom: now + (options.appearMs ?? 0),
      statuses: (options.then ?? []).map(([afterMs, then]) => ({ from: now + afterMs, status: then })),
    });
    if (!isLast) this.entries.sort((a, b) => compareIds(a.activity.id, b.activity.id));
    return id;
  }

  /** `n` entries that have long been completed, on the fake's nodes in turn. */
  addHistory(n: number, options: EntryOptions = {}): void {
    for (let index = 0; index < n; index++)
      this.add({ action: 'start', node: this.nodes[index % this.nodes.length], ...options });
  }

  #page({ page, results }: PageQuery): ActivityPage {
    const now = this.#clock.now();
    const visible = this.entries.filter(({ visibleFrom }) => visibleFrom <= now);
    if (this.order === 'desc') visible.reverse();
    const items = visible.slice((page - 1) * results, page * results).map(({ activity, statuses }) => {
      const status = statuses.findLast(({ from }) => from <= now)?.status ?? activity.status;
      return { ...activity, status, finished_at: isFinal(status) ? activity.finished_at : null };
    });
    return { items, page, total_results: visible.length, total_pages: Math.ceil(visible.length / results) };
  }
}

export function failingRead(error: Error): ReadStep {
  return () => {
    throw error;
  };
}

export function apiError(status: number, { retryAfterMs }: { retryAfterMs?: number } = {}): ApiError {
  const problem = { status, code: `http_${status}`, reason: '', retryAfterMs };
  return new ApiError(`the API said ${status}`, problem, { requestId: `request-${status}` });
}

export const lost = (): TransportError => new TransportError('reset', 'the connection was lost', { sent: 'maybe' });
