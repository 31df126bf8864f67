import { formatAction, isFinal, type Activity } from '../../src/base/activity.js';
import { ApiError, InvalidAnswerError, TransportError } from '../../src/base/errors.js';
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

/** An entry of the fake log. Times are of the server's clock, ms; statuses come one after the other. */
export interface FakeEntry {
  activity: Activity;
  visibleFrom: number;
  visibleTo: number;
  statuses: Array<{ from: number; status: string }>;
}

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
  /** And to its disappearance. */
  vanishMs?: number;
  author?: Id;
  createdAt?: number;
  /** When it ended, as its final status shows; without it, that is not said. */
  finishedAt?: number;
}

/** What a node makes of a trigger, ms. */
export interface NodeBehaviour {
  appearMs?: number;
  /** From its appearance to its end; null: it never ends. */
  workMs?: number | null;
  result?: string;
  /** Its entry never shows up. */
  missing?: boolean;
}

export type PostStep = (request: WireTrigger) => Accepted | Promise<Accepted>;
export type ReadStep = (page: ActivityPage, query: PageQuery) => ActivityPage | Promise<ActivityPage>;

const FIRST_ID = 7301845022003200000n;

/**
 * A Supervisor in memory and in virtual time. Without a script it carries everything out, and shows it, faultlessly;
 * `nextPosts` and `nextReads` say what becomes of the next calls instead, in order. `verify` fails for a script that
 * was not used up.
 */
export class FakeSupervisor implements Supervisor {
  readonly posts: WireTrigger[] = [];
  readonly postTimes: number[] = [];
  readonly reads: PageQuery[] = [];
  readonly entries: FakeEntry[] = [];
  /** Triggers that were carried out. */
  dispatched = 0;
  order: 'asc' | 'desc' = 'desc';
  nodes: readonly Id[] = [1n, 2n, 3n];
  behaviour = new Map<Id, NodeBehaviour>();
  /** How long an answer takes, ms. */
  postMs = 0;
  readMs = 0;
  /** Runs before every read: the place to let the log grow. */
  beforeRead: (query: PageQuery) => void = () => undefined;
  #postScript: PostStep[] = [];
  #readScript: ReadStep[] = [];
  readonly #clock: VirtualClock;
  #lastId = FIRST_ID;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  nextPosts(...steps: PostStep[]): this {
    this.#postScript.push(...steps);
    return this;
  }

  nextReads(...steps: ReadStep[]): this {
    this.#readScript.push(...steps);
    return this;
  }

  /** @throws Error when a part of the script was not played */
  verify(): void {
    if (this.#postScript.length > 0) throw new Error(`${this.#postScript.length} scripted posts were not made`);
    if (this.#readScript.length > 0) throw new Error(`${this.#readScript.length} scripted reads were not made`);
  }

  async trigger(request: WireTrigger, { signal }: CallOptions = {}): Promise<Accepted> {
    signal?.throwIfAborted();
    this.posts.push(request);
    this.postTimes.push(this.#clock.actual());
    const step = this.#postScript.shift() ?? this.carryOut;
    if (this.postMs > 0) await this.#clock.sleep(this.postMs, signal);
    return step(request);
  }

  async list(_deploymentId: Id, query: PageQuery, { signal }: CallOptions = {}): Promise<ActivityPage> {
    signal?.throwIfAborted();
    this.reads.push(query);
    const step = this.#readScript.shift();
    if (this.readMs > 0) await this.#clock.sleep(this.readMs, signal);
    this.beforeRead(query);
    const page = this.#page(query);
    return step ? step(page, query) : page;
  }

  /** Puts an entry into the log. @returns its id */
  add(options: EntryOptions = {}): Id {
    const now = this.#clock.actual();
    const id = options.id ?? (this.#lastId += 7n);
    const isLast = id >= this.#lastId;
    if (isLast) this.#lastId = id;
    this.entries.push({
      activity: {
        id,
        node_id: options.node ?? 1n,
        runtime: options.runtime ?? 'iggy',
        action: options.action ?? 'restart',
        status: 'processing',
        author_id: options.author ?? 42n,
        created_at: new Date(options.createdAt ?? now).toISOString(),
        finished_at: options.finishedAt === undefined ? null : new Date(options.finishedAt).toISOString(),
      },
      visibleFrom: now + (options.appearMs ?? 0),
      visibleTo: now + (options.vanishMs ?? Infinity),
      statuses: [
        { from: -Infinity, status: options.status ?? 'completed' },
        ...(options.then ?? []).map(([afterMs, status]) => ({ from: now + afterMs, status })),
      ],
    });
    if (!isLast) this.entries.sort((a, b) => compareIds(a.activity.id, b.activity.id));
    return id;
  }

  /** `n` entries that have long been completed, on the fake's nodes in turn. */
  addHistory(n: number, options: EntryOptions = {}): void {
    for (let index = 0; index < n; index++) {
      this.add({ action: 'start', node: this.nodes[index % this.nodes.length], ...options });
    }
  }

  /** Does what was asked, and says so. */
  readonly carryOut = (request: WireTrigger): Accepted => {
    this.dispatched++;
    for (const node of request.nodes ?? this.nodes) {
      const { appearMs = 100, workMs = 1000, result = 'completed', missing } = this.behaviour.get(node) ?? {};
      if (missing) continue;
      const { runtime } = request;
      const action = formatAction(request.action);
      const tookMs = workMs === null ? null : appearMs + workMs;
      const end =
        tookMs === null ? {} : { then: [[tookMs, result]] as const, finishedAt: this.#clock.actual() + tookMs };
      this.add({ node, runtime, action, status: 'processing', appearMs, ...end });
    }
    return accepted({ serverTime: this.#clock.actual() });
  };

  #page({ page, results }: PageQuery): ActivityPage {
    const now = this.#clock.actual();
    const visible = this.entries.filter(({ visibleFrom, visibleTo }) => visibleFrom <= now && now < visibleTo);
    if (this.order === 'desc') visible.reverse();
    return {
      items: visible.slice((page - 1) * results, page * results).map((entry) => asShown(entry, now)),
      page,
      total_results: visible.length,
      total_pages: Math.ceil(visible.length / results),
    };
  }
}

function asShown({ activity, statuses }: FakeEntry, now: number): Activity {
  const status = statuses.findLast(({ from }) => from <= now)?.status ?? activity.status;
  return { ...activity, status, finished_at: isFinal(status) ? activity.finished_at : null };
}

export function accepted(fields: Partial<Accepted> = {}): Accepted {
  return { requestId: 'f00d', replayed: false, serverTime: null, ...fields };
}

/** A step that ends in this error; `first` is done before, such as carrying the request out. */
export function failing(error: Error, first?: PostStep): (request: WireTrigger) => never {
  return (request) => {
    void first?.(request);
    throw error;
  };
}

export function failingRead(error: Error): ReadStep {
  return () => {
    throw error;
  };
}

export function apiError(status: number, fields: { code?: string; retryAfterMs?: number } = {}): ApiError {
  const code = fields.code ?? `http_${status}`;
  return new ApiError(
    `the API said ${status}`,
    { status, code, reason: '', retryAfterMs: fields.retryAfterMs },
    {
      requestId: `request-${status}`,
    },
  );
}

export const inProgress = (): ApiError => apiError(409, { code: 'idempotent_request_in_progress' });
export const lost = (): TransportError => new TransportError('reset', 'the connection was lost', { sent: 'maybe' });
export const refused = (): TransportError => new TransportError('refused', 'connection refused', { sent: 'no' });
export const nonsense = (): InvalidAnswerError => new InvalidAnswerError('the answer is not JSON');
