import { ApiError, Interrupted, TransportError } from '../../src/base/errors.js';
import type { ResultEvent } from '../../src/job/events.js';
import type { Asked, FactOf, Job, Step, StepOf } from '../../src/job/job.js';
import {
  ALL,
  Choices,
  MemoryJournal,
  SECOND,
  World,
  type Plan,
  type WorldOptions,
} from './world.js';

/** One way to use a job, and what the world may do to it. */
export interface Setting extends WorldOptions {
  name: string;
  nodes: readonly bigint[] | null;
  expect?: number;
  /** A caller's key, so that there is a journal. */
  keyed?: boolean;
  /** The process may be killed between any two steps, and run again. */
  kills?: boolean;
  /** So many use the same key, one after the other, or the next one in between. */
  processes?: number;
  /**
   * A runner that is gone has used the key, and left no record; five minutes before, another deploy
   * did the same.
   */
  before?: boolean;
  roll?: { window: number; gated: boolean };
}

export type MakeJob = (setting: Setting, world: World, journal: MemoryJournal) => Job;

/** How a process ended. */
export interface Ended {
  by: number;
  at: number;
  readAt: number;
  result: ResultEvent | null;
  /** Thrown instead of a result: nothing was sent. */
  thrown: unknown;
  /**
   * In a roll: when the last read began of which each node's end was told, or else the first read
   * of the last process.
   */
  seenBy: (node: bigint) => number;
}

export interface Story {
  world: World;
  ended: Ended[];
  choices: number[];
  faults: readonly unknown[];
  why: string | null;
  wasKilled: boolean;
  gates: Map<bigint, boolean>;
  /** When the first Ctrl-C, the second, or a failed node or gate said that nothing more begins. */
  stoppedAt: number | null;
  widest: number;
}

const MOST_STEPS = 4000;
/** Between the end of a node and what comes next in a roll. */
export const PAUSE = 500;

/** One process, from its start to its end, and its next life after a kill. */
class Process {
  readonly by: number;
  readonly journal: MemoryJournal;
  readonly job: Job;
  wakesAt = 0;
  firstRead = -Infinity;
  readAt = -Infinity;
  stopping = false;
  hasEnded = false;
  readonly gates = new Map<bigint, { at: number; passes: boolean }>();
  readonly cut = new Set<bigint>();
  readonly ends = new Map<bigint, number>();

  constructor(by: number, setting: Setting, world: World, make: MakeJob) {
    this.by = by;
    this.journal = new MemoryJournal(world.disk, () => world.wall, setting.isSparing);
    this.job = make(setting, world, this.journal);
  }

  end(at: number): Ended {
    const { by, readAt, ends, firstRead } = this;
    this.hasEnded = true;
    const ended = {
      by,
      at,
      readAt,
      thrown: null,
      seenBy: (node: bigint) => ends.get(node) ?? firstRead,
    };
    try {
      return { ...ended, result: this.job.result() };
    } catch (error) {
      return { ...ended, result: null, thrown: error };
    }
  }
}

