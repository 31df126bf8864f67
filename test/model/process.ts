import type { Activity } from '../../src/base/activity.js';
import type { Clock } from '../../src/base/clock.js';
import {
  ApiError,
  asLdctlError,
  Interrupted,
  LdctlError,
  TransportError,
} from '../../src/base/errors.js';
import { EXIT_CODES } from '../../src/base/exit-codes.js';
import type { Id } from '../../src/base/ids.js';
import type { Claim, KeptRun, Mark, RunJournal, RunRecord } from '../../src/base/journal.js';
import type { GateResult } from '../../src/base/outcome.js';
import type { Accepted, CallOptions, WireTrigger } from '../../src/base/supervisor.js';
import type { DriveTools } from '../../src/job/drive.js';
import { openLog, type ActivityLog, type LogRead } from '../../src/log/log.js';
import { run, type Ended, type GateTools, type Runner } from './adapter.js';
import { postFaults, type PostFault } from './answers.js';
import type { Choices } from './choices.js';
import { MemoryJournal } from './disk.js';
import { backAfter, id, isKilled, nameOf, processesOf, SECOND, type Setting } from './setting.js';
import { DEPLOYMENT, type Sender, type World } from './world.js';

/** The model lets time pass. A new one each time: a single one would keep all that waits for it. */
const never = (): Promise<void> => new Promise(() => undefined);

/** What a process was shown of the log. */
export interface Seen {
  at: number;
  endedAt: number;
  /** As the log was then. */
  asOf: number;
  shown: readonly Activity[];
  /** Whether it was of another deployment or tenant. */
  isForeign: boolean;
  isStale: boolean;
  /** Whether it went as far back as the read for nodes. */
  isDeep: boolean;
  /** How many that took. */
  requests: number;
}

/** What a process came to know by one of its steps. */
export interface Fact {
  of: 'read' | 'post' | 'record' | 'refusal';
  at: number;
  /** The exit code of what went wrong, if no earlier POST may have been sent; null: nothing did. */
  code: number | null;
  /** Of a POST or a record. */
  key: string | null;
}

/** One process, from its start to its end, with what it holds: a supervisor, a log, a journal. */
export class Process {
  readonly seen: Seen[] = [];
  /** In order, without the marks that it could make. */
  readonly facts: Fact[] = [];
  /** The newest record that it was given of each key. */
  readonly found = new Map<string, { kept: KeptRun; at: number }>();
  readonly journal: RunJournal;
  runner: Runner | null = null;
  /** Its job, and those that it starts again. */
  #whole: Promise<Ended> | null = null;
  #started = (): void => undefined;
  #ends = (): void => undefined;
  /** Nothing more followed: it was killed within a POST. */
  isDead = false;
  /** When it is run again after that, ms. */
  revivesAfter = SECOND;
  wakesAt = 0;
  /** When Core will have counted the nodes; Infinity where it has done so, or was not asked. */
  countsAt = Infinity;
  hasCounted = false;
  interruptedAt = Infinity;
  /** In a roll: when something said that nothing more starts. */
  stoppedAt = Infinity;
  /** When it was first given a record: from then on it follows what another has sent. */
  foundAt = Infinity;
  /** When a read was denied for good. */
  deniedAt = Infinity;
  readonly startedAt: number;
  endedAt = Infinity;
  ended: Ended | null = null;
  /** In place of a result: nothing was sent. */
  thrown: LdctlError | null = null;
  /** The keys of the nodes whose end halts no later one, and when it has noted that. */
  readonly noted = new Map<string, number>();
  /** Gates that run, and when they end. */
  readonly gates = new Map<bigint, { at: number; passes: boolean }>();
  /** How the gate of a node ended; false where it was cut off. */
  readonly gateEnds = new Map<bigint, boolean>();
  /** In a roll: how many reads it had seen when a node was no longer followed. */
  readonly nodeEnds = new Map<bigint, { reads: number; at: number; status: string | null }>();
  readonly #controller = new AbortController();
  readonly #easing = new AbortController();
  readonly #log: ActivityLog;
  readonly tools: DriveTools;
  /** How many records it has made, by key. */
  readonly #records = new Map<string, number>();

