import type { Activity } from '../../src/base/activity.js';
import {
  ApiError,
  Interrupted,
  InvalidAnswerError,
  RedirectError,
  TransportError,
  type LdctlError,
} from '../../src/base/errors.js';
import type { KeptRun, RunRecord } from '../../src/base/journal.js';
import type { Accepted, WireTrigger } from '../../src/base/supervisor.js';
import type { LogRead } from '../../src/log/log.js';

/*
 * The world of the model: a server with a log, a journal on a disk, and time. It shares no code with the job. What can go
 * wrong is a choice: the first of its options is what goes well, and every other one is a fault.
 */

export const SECOND = 1000;
const EPOCH = Date.UTC(2026, 0, 1);
const DEPLOYMENT = 7n;
export const ALL = [1n, 2n, 3n];

/** Which faults a story has: at which of its choices, and which option. All else goes well. */
export type Plan = ReadonlyArray<readonly [at: number, option: number]>;

/** Makes the choices of one story, in order; how many faults it may hold is its budget. */
export class Choices {
  /** How many options each had. */
  readonly made: number[] = [];
  readonly #plan: Plan;
  #used = 0;
  readonly #budget: number;

  constructor(plan: Plan, budget: number) {
    this.#plan = plan;
    this.#budget = budget;
  }

  of<T>(options: readonly [T, ...T[]]): T {
    const planned = this.#plan[this.#used];
    const at = this.made.length;
    this.made.push(this.#used < this.#budget ? options.length : 1);
    if (planned?.[0] !== at) return options[0];
    this.#used += 1;
    return options[planned[1]] ?? options[0];
  }
}

export interface Entry {
  id: bigint;
  node: bigint;
  /** The same runtime and action. */
  same: boolean;
  madeAt: number;
  shownAt: number;
  doneAt: number;
  goneAt: number;
  /** Whether any read has shown it. */
  wasShown: boolean;
  end: string;
  /** Made by a dispatch of this story, and by which. */
  dispatch: Dispatch | null;
  createdText: string;
}

export interface Dispatch {
  at: number;
  /** When its POST was made: it may have been long on its way. */
  sentAt: number;
  key: string;
  nodes: readonly bigint[];
  made: Entry[];
  afterRedirect: boolean;
  /** Entries of the same that are newer than this came after the trigger was sent. */
  newest: bigint;
}

export interface WorldOptions {
  /** Whether the server knows idempotency keys. */
  honours: boolean;
  /** How late its log shows an entry, ms. */
  lateBy?: number;
  /** Old entries that name no node: an empty log. */
  empty?: boolean;
}

export class World {
  now = 0;
  readonly entries: Entry[] = [];
  readonly dispatched: Dispatch[] = [];
  readonly journal = new MemoryJournal(() => this.wall);
  /** Keys whose POST was answered by a redirect, and when. */
  readonly redirected = new Map<string, number>();
  /** Those of which no mark could be written: only the process that was told knows. */
  readonly unnotable = new Set<string>();
  /** When the last read began. */
  readAt = -Infinity;
  /** Time that passed while the process did nothing. */
  slept = 0;
  readonly #choices: Choices;
  readonly #options: WorldOptions;
  readonly #keys = new Map<string, number>();
  #underway: Array<{ at: number; request: WireTrigger; sentAt: number }> = [];
  #nextId = 10n;

  constructor(choices: Choices, options: WorldOptions) {
    this.#choices = choices;
    this.#options = options;
    if (options.empty) return;
    const before = -30 * 60 * SECOND;
    this.#add(1n, true, -300 * SECOND, { id: 1n, end: 'completed' });
    this.#add(2n, true, before, { id: 2n, end: 'rejected' });
    this.#add(3n, false, before, { id: 3n, end: 'completed' });
  }

  get wall(): number {
    return EPOCH + this.now;
  }

  get newest(): bigint {
    return this.entries.reduce((high, { id, shownAt }) => (shownAt <= this.now && id > high ? id : high), 0n);
  }

  pass(to: number): void {
    for (const late of this.#underway.filter(({ at }) => at <= to)) {
      this.now = Math.max(this.now, late.at);
      this.dispatch(late.request, late.sentAt);
    }
    this.#underway = this.#underway.filter(({ at }) => at > to);
    this.now = Math.max(this.now, to);
  }