/** Plays one story to its end. @param seen takes each pair of step and fact */
export function play(
  setting: Setting,
  plan: Plan,
  budget: number,
  make: MakeJob,
  seen: (pair: string) => void,
): Story {
  const choices = new Choices(plan, budget);
  const world = new World(choices, setting);
  if (setting.before) beforehand(setting, world, make);
  const story: Story = {
    ...{
      world,
      ended: [],
      choices: choices.made,
      faults: choices.faults,
      why: null,
      wasKilled: false,
    },
    ...{ gates: new Map(), stoppedAt: null, widest: 0 },
  };
  const most = setting.processes ?? 1;
  const isKept = setting.keyed === true || setting.roll !== undefined;
  const started: Process[] = [];
  const start = (): Process => {
    const process = new Process(started.length, setting, world, make);
    started.push(process);
    return process;
  };
  let one = start();
  /** Whether no other goes on before this one has ended. */
  let isAlone = false;
  /** Whether one has noted that it was accepted: in which order they go on matters no more. */
  let isAccepted = false;
  let lives = 1;
  const take = <K extends Asked>(step: StepOf<K>, fact: FactOf<K>): void => {
    seen(pairOf(step, fact.is));
    one.job.take(step, fact, world.now);
  };
  const interrupt = (step: Step, reason = new Interrupted('SIGINT')): void => {
    story.stoppedAt ??= world.now;
    seen(pairOf(step, 'stopped'));
    one.job.interrupt(reason, world.now);
  };
  for (let steps = 0; ; steps++) {
    if (steps > MOST_STEPS) return { ...story, why: 'never ends' };
    for (const [node, { at, passes }] of one.gates) {
      if (at > world.now) continue;
      one.gates.delete(node);
      if (!one.cut.has(node)) story.gates.set(node, passes);
      if (!passes) story.stoppedAt ??= world.now;
      const gate = { exit_code: passes ? 0 : 1, timed_out: false, took_ms: 700 };
      seen(pairOf({ do: 'wait' }, 'gated'));
      one.job.gateEnded?.(node, gate, world.now);
    }
    one.job.tick(world.now);
    const step = one.job.next(world.now);
    if (step.do === 'end') {
      story.ended.push(one.end(world.now));
      isAlone = false;
      const next = firstOf(started);
      if (!next && started.length === most) return story;
      world.pass(next ? next.wakesAt : world.now + SECOND);
      one = next ?? start();
      continue;
    }
    // A process that is stopped between its record and its POST is not played.
    if (most > 1 && !isAlone && !isAccepted && step.do !== 'post') {
      const other = started[one.by + 1] ?? (started.length < most ? null : started[0]);
      const how = other?.hasEnded || other === one ? 'goes on' : choices.of(OTHERS);
      if (how !== 'goes on') {
        isAlone = how === 'another goes on to its end';
        one = other ?? start();
        continue;
      }
    }
    if (setting.kills && lives < 3 && step.do !== 'wait') {
      const how = choices.of(['goes on', 'killed', 'killed, and run again 20 minutes later']);
      if (how !== 'goes on') {
        lives += 1;
        // A redirect is forgotten with its process.
        world.redirected.clear();
        story.stoppedAt = null;
        story.wasKilled = true;
        world.pass(world.now + (how === 'killed' ? SECOND : 1200 * SECOND));
        started.pop();
        one = start();
        continue;
      }
    }
    const node = 'node' in step ? step.node : undefined;
    if (
      node !== undefined &&
      !one.ends.has(node) &&
      (step.do === 'ask' || (step.do === 'note' && step.mark === 'passed'))
    ) {
      one.ends.set(node, Math.min(one.readAt, world.now - PAUSE));
    }
    switch (step.do) {
      case 'wait': {
        const until = Math.min(step.until, ...[...one.gates.values()].map(({ at }) => at));
        if (until === Infinity) return { ...story, why: 'waits for nothing' };
        if (most > 1 && !isAccepted && choices.of([false, true])) {
          interrupt(step);
          break;
        }
        one.wakesAt = Math.max(until, world.now + 1);
        if (!isAlone) one = firstOf(started) ?? one;
        world.pass(one.wakesAt);
        if (setting.roll && world.now > 0 && choices.of([false, true]) && !one.stopping) {
          one.stopping = true;
          story.stoppedAt ??= world.now;
          seen(pairOf(step, 'stopping'));
          one.job.windDown?.(new Interrupted('SIGINT'));
        }
        break;
      }
      case 'note':
        take(step, note(step, one.journal, choices));
        isAccepted ||= step.mark === 'accepted' && most > 1;
        break;
      case 'read': {
        const how = choices.of(readFaults(setting, isAccepted));
        if (how === 'rival') world.rival(2n);
        world.pass(world.now + 20);
        if (how === 'interrupt') {
          interrupt(step);
          break;
        }
        if (how === 'unreadable' || how === 'denied') {
          const down = new TransportError('ECONNRESET', 'lost', { sent: 'maybe' });
          const error =
            how === 'denied'
              ? new ApiError('no', { status: 403, code: 'denied', reason: '' })
              : down;
          take(step, { is: 'unreadable', error, startedAt: world.now });
          break;
        }
        one.readAt = world.now;
        if (one.firstRead === -Infinity) one.firstRead = one.readAt;
        const read = world.read(step.downTo, how === 'more than was asked for');
        if (how === 'another deployment') {
          read.entries = read.entries.map((entry) => ({ ...entry, deployment_id: 8n }));
        }
        if (how === 'stopped for 15 minutes') world.pass(world.now + 900 * SECOND);
        take(step, { is: 'read', read });
        break;
      }
      case 'record': {
        if (isKept && choices.of([false, true])) {
          const error = new ApiError('EIO', { status: 500, code: 'EIO', reason: '' });
          take(step, { is: 'unwritten', error });
          break;
        }
        const at = world.wall;
        const { record, after } = step;
        const begun = record
          ? one.journal.begin({ ...record, postedAt: record.postedAt ?? at }, after)
          : { made: 0 };
        take(
          step,
          'found' in begun
            ? { is: 'found', kept: begun.found }
            : { is: 'recorded', generation: begun.made, at },
        );
        break;
      }
      case 'post': {
        const answer = world.post(step.request, one, !setting.before && most === 1);
        if (answer instanceof Interrupted) interrupt(step, answer);
        else take(step, { is: 'answered', answer });
        break;
      }
      case 'ask': {
        const how = choices.of(['passes', 'fails', 'hangs']);
        one.gates.set(step.node, {
          at: how === 'hangs' ? Infinity : world.now + 700,
          passes: how === 'passes',
        });
        take(step, { is: 'done' });
        break;
      }
      case 'cut':
        // It may end well just then; it was cut off all the same.
        one.gates.set(step.node, { at: world.now + 10, passes: choices.of([false, true]) });
        take(step, { is: 'done' });
        story.gates.set(step.node, false);
        one.cut.add(step.node);
        break;
    }
    const busy = world.entries.filter(
      ({ dispatch, doneAt, shownAt }) => dispatch && doneAt > world.now && shownAt <= world.now,
    );
    story.widest = Math.max(story.widest, new Set(busy.map((entry) => entry.node)).size);
  }
}