  constructor(
    readonly by: number,
    readonly apiKey: string,
    private readonly setting: Setting,
    private readonly world: World,
    private readonly choices: Choices,
    private readonly tell: (line: string) => void,
    private readonly isTold: boolean,
  ) {
    this.startedAt = world.now;
    const disk = new MemoryJournal(world.disk, () => world.wall);
    this.journal = {
      read: (key) => this.#found(disk.read(key)),
      claim: (record, after) => this.#claim(disk, record, after),
      mark: (...asked) => this.#mark(disk, ...asked),
    };
    const clock = {
      now: () => world.wall,
      elapsed: () => world.now,
      sleep: never,
      // What is read here never takes that long.
      limit: () => () => undefined,
      every: () => () => undefined,
    };
    this.#log = setting.log === 'whole' ? this.#wholeLog() : this.#pagedLog(clock);
    this.tools = {
      supervisor: { trigger: (request, options) => this.#trigger(request, options) },
      log: this.#log,
      journal: this.journal,
      clock,
      signal: this.#controller.signal,
    };
  }

  /** Starts its job. @throws where none could start */
  async start(): Promise<void> {
    const { setting, tools, apiKey, world } = this;
    if (setting.coreTakes > 0) this.countsAt = world.now + setting.coreTakes;
    const started = this.#nextStart();
    const isLater = this.by > 0;
    const given = {
      stopping: this.#easing.signal,
      apiKey,
      isLater,
      now: () => world.now,
      ...tools,
    };
    this.#whole = run(setting, given, (runner) => {
      this.runner = runner;
      this.#started();
      return new Promise((resolve) => (this.#ends = resolve));
    });
    await Promise.race([started, this.#whole]);
  }

  #nextStart(): Promise<boolean> {
    return new Promise((resolve) => (this.#started = () => resolve(true)));
  }

  /** Its job has ended. @returns whether it starts again, from the record of another */
  async startsAgain(): Promise<boolean> {
    const started = this.#nextStart();
    this.#ends();
    const ended = this.#whole?.then(() => false);
    const isAgain = await Promise.race([started, ended]).catch(() => false);
    if (isAgain) {
      this.#learn('record');
      this.tell('starts again from the record of another');
    }
    return isAgain === true;
  }

  readonly gateTools: GateTools = {
    start: ({ node, cutAt }) => {
      const how = this.choices.of(['passes', 'fails', 'hangs']);
      const endsAt = how === 'hangs' ? Infinity : this.world.now + 700;
      // One that is cut off has ended a moment later.
      const at = Math.min(endsAt, cutAt + 10);
      this.gates.set(node, { at, passes: how === 'passes' && endsAt <= cutAt });
      this.tell(`asks the gate after node ${nameOf(node)}`);
    },
  };

  /** Ctrl-C, wherever it is. */
  interrupt(): Interrupted {
    const reason = new Interrupted('SIGINT');
    this.interruptedAt = Math.min(this.interruptedAt, this.world.now);
    this.#controller.abort(reason);
    this.tell('Ctrl-C');
    return reason;
  }

  /** The first Ctrl-C of a roll. */
  ease(): Interrupted {
    const reason = new Interrupted('SIGINT');
    this.#easing.abort(reason);
    return reason;
  }

  get isEasing(): boolean {
    return this.#easing.signal.aborted;
  }

  get isInterrupted(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Core has counted the nodes. @returns the pair of step and fact */
  count(runner: Runner): string {
    const { core } = this.setting;
    [this.countsAt, this.hasCounted] = [Infinity, true];
    this.tell(core === null ? 'Core does not say' : `Core counts ${core}`);
    return runner.counted(core, this.world.now);
  }

  gateEnded(node: bigint, passes: boolean): GateResult {
    this.gates.delete(node);
    if (!this.gateEnds.has(node)) this.gateEnds.set(node, passes);
    this.tell(`the gate after node ${nameOf(node)} ${passes ? 'lets it continue' : 'fails'}`);
    return { exit_code: passes ? 0 : 1, timed_out: false, cut_off: false, took_ms: 700 };
  }

  // The journal.

  #learn(of: Fact['of'], error: LdctlError | null = null, key: string | null = null): void {
    this.facts.push({ of, at: this.world.now, code: error?.exitCode ?? null, key });
  }

  #claim(disk: RunJournal, record: RunRecord, after: number): Claim {
    if (this.choices.is('unwritable')) {
      this.tell('cannot write its record');
      const error = new LdctlError('unconfirmed', 'EIO', 'the disk is full');
      this.#learn('record', error, record.key);
      throw error;
    }
    const claim = disk.claim(record, after);
    this.#learn('record', null, record.key);
    if ('found' in claim) this.#found(claim.found);
    else this.#records.set(record.key, (this.#records.get(record.key) ?? 0) + 1);
    this.tell('made' in claim ? `writes record ${claim.made}` : 'finds the record of another');
    return claim;
  }

  #found(kept: KeptRun | null): KeptRun | null {
    if (!kept) return null;
    this.foundAt = Math.min(this.foundAt, this.world.now);
    this.found.set(kept.record.key, { kept, at: this.world.now });
    return kept;
  }

  #mark(disk: RunJournal, key: string, generation: number, mark: Mark, newest?: Id): void {
    if (this.choices.is('unwritable')) {
      this.tell(`cannot note: ${mark}`);
      const error = new LdctlError('unconfirmed', 'ENOSPC', 'the disk is full');
      if (mark === 'refused') this.#learn('refusal', error, key);
      throw error;
    }
    disk.mark(key, generation, mark, newest);
    if (mark === 'rejected' || mark === 'unconfirmed') this.noted.set(key, this.world.now);
    this.tell(`notes: ${mark}`);
  }

  // The supervisor.

  #trigger(request: WireTrigger, { sendBy = Infinity }: CallOptions = {}): Promise<Accepted> {
    const { world } = this;
    const { wireKey: key, nodes } = request;
    const met = this.#nextMeeting();
    this.tell(`posts: restart of ${namesOf(nodes)}`);
    const answer = world.post(request, met, this.#sender(key), sendBy);
    this.tell(answer === null ? `  ${met}` : `  answer: ${met}`);
    if (met.startsWith('killed')) this.isDead = true;
    if (met === 'killed before, run again later') this.revivesAfter = backAfter(this.setting);
    if (met.startsWith('interrupt')) return Promise.reject(this.interrupt());
    if (answer === null) return Promise.reject(new Error('killed'));
    this.#learn('post', answer instanceof Error ? asLdctlError(answer) : null, key);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }

  #nextMeeting(): PostFault {
    const { setting, world, choices } = this;
    const nth = world.posts.length;
    if (setting.first && nth < (setting.firsts ?? 1)) return setting.first;
    return choices.of(this.#postFaults(nth === 0));
  }

  #sender(key: string): Sender {
    const { world, by, apiKey } = this;
    const kept = new MemoryJournal(world.disk, () => world.wall).read(key);
    const all = world.disk.get(key)?.length ?? 0;
    const records = this.#records.get(key) ?? 0;
    return {
      by,
      apiKey,
      records,
      continues: all > records,
      wasAccepted: kept?.marks.has('accepted') ?? false,
    };
  }

  #postFaults(isFirst: boolean): readonly [PostFault, ...PostFault[]] {
    const { setting } = this;
    const also: PostFault[] = isFirst ? ['connected late'] : [];
    // Where keys are ignored, it runs twice.
    if (setting.honours) also.push('doubled by a gateway');
    if (isKilled(setting)) {
      also.push('killed before', 'killed before, run again later', 'killed after');
    }
    const mayStop = isFirst && processesOf(setting) === 1 && setting.past !== 'a use of the key';
    if (mayStop && !isKilled(setting)) also.push('stopped before it leaves');
    return postFaults(also, this.choices.isDeep);
  }

