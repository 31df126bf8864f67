/*
 * A roll, step by step: which nodes start, whose step comes first, and whose run takes the fact.
 * node.ts says what happens to one node, read.ts what a read is for.
 */

import type { Interrupted } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import type { KeptRun } from '../../base/journal.js';
import type { GateResult } from '../../base/outcome.js';
import { warning } from '../events.js';
import type { FactOf, Job, Step, StepName, StepOf } from '../job.js';
import { SECOND } from '../pace.js';
import { nextOfRun, takeOfRun } from '../run/run.js';
import { isTooLate, type Run } from '../run/state.js';
import { maySendAgain } from '../run/unknown.js';
import { endGate, interruptNode, startNode, tickNode } from './node.js';
import { takeReadOfRoll, widenForAll } from './read.js';
import { eventsOfRoll, resultOfRoll } from './result.js';
import {
  createRoll,
  isActive,
  mayStillAct,
  move,
  nodeOf,
  runOf,
  sentRunOf,
  type Roll,
  type RollNode,
  type RollPlan,
} from './state.js';

/** At most two POSTs a second. */
const POST_GAP = SECOND / 2;

const STOPPING =
  'Stopping after the running nodes. Press Ctrl-C again to leave them running and exit.';
const STOPPING_AFTER_GATE = 'Stopping after the gate. Press Ctrl-C again to end it and exit.';

const SHARED =
  'another process is running this roll, too, with its own window and gate; no node is acted on twice';

/** @param kept what earlier processes left of each node of the plan */
export function rollJob(plan: RollPlan, kept: ReadonlyArray<KeptRun | null>, now: number): Job {
  const roll = createRoll(plan, kept, now);
  return {
    tick: (at) => tickRoll(roll, at),
    next: (at) => nextOfRoll(roll, at),
    take: (step, fact, at) => takeOfRoll(roll, step, fact, at),
    interrupt: (reason, at) => interruptRoll(roll, reason, at),
    windDown: (reason) => windDown(roll, reason),
    gateEnded: (node, gate, at) => gateEnded(roll, node, gate, at),
    events: () => eventsOfRoll(roll),
    result: () => resultOfRoll(roll),
  };
}

/**
 * Again and again until nothing moves: a node that ends can make room for another, or halt the roll
 * before another starts.
 */
function tickRoll(roll: Roll, now: number): void {
  let moves: number;
  do {
    moves = roll.moves;
    for (const node of roll.nodes) move(roll, node, tickNode(roll, node, now));
    startNext(roll, now);
  } while (roll.moves !== moves);
}

/**
 * Starts the next node, if the window has room. One after the other, so that the baseline of each
 * is read right before its POST.
 */
function startNext(roll: Roll, now: number): void {
  const { nodes, plan } = roll;
  const hasRoom = nodes.filter(isActive).length < plan.maxUnavailable;
  if (!mayStillAct(roll, now) || !hasRoom || nodes.some((node) => isAboutToSend(node, now))) return;
  const isHeld = ({ state }: RollNode) => state.name === 'held' && !isTooLate(state.run, now);
  const next = nodes.find(isHeld) ?? nodes.find(({ state }) => state.name === 'waiting');
  if (next) move(roll, next, startNode(roll, next, now));
}

/** Whether its first POST comes next, or another one if the next read shows no entry of it. */
function isAboutToSend(node: RollNode, now: number): boolean {
  const run = runOf(node);
  if (!run || run.state.name === 'blocked') return false;
  const { state } = run;
  const isNext = run.attempts.firstAt === null || state.name === 'sending';
  return isNext || (state.name === 'unknown' && maySendAgain(run, state, now));
}

/**
 * Which step comes first, when several nodes have one: a mark, which must not be lost; a POST, right
 * after its record; a gate, which then runs beside the rest; and last a read, which serves all.
 */
const RANK: Record<StepName, number> = { note: 0, post: 1, record: 2, gate: 3, read: 4 };

function nextOfRoll(roll: Roll, now: number): Step {
  const steps = roll.nodes.map((node) => stepOf(roll, node, now));
  const [first] = steps.filter(isToDo).sort((a, b) => RANK[a.do] - RANK[b.do]);
  if (first) return first.do === 'read' ? widenForAll(roll, first, now) : first;
  if (roll.nodes.every(({ state: { name } }) => name === 'waiting' || name === 'done')) {
    return { do: 'end' };
  }
  // A roll also wakes at its deadline.
  const wakeAt = steps.map((step) => (step.do === 'wait' ? step.until : Infinity));
  return { do: 'wait', until: Math.min(roll.deadline > now ? roll.deadline : Infinity, ...wakeAt) };
}

