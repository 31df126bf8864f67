import { ApiError, Interrupted, TransportError } from '../../src/base/errors.js';
import type { ResultEvent } from '../../src/job/events.js';
import type { Fact, Job, Step } from '../../src/job/job.js';
import { ALL, Choices, SECOND, World, type Plan, type WorldOptions } from './world.js';

/** One way to use a job, and what the world may do to it. */
export interface Setting extends WorldOptions {
  name: string;
  nodes: readonly bigint[] | null;
  expect?: number;
  /** A caller's key, so that there is a journal. */
  keyed?: boolean;
  /** The process may be killed between any two steps, and run again. */
  kills?: boolean;
  /** A second process uses the same key in between. */
  rivals?: boolean;
  /** A runner that is gone has used the key, and left no record; five minutes before, another deploy did the same. */
  before?: boolean;
  roll?: { window: number; gated: boolean };
}

export type MakeJob = (setting: Setting, world: World) => Job;

export interface Story {
  world: World;
  result: ResultEvent | null;
  /** Thrown instead of a result: nothing was sent. */
  thrown: unknown;
  choices: number[];
  why: string | null;
  gates: Map<bigint, boolean>;
  /** When the first Ctrl-C, the second, or a failed node or gate said that nothing more begins. */
  stoppedAt: number | null;
  widest: number;
  /** In a roll: when the last read began of which each node's end was told, or else the first read of the last process. */
  seenBy: (node: bigint) => number;
}

const MOST_STEPS = 4000;
/** Between the end of a node and what comes next in a roll. */
export const PAUSE = 500;

/** Plays one story to its end. @param seen takes each pair of step and fact */
export function play(setting: Setting, plan: Plan, budget: number, make: MakeJob, seen: (pair: string) => void): Story {
  const choices = new Choices(plan, budget);
  const world = new World(choices, setting);
  if (setting.before) beforehand(setting, world, make);
  const story: Story = {
    world,
    result: null,
    thrown: null,
    choices: choices.made,
    why: null,
    gates: new Map(),
    stoppedAt: null,
    widest: 0,
    seenBy: () => world.readAt,
  };
  let firstRead = -Infinity;
  const ends = new Map<bigint, number>();
  story.seenBy = (node) => ends.get(node) ?? firstRead;
  const gates = new Map<bigint, { at: number; passes: boolean }>();
  let job = make(setting, world);
  const cut = new Set<bigint>();
  let lives = 1;
  let posts = 0;
  let stopping = false;
  const take = (step: Step, fact: Fact): void => {
    seen(pairOf(step, fact));
    job.take(fact, world.now);
  };
  for (let steps = 0; ; steps++) {
    if (steps > MOST_STEPS) return { ...story, why: 'never ends' };
    for (const [node, { at, passes }] of gates) {
      if (at > world.now) continue;
      gates.delete(node);
      if (!cut.has(node)) story.gates.set(node, passes);
      if (!passes) story.stoppedAt ??= world.now;
      const gate = { exit_code: passes ? 0 : 1, timed_out: false, took_ms: 700 };
      take({ do: 'wait', until: 0 }, { is: 'gated', node, gate });
    }
    const step = job.next(world.now);
    if (step.do === 'end') break;
    if (setting.kills && lives < 3 && step.do !== 'wait') {
      const how = choices.of(['goes on', 'killed', 'killed, and run again 20 minutes later']);
      if (how !== 'goes on') {
        lives += 1;
        // Killed where it could not note what it was told: that is an answer that was lost.
        if (step.do === 'note' && step.note.state === 'redirected') world.unnotable.add(step.note.key);
        for (const key of world.unnotable) world.redirected.delete(key);
        stopping = false;
        gates.clear();
        cut.clear();
        ends.clear();
        firstRead = -Infinity;
        story.stoppedAt = null;
        world.sleep(how === 'killed' ? SECOND : 1200 * SECOND);
        job = make(setting, world);
        continue;
      }
    }
    const node = 'node' in step ? step.node : undefined;
    if (
      node !== undefined &&
      !ends.has(node) &&
      (step.do === 'ask' || (step.do === 'note' && step.note.state === 'passed'))
    ) {
      ends.set(node, Math.min(world.readAt, world.now - PAUSE));
    }
    switch (step.do) {
      case 'wait': {
        const gate = Math.min(Infinity, ...[...gates.values()].map(({ at }) => at));
        const until = Math.min(step.until, gate);
        if (until === Infinity) return { ...story, why: 'waits for nothing' };
        world.pass(Math.max(until, world.now + 1));
        if (setting.roll && world.now > 0 && choices.of([false, true]) && !stopping) {
          stopping = true;
          story.stoppedAt ??= world.now;
          take(step, { is: 'stopping', reason: new Interrupted('SIGINT') });
        }
        break;
      }
      case 'note':
        if (setting.rivals && step.note.state === 'posting' && choices.of([false, true])) rival(setting, world, make);
        take(step, note(step, world, choices));
        break;
      case 'read': {
        // Without a record, a server that has forgotten the key meanwhile cannot be told from one that never knew it.
        const how = choices.of(setting.before ? READ_FAULTS_AWAKE : READ_FAULTS);
        if (how === 'rival') world.rival(2n);
        world.pass(world.now + 20);
        if (how === 'interrupt') {
          story.stoppedAt ??= world.now;
          take(step, { is: 'stopped', reason: new Interrupted('SIGINT'), posting: false });
          break;
        }
        if (how === 'unreadable' || how === 'denied') {
          const down = new TransportError('ECONNRESET', 'lost', { sent: 'maybe' });
          const error = how === 'denied' ? new ApiError('no', { status: 403, code: 'denied', reason: '' }) : down;
          take(step, { is: 'unreadable', error, startedAt: world.now });
          break;
        }
        const shown = world.read(step.downTo, how === 'more than was asked for');
        if (firstRead === -Infinity) firstRead = world.readAt;
        if (how === 'another deployment')
          shown.entries = shown.entries.map((entry) => ({ ...entry, deployment_id: 8n }));
        if (how === 'stopped for 15 minutes') world.sleep(900 * SECOND);
        take(step, { is: 'read', read: shown });
        break;
      }
      case 'post': {
        if (setting.rivals && choices.of([false, true])) rival(setting, world, make);
        const isKept = setting.keyed === true || setting.roll !== undefined;
        if (isKept && choices.of([false, true])) {
          take(step, { is: 'unnoted', error: new ApiError('EIO', { status: 500, code: 'EIO', reason: '' }), node });
          break;
        }
        const kept = isKept ? world.journal.read(step.request.wireKey) : null;
        if (kept && (kept.accepted || kept.redirected)) {
          take(step, { is: 'found', kept, node });
          break;
        }
        world.remember(step.request);
        const at = world.wall;
        const answer = world.post(step.request, posts++ === 0 && !setting.before && !setting.rivals);
        if (answer instanceof Interrupted) {
          story.stoppedAt ??= world.now;
          take(step, { is: 'stopped', reason: answer, posting: true, node });
        } else take(step, { is: 'answered', answer, at, node });
        break;
      }
      case 'ask': {
        const how = choices.of(['passes', 'fails', 'hangs']);
        gates.set(step.node, { at: how === 'hangs' ? Infinity : world.now + 700, passes: how === 'passes' });
        take(step, { is: 'asked', node: step.node });
        break;
      }
      case 'cut':
        // It may end well just then; it was cut off all the same.
        gates.set(step.node, { at: world.now + 10, passes: choices.of([false, true]) });
        take(step, { is: 'cut', node: step.node });
        story.gates.set(step.node, false);
        cut.add(step.node);
        break;
    }
    const busy = world.entries.filter(
      ({ dispatch, doneAt, shownAt }) => dispatch && doneAt > world.now && shownAt <= world.now,
    );
    story.widest = Math.max(story.widest, new Set(busy.map((entry) => entry.node)).size);
  }
  try {
    story.result = job.result();
  } catch (error) {
    story.thrown = error;
  }
  return story;
}