  /** Another operator does the same to a node. */
  rival(node: bigint): void {
    this.#add(node, true, this.now, { doneAt: this.now + 800, end: 'completed' });
  }

  /** What the log shows, newest first: as much as was asked for, or all of it. */
  read(downTo: bigint | 'newest' | 'known', all = false): LogRead {
    this.readAt = this.now;
    const above = typeof downTo === 'bigint' && !all ? downTo : undefined;
    const entries = this.entries
      .filter(({ id, shownAt, goneAt }) => shownAt <= this.now && goneAt > this.now && id > (above ?? 0n))
      .map((entry) => this.#shown(entry))
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    return { entries, startedAt: this.now, serverTime: this.wall, requests: 1, isWhole: true, above };
  }

  /** A dispatch, unless the server knows that it was made before. */
  dispatch(request: WireTrigger, sentAt = this.now): void {
    if (this.isReplay(request)) return;
    this.#keys.set(request.wireKey, this.now);
    const newest = this.newest;
    const nodes = request.nodes ?? ALL;
    const dispatch: Dispatch = {
      at: this.now,
      sentAt,
      key: request.wireKey,
      nodes,
      made: [],
      afterRedirect: sentAt > (this.redirected.get(request.wireKey) ?? Infinity),
      newest,
    };
    this.dispatched.push(dispatch);
    for (const node of nodes) {
      const late = (this.#options.lateBy ?? 0) + this.#choices.of([0, 3 * SECOND, Infinity]);
      const end = this.#choices.of(['completed', 'rejected', 'never', 'vanishes', 'doubled']);
      const doneAt = end === 'never' || end === 'vanishes' ? Infinity : this.now + late + 1200;
      const goneAt = end === 'vanishes' ? this.now + late + 1500 : Infinity;
      const made = { shownAt: this.now + late, doneAt, goneAt, dispatch };
      dispatch.made.push(
        this.#add(node, true, this.now, { ...made, end: end === 'rejected' ? 'rejected' : 'completed' }),
      );
      if (end !== 'doubled') continue;
      dispatch.made.push(
        this.#add(node, true, this.now, {
          ...made,
          shownAt: made.shownAt + 500,
          doneAt: doneAt + 900,
          end: 'rejected',
        }),
      );
    }
  }

  isReplay({ wireKey }: WireTrigger): boolean {
    const at = this.#keys.get(wireKey);
    return this.#options.honours && at !== undefined && this.now - at < 600 * SECOND;
  }

  /** Every answer that a POST can have. @param first whether it is the first of the story */
  post(request: WireTrigger, first: boolean): Accepted | LdctlError | Interrupted {
    const how = this.#choices.of<PostFault>(first ? [...POST_FAULTS, 'stopped before it leaves'] : POST_FAULTS);
    // A process that is stopped within a later POST sends when it goes on: no client can hold that.
    if (how === 'stopped before it leaves') this.sleep(900 * SECOND);
    this.pass(this.now + 30);
    const replayed = this.isReplay(request);
    if (DISPATCHES.has(how)) this.dispatch(request);
    if (how === 'arrives later') this.#underway.push({ at: this.now + 3 * SECOND, request, sentAt: this.now });
    this.pass(this.now + (how.startsWith('lost') ? 3 * SECOND : 20));
    if (how.startsWith('redirect')) this.redirected.set(request.wireKey, this.now);
    return this.#answerOf(how, replayed);
  }