  // The log.

  #wholeLog(): ActivityLog {
    const read = (downTo: bigint | 'newest' | 'forNodes', what: string) => () =>
      this.#read(`reads the log: ${what}`, typeof downTo === 'bigint', (asOf, isAll) =>
        Promise.resolve(this.world.read(isAll ? 'newest' : downTo, asOf)),
      );
    return {
      newest: read('newest', 'newest'),
      forNodes: read('forNodes', 'for nodes'),
      downTo: (above) => read(above, `above ${nameOf(above)}`)(),
      seek: () => Promise.reject(new Error('all of it was shown')),
      all: () => {
        throw new Error('a job reads no whole log');
      },
    };
  }

  /** The real one, on the pages of the world. */
  #pagedLog(clock: Clock): ActivityLog {
    const { world } = this;
    let asOf: number | undefined;
    const supervisor = {
      list: (_: bigint, { page, results }: { page: number; results: number }) => {
        world.pass(world.now + 10);
        const answer = world.page(page, results, page === 1 ? asOf : undefined);
        return Promise.resolve(answer);
      },
    };
    const log = openLog(supervisor, DEPLOYMENT, clock);
    const paged = (what: string, read: () => Promise<LogRead>): Promise<LogRead> =>
      this.#read(`reads pages: ${what}`, false, (of) => {
        asOf = of;
        return read();
      });
    return {
      ...log,
      newest: (options?: CallOptions) => paged('newest', () => log.newest(options)),
      forNodes: (options?: CallOptions) => paged('for nodes', () => log.forNodes(options)),
      downTo: (above: bigint, options?: CallOptions) =>
        paged(`above ${nameOf(above)}`, () => log.downTo(above, options)),
    };
  }

  #readFaults(isDeep: boolean): readonly [ReadFault, ...ReadFault[]] {
    const { hasTenant, use } = this.setting;
    const some: ReadFault[] = hasTenant ? ['another tenant'] : [];
    // A roll is given more than it asks for where another of its nodes needs it.
    if (isDeep && use.is === 'roll') some.push('all of it');
    // In a run, Ctrl-C in a read does what it does in the wait before.
    if (use.is === 'roll' || !this.choices.isLater) some.push('interrupt');
    const { isDeep: areTwo, isDeepest } = this.choices;
    if (isDeepest) return ['good', 'a rival', ...READ_FAULTS, ...some];
    if (areTwo) return ['good', RUNS_ON, ...READ_FAULTS, ...some];
    return ['good', RUNS_ON, ...READ_FAULTS, ...ALONE, ...some];
  }

  async #read(
    what: string,
    isDeep: boolean,
    read: (asOf: number | undefined, isAll: boolean) => Promise<LogRead>,
  ): Promise<LogRead> {
    const how = this.choices.of(this.#readFaults(isDeep));
    if (how === 'a rival') this.world.rival(id(2));
    if (how === 'a rival that runs on') this.world.rival(id(2), Infinity);
    this.tell(what);
    this.world.pass(this.world.now + 20);
    if (how === 'interrupt') throw this.interrupt();
    if (how === 'unreadable' || how === 'denied') this.tell(`  it is ${how}`);
    try {
      const failure = this.#failureOf(how);
      if (failure) throw failure;
      return await this.#show(how, read);
    } catch (error) {
      if (error === DENIED || error === OUTAGES.gone) {
        this.deniedAt = Math.min(this.deniedAt, this.world.now);
      }
      this.#learn('read', asLdctlError(error));
      throw error;
    }
  }

  #failureOf(how: ReadFault): LdctlError | null {
    if (how === 'denied') return DENIED;
    if (how === 'unreadable') return OUTAGES.lost;
    const { from, to, is } = this.setting.outage ?? { from: Infinity, to: 0, is: 'lost' };
    return this.world.now >= from && this.world.now < to ? OUTAGES[is] : null;
  }

  async #show(
    how: ReadFault,
    read: (asOf: number | undefined, isAll: boolean) => Promise<LogRead>,
  ): Promise<LogRead> {
    const { world } = this;
    const isStale = how === 'stale';
    const log = await read(isStale ? world.now - 4 * SECOND : undefined, how === 'all of it');
    const other = OTHERS[how];
    log.entries = other ? log.entries.map((one) => ({ ...one, ...other })) : log.entries;
    const { entries: shown, startedAt: at, requests } = log;
    if (this.isTold) this.tell(`  ${how === 'good' ? '' : `${how}: `}${textOf(shown)}`);
    if (how === 'sleeps for 15 minutes') world.pass(world.now + 900 * SECOND);
    const asOf = isStale ? at - 4 * SECOND : at;
    if (!isSame(shown, this.seen.at(-1)?.shown)) this.choices.change();
    const isForeign = other !== undefined && shown.length > 0;
    const isDeep = log.downTo === 'forNodes';
    this.seen.push({ at, endedAt: world.now, asOf, shown, isForeign, isStale, isDeep, requests });
    const code = isForeign ? codeOf(other) : null;
    this.facts.push({ of: 'read', at: world.now, code, key: null });
    return log;
  }
}