/** What a pair of step and fact is called: each must have been played. */
function pairOf(step: Step, fact: Fact): string {
  const what =
    step.do === 'read'
      ? `read ${typeof step.downTo === 'bigint' ? 'down to an id' : step.downTo}`
      : step.do === 'note'
        ? `note ${step.note.state}`
        : step.do;
  return `${what} → ${fact.is}`;
}

/** Every pair that can be. */
export const PAIRS: readonly string[] = [
  ...['posting', 'accepted', 'redirected', 'refused', 'passed'].flatMap((state) =>
    ['noted', 'unnoted'].map((fact) => `note ${state} → ${fact}`),
  ),
  'note posting → found',
  ...['answered', 'found', 'unnoted', 'stopped'].map((fact) => `post → ${fact}`),
  ...['newest', 'known', 'down to an id'].flatMap((how) =>
    ['read', 'unreadable', 'stopped'].map((fact) => `read ${how} → ${fact}`),
  ),
  'ask → asked',
  'cut → cut',
  'wait → gated',
  'wait → stopping',
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

function note(step: Step & { do: 'note' }, world: World, choices: Choices): Fact {
  const { node } = step;
  if (choices.of([false, true])) {
    if (step.note.state === 'redirected') world.unnotable.add(step.note.key);
    return { is: 'unnoted', error: new ApiError('disk full', { status: 500, code: 'ENOSPC', reason: '' }), node };
  }
  const { journal } = world;
  if (step.note.state !== 'posting') {
    journal.mark(step.note.key, step.note.state);
    return { is: 'noted', node };
  }
  if (step.note.again) journal.mark(step.note.record.key, 'refused');
  const kept = journal.begin({ ...step.note.record, postedAt: world.wall });
  return kept ? { is: 'found', kept, node } : { is: 'noted', node };
}

/** Another process with the same key does its part without a fault, up to the acceptance, while this one is stopped. */
function rival(setting: Setting, world: World, make: MakeJob): void {
  const job = make(setting, world);
  for (let steps = 0; steps < 40; steps++) {
    const step = job.next(world.now);
    const node = 'node' in step ? step.node : undefined;
    if (step.do === 'read') job.take({ is: 'read', read: world.read(step.downTo) }, world.now);
    else if (step.do === 'note') job.take(note(step, world, new Choices([], 0)), world.now);
    else if (step.do === 'post') {
      const replayed = world.isReplay(step.request);
      world.dispatch(step.request);
      const accepted = { requestId: 'r', replayed, serverTime: world.wall };
      job.take({ is: 'answered', answer: accepted, at: world.wall, node }, world.now);
    } else if (step.do === 'wait') world.pass(step.until);
    else return;
    if ('note' in step && step.note.state === 'accepted') return;
  }
}

function beforehand(setting: Setting, world: World, make: MakeJob): void {
  world.now = -300 * SECOND;
  for (const node of setting.nodes ?? ALL) world.rival(node);
  world.now = -SECOND;
  const job = make({ ...setting, keyed: false }, world);
  for (let steps = 0; steps < 10 && world.dispatched.length === 0; steps++) {
    const step = job.next(world.now);
    if (step.do === 'read') job.take({ is: 'read', read: world.read(step.downTo) }, world.now);
    else if (step.do === 'post') world.dispatch(step.request);
  }
  world.now = 0;
}
