import type { Activity } from '../../src/base/activity.js';
import {
  ApiError,
  Interrupted,
  InvalidAnswerError,
  RedirectError,
  TransportError,
  type LdctlError,
} from '../../src/base/errors.js';
import type { Started, KeptRun, Mark, RunJournal, RunRecord } from '../../src/base/journal.js';
import type { Accepted, WireTrigger } from '../../src/base/supervisor.js';
import type { LogRead } from '../../src/log/log.js';

/*
 * The world of the model: a server with a log, a journal on a disk, and time. It shares no code
 * with the job. What can go wrong is a choice: the first of its options is what goes well, and
 * every other one is a fault.
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
  /** What went wrong. */
  readonly faults: unknown[] = [];
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
    const fault = options[planned[1]] ?? options[0];
    this.faults.push(fault);
    return fault;
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

/**
 * Who makes a POST: the number of the process, and when the last read began that it was told of.
 */
export interface Sender {
  by: number;
  readAt: number;
}

/** A POST on its way. */
interface Sent extends Sender {
  request: WireTrigger;
  sentAt: number;
  /** What its process knew already, or could have read in the journal. */
  after: 'redirect' | 'acceptance' | null;
}

export interface Dispatch extends Omit<Sent, 'request'> {
  /** It may have been long on its way. */
  at: number;
  key: string;
  made: Entry[];
}

export interface WorldOptions {
  /** Whether the server knows idempotency keys. */
  honours: boolean;
  /** How late its log shows an entry, ms. */
  lateBy?: number;
  /** Old entries that name no node: an empty log. */
  empty?: boolean;
  /** The first POST is answered with this, and that is no fault. */
  first?: PostFault;
  /** A journal that is broken on purpose. */
  isSparing?: boolean;
}

export class World {
  now = 0;
  readonly entries: Entry[] = [];
  readonly dispatched: Dispatch[] = [];
  readonly disk: Disk = new Map();
  /** Which process was answered by a redirect, by key. */
  readonly redirected = new Map<string, number>();
  /** Keys of which that could not be noted: only the process that was told knows. */
  readonly unnotable = new Set<string>();
  readonly #choices: Choices;
  readonly #options: WorldOptions;
  readonly #keys = new Map<string, number>();
  #underway: Array<{ at: number; sent: Sent }> = [];
  #posts = 0;
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