const OUTAGES = {
  lost: new TransportError('ECONNRESET', 'lost', { sent: 'maybe' }),
  gone: new ApiError('gone', { status: 404, code: 'not_found', reason: '' }),
  'told to wait for 50 minutes': new ApiError('busy', {
    ...{ status: 503, code: 'http_503', reason: '', retryAfterMs: 3000 * SECOND },
  }),
};
const DENIED = new ApiError('no', { status: 403, code: 'denied', reason: '' });
/** Whose entries a read shows that is of another log. */
const OTHERS: { [K in ReadFault]?: Partial<Activity> } = {
  'another deployment': { deployment_id: id(8) },
  'another tenant': { tenant_id: id(71) },
};
/** The exit codes of such a log before anything was sent: docs/rules.md, "Whose entry". */
const WRONG_DEPLOYMENT = EXIT_CODES.unreachable.code;
const WRONG_TENANT = EXIT_CODES.refused.code;
const codeOf = (other: object) => ('tenant_id' in other ? WRONG_TENANT : WRONG_DEPLOYMENT);

/** It is waited for until the deadline: with three faults, these would be most stories. */
const RUNS_ON = 'a rival that runs on';
const READ_FAULTS = ['denied', 'sleeps for 15 minutes'] as const;
/** No other fault makes them worse, or one of the others does as much: they are played alone. */
const ALONE = ['unreadable', 'a rival', 'another deployment', 'stale'] as const;
type ReadFault =
  | (typeof READ_FAULTS | typeof ALONE)[number]
  | typeof RUNS_ON
  | 'good'
  | 'interrupt'
  | 'another tenant'
  | 'all of it';

/** Whether as many entries are shown, and as many of them are open. */
function isSame(shown: readonly Activity[], before: readonly Activity[] = []): boolean {
  return shown.length === before.length && openOf(shown) === openOf(before);
}

function openOf(shown: readonly Activity[]): number {
  let open = 0;
  for (const { status } of shown) if (status === 'processing') open += 1;
  return open;
}

const namesOf = (nodes: readonly bigint[] | null): string =>
  nodes === null ? 'every node' : `node ${nodes.map(nameOf).join(', ')}`;

function textOf(shown: readonly Activity[]): string {
  const some = shown
    .slice(0, 6)
    .map((one) => `${nameOf(one.id)} ${one.action} of ${nameOf(one.node_id)} ${one.status}`);
  const more = shown.length > 6 ? [`and ${shown.length - 6} more`] : [];
  return [...some, ...more].join('; ') || 'nothing';
}