const isToDo = (step: Step): step is StepOf<StepName> => step.do !== 'wait' && step.do !== 'end';

const IDLE: Step = { do: 'wait', until: Infinity };

function stepOf(roll: Roll, { id: node, state }: RollNode, now: number): Step {
  switch (state.name) {
    case 'waiting':
    case 'gate':
      return IDLE;
    case 'held':
      // It has been looked for. If it can be sent no more, it is looked for to the end.
      return isTooLate(state.run, now) ? stepOfRun(roll, state.run, node, now) : IDLE;
    case 'running':
      return stepOfRun(roll, state.run, node, now);
    case 'pause':
      return now < state.until
        ? { do: 'wait', until: state.until }
        : gateStep(roll, state.run, node, now);
    case 'done':
      return state.run.marks[0] ? { ...state.run.marks[0], node } : IDLE;
  }
}

function stepOfRun(roll: Roll, run: Run, node: Id, now: number): Step {
  const step = nextOfRun(run, now);
  if (step.do === 'end' || step.do === 'wait') return step;
  const until = turnOf(roll, run, step.do);
  return now < until ? { do: 'wait', until } : { ...step, node };
}

/** When it may be done at the earliest. */
function turnOf({ nextPostAt, nextReadAt }: Roll, { state }: Run, step: StepName): number {
  if (step === 'read') {
    // A POST follows its baseline and its record at once, so these are what waits for its turn.
    return state.name === 'checking' ? Math.max(nextPostAt, nextReadAt) : nextReadAt;
  }
  return step === 'record' ? nextPostAt : -Infinity;
}

function gateStep({ plan, deadline }: Roll, { entries }: Run, node: Id, now: number): Step {
  const activityId = entries.rows(null)[0]?.activity_id ?? null;
  return { do: 'gate', node, activityId, cutAt: Math.min(now + plan.gateTimeoutMs, deadline) };
}

type Take<K extends StepName> = (roll: Roll, step: StepOf<K>, fact: FactOf<K>, now: number) => void;

/** Hands a fact to the run of the node that the step was for. */
const forRun: Take<StepName> = (roll, step, fact, now) => {
  const run = runOf(nodeOf(roll, step.node));
  if (run) takeOfRun(run, step, fact, now);
};

const TAKE: { [K in StepName]: Take<K> } = {
  note: forRun,
  record: forRun,
  post(roll, step, fact, now) {
    roll.nextPostAt = now + POST_GAP;
    forRun(roll, step, fact, now);
  },
  read: takeReadOfRoll,
  gate(roll, step, _fact, now) {
    const node = nodeOf(roll, step.node);
    if (node?.state.name !== 'pause') return;
    move(roll, node, { name: 'gate', run: node.state.run, since: now });
  },
};

function takeOfRoll<K extends StepName>(
  roll: Roll,
  step: StepOf<K>,
  fact: FactOf<K>,
  now: number,
): void {
  // Nothing is emitted between record and POST, because a slow reader could delay the POST.
  if (fact.is !== 'recorded') roll.changed = true;
  if (fact.is === 'found' && !roll.isShared) {
    roll.isShared = true;
    roll.events.push(warning('shared_roll', SHARED));
  }
  TAKE[step.do](roll, step, fact, now);
}

/** Ctrl-C leaves it running: it was sent to, or its gate runs. What only pauses ends at once. */
const keepsRunning = (node: RollNode) =>
  isActive(node) &&
  node.state.name !== 'pause' &&
  (sentRunOf(node) !== null || runOf(node)?.state.name === 'posting');

/** The first Ctrl-C: nothing more starts. */
export function windDown(roll: Roll, reason: Interrupted): void {
  roll.stopping ??= reason;
  if (!roll.nodes.some(keepsRunning)) return;
  const isFollowing = roll.nodes.some(
    ({ state: { name } }) => name === 'running' || name === 'held',
  );
  roll.events.push(warning('stopping', isFollowing ? STOPPING : STOPPING_AFTER_GATE));
}

/** The second one. */
export function interruptRoll(roll: Roll, reason: Interrupted, now: number): void {
  roll.stopping ??= reason;
  for (const node of roll.nodes) move(roll, node, interruptNode(node, reason, now));
}

export function gateEnded(roll: Roll, id: Id, gate: GateResult, now: number): void {
  const node = nodeOf(roll, id);
  if (node?.state.name === 'gate') move(roll, node, endGate(roll, node, node.state, gate, now));
}