  pass(to: number): void {
    for (const late of this.#underway.filter(({ at }) => at <= to)) {
      this.now = Math.max(this.now, late.at);
      this.dispatch(late.sent);
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
    const above = typeof downTo === 'bigint' && !all ? downTo : undefined;
    const entries = this.entries
      .filter(
        ({ id, shownAt, goneAt }) => shownAt <= this.now && goneAt > this.now && id > (above ?? 0n),
      )
      .map((entry) => this.#shown(entry))
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    return {
      entries,
      startedAt: this.now,
      serverTime: this.wall,
      requests: 1,
      isWhole: true,
      above,
    };
  }

  /** A dispatch, unless the server knows that it was made before. */
  dispatch({ request, ...sent }: Sent): void {
    if (this.isReplay(request)) return;
    this.#keys.set(request.wireKey, this.now);
    const dispatch: Dispatch = { ...sent, at: this.now, key: request.wireKey, made: [] };
    this.dispatched.push(dispatch);
    for (const node of request.nodes ?? ALL) {
      const late = (this.#options.lateBy ?? 0) + this.#choices.of([0, 3 * SECOND, Infinity]);
      const end = this.#choices.of(['completed', 'rejected', 'never', 'vanishes', 'doubled']);
      const doneAt = end === 'never' || end === 'vanishes' ? Infinity : this.now + late + 1200;
      const goneAt = end === 'vanishes' ? this.now + late + 1500 : Infinity;
      const made = { shownAt: this.now + late, doneAt, goneAt, dispatch };
      dispatch.made.push(
        this.#add(node, true, this.now, {
          ...made,
          end: end === 'rejected' ? 'rejected' : 'completed',
        }),
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

  /** Another process has sent this, and was accepted at once; nobody knows of it. */
  dispatchElsewhere(request: WireTrigger): void {
    this.dispatch({ request, sentAt: this.now, by: -1, readAt: this.now, after: null });
  }

  /**
   * Every answer that a POST can have.
   * @param mayStop whether its process may be stopped before it leaves
   */
  post(
    request: WireTrigger,
    sender: Sender,
    mayStop: boolean,
  ): Accepted | LdctlError | Interrupted {
    const { first } = this.#options;
    const options = mayStop && this.#posts === 0 ? POST_FAULTS_FIRST : POST_FAULTS;
    const how = first && this.#posts === 0 ? first : this.#choices.of<PostFault>(options);
    this.#posts += 1;
    // A process that is stopped within a later POST sends when it goes on: no client can hold that.
    if (how === 'stopped before it leaves') this.pass(this.now + 900 * SECOND);
    this.pass(this.now + 30);
    const sent = {
      ...sender,
      request,
      sentAt: this.now,
      after: this.#knownOf(request.wireKey, sender.by),
    };
    const replayed = this.isReplay(request);
    if (DISPATCHES.has(how)) this.dispatch(sent);
    if (how === 'arrives later') this.#underway.push({ at: this.now + 3 * SECOND, sent });
    // A request of this very key goes on, one that was lost on its way: it ends in a second.
    if (how === 'in progress') this.#underway.push({ at: this.now + SECOND, sent });
    this.pass(this.now + (how.startsWith('lost') ? 3 * SECOND : 20));
    if (how.startsWith('redirect')) this.redirected.set(request.wireKey, sender.by);
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
        return new ApiError('slow down', {
          status: 429,
          code: 'rate_limited',
          reason: '',
          retryAfterMs: 12 * SECOND,
        });
      case 'in progress':
        return new ApiError('busy', {
          status: 409,
          code: 'idempotent_request_in_progress',
          reason: '',
        });
      case '403':
        return new ApiError('no', { status: 403, code: 'denied', reason: '' });
      case '503 before':
      case '503 after':
        return new ApiError('down', { status: 503, code: 'http_503', reason: '' });
      case 'another 2xx after':
        return new InvalidAnswerError('200');
      case 'redirect before':
      case 'redirect after':
        return new RedirectError('redirect');
      case 'interrupt before':
      case 'interrupt after':
        return new Interrupted('SIGINT');
      case 'lost before':
      case 'lost after':
      case 'arrives later':
        return new TransportError('ECONNRESET', 'lost', { sent: 'maybe' });
    }
  }

  #knownOf(key: string, by: number): Sent['after'] {
    const marks = (this.disk.get(key) ?? []).flatMap((kept) => [...kept.marks]);
    if (this.redirected.get(key) === by) return 'redirect';
    return marks.includes('accepted') ? 'acceptance' : null;
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
const POST_FAULTS_FIRST = [...POST_FAULTS, 'stopped before it leaves'] as const;
type PostFault = (typeof POST_FAULTS_FIRST)[number];
const DISPATCHES: ReadonlySet<PostFault> = new Set<PostFault>([
  'accepted',
  'lost after',
  '503 after',
  'another 2xx after',
  'redirect after',
  'interrupt after',
  'stopped before it leaves',
]);

/** The records of each key, the newest last: they outlive their process. */
type Disk = Map<string, Stored[]>;
interface Stored {
  record: RunRecord;
  marks: Set<string>;
}

const VALID = 24 * 3600 * SECOND;

/** The journal as `base/journal.ts` describes it. */
export class MemoryJournal implements RunJournal {
  readonly #disk: Disk;
  readonly #wall: () => number;
  readonly #isSparing: boolean;

  /** @param isSparing a sabotage: a POST that goes on from a record has none of its own */
  constructor(disk: Disk, wall: () => number, isSparing = false) {
    this.#disk = disk;
    this.#wall = wall;
    this.#isSparing = isSparing;
  }

  read(key: string): KeptRun | null {
    const all = this.#disk.get(key) ?? [];
    const counts = ({ record, marks }: Stored): boolean =>
      this.#wall() - record.postedAt <= VALID && (!marks.has('refused') || marks.has('accepted'));
    const live = all.filter(counts);
    const stored = live.findLast(({ marks }) => marks.has('accepted')) ?? live.at(-1);
    if (!stored) return null;
    const { record } = stored;
    const has = (mark: string): boolean => live.some(({ marks }) => marks.has(mark));
    const marks = {
      accepted: has('accepted'),
      passed: has('passed'),
    };
    return {
      record,
      generation: all.indexOf(stored) + 1,
      ageMs: this.#wall() - record.postedAt,
      ...marks,
    };
  }

  begin(record: RunRecord, after: number): Started {
    const kept = this.read(record.key);
    if (kept && (kept.accepted || kept.generation !== after)) {
      return { found: kept };
    }
    if (this.#isSparing && kept) return { made: after };
    const all = [...(this.#disk.get(record.key) ?? []), { record, marks: new Set<string>() }];
    this.#disk.set(record.key, all);
    return { made: all.length };
  }

  mark(key: string, generation: number, mark: Mark): void {
    this.#disk.get(key)?.[generation - 1]?.marks.add(mark);
  }
}