  #answerOf(how: PostFault, replayed: boolean): Accepted | LdctlError | Interrupted {
    switch (how) {
      case 'accepted':
      case 'stopped before it leaves':
        return { requestId: 'r', replayed, serverTime: this.wall };
      case 'refused':
        return new TransportError('ECONNREFUSED', 'refused', { sent: 'no' });
      case 'certificate':
        return new TransportError('CERT', 'certificate', { sent: 'no', transient: false });
      case '429':
        return new ApiError('slow down', { status: 429, code: 'rate_limited', reason: '', retryAfterMs: 12 * SECOND });
      case 'in progress':
        // A request of this very key goes on, one that was lost on its way: it ends in a second.
        this.#underway.push({ at: this.now + SECOND, request: { ...this.#lastRequest }, sentAt: this.now });
        return new ApiError('busy', { status: 409, code: 'idempotent_request_in_progress', reason: '' });
      case '403':
        return new ApiError('no', { status: 403, code: 'denied', reason: '' });
      case '503 before':
      case '503 after':
        return new ApiError('down', { status: 503, code: 'http_503', reason: '' });
      case 'another 2xx after':
        return new InvalidAnswerError('200');
      case 'redirect before':
      case 'redirect after':
        return new RedirectError('redirect', 307);
      case 'interrupt before':
      case 'interrupt after':
        return new Interrupted('SIGINT');
      case 'lost before':
      case 'lost after':
      case 'arrives later':
        return new TransportError('ECONNRESET', 'lost', { sent: 'maybe' });
    }
  }

  #lastRequest: WireTrigger = {
    deploymentId: DEPLOYMENT,
    runtime: 'iggy',
    action: { verb: 'restart' },
    nodes: [],
    wireKey: '',
  };

  remember(request: WireTrigger): void {
    this.#lastRequest = request;
  }

  sleep(ms: number): void {
    this.slept += ms;
    this.pass(this.now + ms);
  }

  #add(node: bigint, same: boolean, madeAt: number, more: Partial<Entry> & { end: string }): Entry {
    const entry: Entry = {
      id: more.id ?? this.#nextId++,
      node,
      same,
      madeAt,
      shownAt: madeAt,
      doneAt: madeAt,
      goneAt: Infinity,
      wasShown: false,
      dispatch: null,
      createdText: new Date(EPOCH + madeAt).toISOString(),
      ...more,
    };
    this.entries.push(entry);
    return entry;
  }

  #shown(entry: Entry): Activity {
    const { id, node, same, doneAt, end, createdText } = entry;
    entry.wasShown = true;
    const isDone = doneAt <= this.now;
    return {
      id,
      node_id: node,
      deployment_id: DEPLOYMENT,
      runtime: 'iggy',
      action: same ? 'restart' : 'stop',
      status: isDone ? end : 'processing',
      created_at: createdText,
    };
  }
}

const POST_FAULTS = [
  'accepted',
  'lost before',
  'lost after',
  'refused',
  'certificate',
  '503 before',
  '503 after',
  'another 2xx after',
  '429',
  'in progress',
  '403',
  'redirect before',
  'redirect after',
  'arrives later',
  'interrupt before',
  'interrupt after',
] as const;
type PostFault = (typeof POST_FAULTS)[number] | 'stopped before it leaves';
const DISPATCHES: ReadonlySet<PostFault> = new Set<PostFault>([
  'accepted',
  'lost after',
  '503 after',
  'another 2xx after',
  'redirect after',
  'interrupt after',
  'stopped before it leaves',
]);

/** What is on the disk: it outlives the process. */
export class MemoryJournal {
  readonly #byKey = new Map<string, Array<{ record: RunRecord; marks: Set<string> }>>();
  readonly #wall: () => number;

  constructor(wall: () => number) {
    this.#wall = wall;
  }

  read(key: string): KeptRun | null {
    const live = (this.#byKey.get(key) ?? []).filter(
      ({ record }) => this.#wall() - record.postedAt < 24 * 3600 * SECOND,
    );
    const sent = live.filter(({ marks }) => marks.has('accepted')).at(-1);
    const newest = sent ?? live.filter(({ marks }) => !marks.has('refused') || marks.has('redirected')).at(-1);
    if (!newest) return null;
    const { record, marks } = newest;
    return {
      record,
      ageMs: this.#wall() - record.postedAt,
      accepted: marks.has('accepted'),
      redirected: marks.has('redirected'),
      passed: marks.has('passed'),
    };
  }

  begin(record: RunRecord): KeptRun | null {
    const kept = this.read(record.key);
    if (kept) return kept;
    const all = this.#byKey.get(record.key) ?? [];
    this.#byKey.set(record.key, [...all, { record, marks: new Set() }]);
    return null;
  }

  mark(key: string, state: string): void {
    this.#byKey.get(key)?.at(-1)?.marks.add(state);
  }
}