const OTHERS = ['goes on', 'another goes on', 'another goes on to its end'] as const;

/** Which of them goes on first. */
function firstOf(started: readonly Process[]): Process | undefined {
  const running = started.filter(({ hasEnded }) => !hasEnded);
  return running.length > 1
    ? running.reduce((a, b) => (b.wakesAt < a.wakesAt ? b : a))
    : running[0];
}

/** What a pair of step and fact is called: each must have been played. */
function pairOf(
  step: { do: Step['do']; downTo?: StepOf<'read'>['downTo']; mark?: string },
  fact: string,
): string {
  const what =
    step.do === 'read'
      ? `read ${typeof step.downTo === 'bigint' ? 'down to an id' : String(step.downTo)}`
      : step.do === 'note'
        ? `note ${step.mark ?? ''}`
        : step.do;
  return `${what} → ${fact}`;
}

/** Every pair that can be. */
export const PAIRS: readonly string[] = [
  ...['accepted', 'refused', 'passed'].flatMap((state) =>
    ['done', 'unwritten'].map((fact) => `note ${state} → ${fact}`),
  ),
  ...['recorded', 'found', 'unwritten'].map((fact) => `record → ${fact}`),
  ...['answered', 'stopped'].map((fact) => `post → ${fact}`),
  ...['newest', 'known', 'down to an id'].flatMap((how) =>
    ['read', 'unreadable', 'stopped'].map((fact) => `read ${how} → ${fact}`),
  ),
  'ask → done',
  'cut → done',
  'wait → gated',
  'wait → stopping',
  'wait → stopped',
];

const READ_FAULTS_AWAKE = [
  'good',
  'unreadable',
  'denied',
  'rival',
  'interrupt',
  'another deployment',
  'more than was asked for',
] as const;
const READ_FAULTS = [...READ_FAULTS_AWAKE, 'stopped for 15 minutes'] as const;
type ReadFaults = readonly ['good', ...Array<(typeof READ_FAULTS)[number]>];

function readFaults({ before, processes }: Setting, isAccepted: boolean): ReadFaults {
  // Without a record, a server that has forgotten the key meanwhile cannot be told from one that
  // never knew it.
  if (before) return READ_FAULTS_AWAKE;
  // The rest is played with one process.
  if (processes) {
    return isAccepted ? ['good'] : ['good', 'unreadable', 'interrupt', 'stopped for 15 minutes'];
  }
  return READ_FAULTS;
}

function note(step: StepOf<'note'>, journal: MemoryJournal, choices: Choices): FactOf<'note'> {
  const { key, generation, mark } = step;
  if (choices.of([false, true])) {
    return {
      is: 'unwritten',
      error: new ApiError('disk full', { status: 500, code: 'ENOSPC', reason: '' }),
    };
  }
  journal.mark(key, generation, mark);
  return { is: 'done' };
}

function beforehand(setting: Setting, world: World, make: MakeJob): void {
  world.now = -300 * SECOND;
  for (const node of setting.nodes ?? ALL) world.rival(node);
  world.now = -SECOND;
  const { job } = new Process(-1, { ...setting, keyed: false }, world, make);
  for (let steps = 0; steps < 10 && world.dispatched.length === 0; steps++) {
    const step = job.next(world.now);
    if (step.do === 'read') {
      job.take(step, { is: 'read', read: world.read(step.downTo) }, world.now);
    } else if (step.do === 'record') {
      job.take(step, { is: 'recorded', generation: 0, at: world.wall }, world.now);
    } else if (step.do === 'post') world.dispatchElsewhere(step.request);
  }
  world.now = 0;
}
