import { type Runtime } from '../../src/base/activity.js';
import { ApiError, TransportError } from '../../src/base/errors.js';
import { type Id } from '../../src/base/ids.js';
import {
  type Accepted,
  type ActivityPage,
  type CallOptions,
  type PageQuery,
  type Supervisor,
  type WireTrigger,
} from '../../src/base/supervisor.js';
import { Sandbox } from '../../src/sandbox/engine.js';
import { readOptions, type StartSandboxOptions } from '../../src/sandbox/options.js';
import { MAIN_DEPLOYMENT_ID, OPERATORS } from '../../src/sandbox/tenant.js';
import { type VirtualClock } from './clock.js';

/** The only deployment that it has. */
export const DEPLOYMENT = MAIN_DEPLOYMENT_ID;

/** How an activity goes. Milliseconds. */
export interface Fate {
  /** Until its entry appears. */
  appearMs?: number;
  /** Until it ends; null: never. */
  workMs?: number | null;
  result?: 'completed' | 'rejected';
}

export interface EntryOptions extends Fate {
  id?: Id;
  node?: Id;
  runtime?: Runtime;
  action?: string;
  /** Ms UTC. */
  createdAt?: number;
}

type ReadStep = (
  page: ActivityPage,
  query: PageQuery,
  options: CallOptions,
) => ActivityPage | Promise<ActivityPage>;

/** The sandbox's engine in virtual time, called without HTTP, so that a test can spoil any call. */
export class VirtualServer implements Supervisor {
  /** Those that were carried out. */
  readonly posts: WireTrigger[] = [];
  readonly postTimes: number[] = [];
  /** How many were made in all. */
  postsMade = 0;
  readonly reads: PageQuery[] = [];
  readonly log: Sandbox['cloud']['main'];
  /** Whether its answers have a date. */
  hasDate = true;
  /** Those that act where a trigger names none. */
  nodes: readonly Id[];
  /** What every POST meets: an answer, or the error that it ends with. */
  onPost: (carryOut: () => Accepted, request: WireTrigger) => Accepted | Error = (carryOut) =>
    carryOut();
  /** Runs before every read: the place to let the log grow. */
  beforeRead: () => void = () => undefined;
  /** What becomes of every page that is read. */
  onRead: ReadStep = (page) => page;
  readonly #sandbox: Sandbox;
  readonly #readScript: ReadStep[] = [];
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, options: StartSandboxOptions = {}) {
    const settings = readOptions({
      ...{ nodes: [1n, 2n, 3n], history: 0, now: () => clock.now() },
      ...{ appearMs: 100, workMs: 1000 },
      ...options,
    });
    this.#clock = clock;
    // Half way: the work takes neither longer nor shorter than it should.
    this.#sandbox = new Sandbox(settings, 'http://127.0.0.1:1', () => 0.5);
    this.log = this.#sandbox.cloud.main;
    this.nodes = settings.nodes;
  }

  /** The ids in the log, oldest first, also of what has not appeared yet. */
  get ids(): Id[] {
    return this.log.entries.map(({ id }) => id);
  }

  /** How a node takes each action. By default it appears after 100 ms and takes 1 s. */
  setFate(id: Id, { appearMs = 100, workMs = 1000, result }: Fate): void {
    const node = this.log.nodes.get(id);
    if (!node) throw new Error(`there is no node ${id}`);
    const trouble = result === 'rejected' ? 'reject' : undefined;
    node.trouble = workMs === null ? 'stuck' : trouble;
    Object.assign(node, { appearMs, workMs });
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

  async trigger(request: WireTrigger, { signal }: CallOptions = {}): Promise<Accepted> {
    signal?.throwIfAborted();
    this.postsMade += 1;
    const answer = this.onPost(() => this.#carryOut(request), request);
    if (answer instanceof Error) throw answer;
    return Promise.resolve(answer);
  }

  #carryOut(request: WireTrigger): Accepted {
    const at = this.#clock.now();
    this.posts.push(request);
    this.postTimes.push(at);
    const { runtime, action, nodes } = request;
    const wanted = { runtime, action, nodes: nodes ?? this.nodes, authorId: OPERATORS.ada, at };
    this.#sandbox.cloud.dispatch(this.log, wanted);
    return { requestId: 'f00d', replayed: false, serverTime: at };
  }

  /** What it answers where a key was used before. */
  replay(): Accepted {
    return {
      requestId: 'r',
      replayed: true,
      serverTime: this.hasDate ? this.#clock.now() : null,
    };
  }

  async list(
    _deploymentId: Id,
    query: PageQuery,
    options: CallOptions = {},
  ): Promise<ActivityPage> {
    options.signal?.throwIfAborted();
    this.reads.push(query);
    const step = this.#readScript.shift() ?? this.onRead;
    this.beforeRead();
    const now = this.#clock.now();
    const page = {
      ...this.log.read(query.page, query.results, now),
      ...(this.hasDate && { serverTime: now }),
    };
    return step(page, query, options);
  }

  /** Puts an entry into the log: a restart that has completed. @returns its id */
  add({
    id = this.#sandbox.cloud.nextActivityId(),
    node = 1n,
    runtime = 'iggy',
    action = 'restart',
    appearMs = 0,
    workMs = 0,
    result = 'completed',
    createdAt = this.#clock.now(),
  }: EntryOptions = {}): Id {
    const now = this.#clock.now();
    const created_at = new Date(createdAt).toISOString();
    const { entries } = this.log;
    const place = entries.findLastIndex((one) => one.id < id) + 1;
    entries.splice(place, 0, {
      ...{ id, node_id: node, appears_at: now + appearMs, result },
      finishes_at: workMs === null ? null : now + workMs,
      ...{ author_id: OPERATORS.bo, runtime, action, created_at },
    });
    return id;
  }

  /** `n` entries that have long been completed, on its nodes in turn. */
  addHistory(n: number, { createdAt = this.#clock.now(), ...options }: EntryOptions = {}): void {
    for (let index = 0; index < n; index++) {
      const node = this.nodes[index % this.nodes.length];
      this.add({ action: 'start', node, createdAt: createdAt - n + index, ...options });
    }
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

/** An answer that never comes, while time passes. */
export async function slowAnswer(clock: VirtualClock, signal?: AbortSignal): Promise<never> {
  for (;;) await clock.sleep(250, signal);
}
