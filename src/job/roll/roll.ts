/*
 * A roll, step by step: which nodes start, whose step comes first, and whose run takes the fact.
 * run/ says what happens to one node, read.ts what a read is for.
 */

import { Interrupted, type LdctlError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import type { KeptRun } from '../../base/journal.js';
import { isFailedGate, type GateResult, type Outcome } from '../../base/outcome.js';
import { warning } from '../events.js';
import type { FactOf, Job, Step, StepName, StepOf } from '../job.js';
import { SECOND } from '../pace.js';
import { takeReadOfRoll, widenForAll } from './read.js';
import { eventsOfRoll, resultOfRoll } from './result.js';
import {
  calledOffError,
  createRoll,
  failRoll,
  halt,
  hasSent,
  hasToStart,
  isActive,
  isLate,
  isWaiting,
  mayStillAct,
  move,
  nodeOf,
  planOf,
  runOf,
  type StateOf,
  type Roll,
  type RollNode,
  type RollPlan,
} from './state.js';
import {
  callOff,
  createRun,
  holdBack,
  interrupt,
  nextOfRun,
  takeOfRun,
  tickRun,
} from '../run/run.js';
import { addMark, endOf, isTooLate, type Run } from '../run/state.js';
import { isForgotten, maySendAgain, READ_AFTER } from '../run/unknown.js';

/** At most two POSTs a second. */
const POST_GAP = SECOND / 2;

const STOPPING =
  'Stopping after the running nodes. Press Ctrl-C again to leave them running and exit.';

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
    for (const node of roll.nodes) {
      tickNode(roll, node, now);
    }
    startNode(roll, now);
  } while (roll.moves !== moves);
}

/**
 * Starts the next node, if the window has room. One after the other, so that the baseline of each
 * is read right before its POST.
 */
function startNode(roll: Roll, now: number): void {
  if (!mayStillAct(roll, now)) {
    return;
  }
  // After the first POST, each node has all 60 s for its own reads.
  const spentMs = hasSent(roll) ? 0 : now - roll.readFrom;
  const hasRoom = roll.nodes.filter(isActive).length < roll.plan.maxUnavailable;
  if (!hasRoom || roll.nodes.some((node) => isAboutToSend(node, now))) {
    return;
  }
  const held = roll.nodes.find(({ state }) => state.name === 'held' && !isTooLate(state.run, now));
  const next = held ?? roll.nodes.find(isWaiting);
  if (next?.state.name === 'held') {
    admit(roll, next, next.state.run, now);
  } else if (next) {
    const plan = planOf({ ...roll.plan, spentMs }, roll.deadline, next.id);
    move(roll, next, { name: 'running', run: createRun(plan, null, now) });
  }
}

/** One that was held has room now: it is sent again, if one more read shows no entry of it. */
function admit(roll: Roll, node: RollNode, run: Run, now: number): void {
  holdBack(run, now);
  run.pace.nextRead = now;
  move(roll, node, { name: 'running', run });
}

/** Whether its first POST comes next, or another one if the next read shows no entry of it. */
function isAboutToSend(node: RollNode, now: number): boolean {
  const run = runOf(node);
  if (!run || run.state.name === 'blocked') {
    return false;
  }
  const { state } = run;
  const isNext = run.attempts.firstAt === null || state.name === 'sending';
  return isNext || (state.name === 'unknown' && maySendAgain(run, state, now));
}

function tickNode(roll: Roll, node: RollNode, now: number): void {
  const { state } = node;
  switch (state.name) {
    case 'running':
    case 'held':
      return tickRunOf(roll, node, state, now);
    case 'pause':
      return tickPause(roll, node, state, now);
    default:
    // Time alone changes nothing.
  }
}

function tickRunOf(
  roll: Roll,
  node: RollNode,
  { name, run }: StateOf<'running' | 'held'>,
  now: number,
): void {
  if (!mayStillAct(roll, now)) {
    // No more POSTs; a run that was accepted continues.
    callOff(run, calledOffError());
  }
  tickRun(run, now);
  // Between its end and `done` no marks are written (`stepOf`), so the run's own are written first.
  if (endOf(run) && run.marks.length === 0) {
    return endRun(roll, node, run, now);
  }
  const to = isToHold(node, run, now) ? 'held' : 'running';
  if (to !== name) {
    move(roll, node, { name: to, run });
  }
}

/**
 * Whether it waits outside the window: an earlier process may have sent to it, a read that started
 * 5 s later shows nothing, and so only another POST could help, for which there is no room yet. If
 * it is too late for that, it keeps its place until it ends with 7 and halts the roll, unless an
 * earlier process has halted at it.
 */
function isToHold({ reported }: RollNode, run: Run, now: number): boolean {
  const { state, entries } = run;
  const isHeldBack = state.name === 'unknown' && state.notBefore === Infinity;
  if (!isHeldBack || entries.readAt - state.sent.lostAt < READ_AFTER) {
    return false;
  }
  return !isTooLate(run, now) || reported === 'unconfirmed';
}

function tickPause(
  roll: Roll,
  node: RollNode,
  { run, until }: StateOf<'pause'>,
  now: number,
): void {
  if (!mayStillAct(roll, now)) {
    move(roll, node, { name: 'done', run });
  } else if (now >= until && !roll.plan.gated) {
    // Otherwise its gate is run next (`stepOf`).
    pass(roll, node, run);
  }
}

/** The run of a node has ended: what that means for the node, and for the others. */
function endRun(roll: Roll, node: RollNode, run: Run, now: number): void {
  const { pauseMs, gated, continueOnError } = roll.plan;
  const { outcome = null, error = null } = endOf(run) ?? {};
  if (outcome === null) {
    return endUnsent(roll, node, error);
  }
  if (outcome === 'completed' && !node.passed) {
    const hasNext = gated || roll.nodes.some(hasToStart);
    return move(roll, node, { name: 'pause', run, until: now + (hasNext ? pauseMs : 0) });
  }
  move(roll, node, { name: 'done', run });
  if (!continueOnError && halts(node, outcome)) {
    halt(roll, `node ${node.id} has not completed`);
  }
  noteEnd(node, run, outcome, now);
}

/** What nothing can change any more is noted, so that it halts no later process. */
function noteEnd(node: RollNode, run: Run, outcome: Outcome, now: number): void {
  if (outcome === 'rejected' || (outcome === 'unconfirmed' && isForgotten(run, now))) {
    node.reported = outcome;
    addMark(run, outcome);
  }
}

/**
 * What nothing can change any more halts the first process that sees it, and no later one: a
 * rejection, and a POST of unknown fate that is too old to be sent again.
 */
const halts = ({ reported }: RollNode, outcome: Outcome): boolean =>
  outcome !== 'completed' && outcome !== reported;

/**
 * Nothing was sent to the node. It is waiting again, but does not start again: its error halts the
 * roll, or the roll is over.
 */
function endUnsent(roll: Roll, node: RollNode, error: LdctlError | null): void {
  move(roll, node, { name: 'waiting' });
  const isOwn = error && error.code !== 'called_off' && !(error instanceof Interrupted);
  if (isOwn) {
    // If the API refuses one node, it will hardly accept the next.
    failRoll(roll, error, `node ${node.id}: ${error.message}`);
  }
}

/** Noted in the journal, so that a later process does not run its gate again. */
function pass(roll: Roll, node: RollNode, run: Run): void {
  node.passed = true;
  addMark(run, roll.plan.gated ? 'passed' : 'paused');
  move(roll, node, { name: 'done', run });
}

/**
 * Which step comes first, when several nodes have one: a mark, which must not be lost; a POST, right
 * after its record; a gate, which then runs beside the rest; and last a read, which serves all.
 */
const RANK: Record<StepName, number> = { note: 0, post: 1, record: 2, gate: 3, read: 4 };

function nextOfRoll(roll: Roll, now: number): Step {
  const steps = roll.nodes.map((node) => stepOf(roll, node, now));
  const [first] = steps.filter(isToDo).sort((a, b) => RANK[a.do] - RANK[b.do]);
  if (first) {
    return first.do === 'read' ? widenForAll(roll, first, now) : first;
  }
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
  if (step.do === 'end' || step.do === 'wait') {
    return step;
  }
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

const TAKE: {
  [K in StepName]: (roll: Roll, step: StepOf<K>, fact: FactOf<K>, now: number) => void;
} = {
  note: forRun,
  record: forRun,
  post(roll, step, fact, now) {
    roll.nextPostAt = now + POST_GAP;
    forRun(roll, step, fact, now);
  },
  read: takeReadOfRoll,
  gate(roll, step, _fact, now) {
    const node = nodeOf(roll, step.node);
    if (node?.state.name === 'pause') {
      move(roll, node, { name: 'gate', run: node.state.run, since: now });
    }
  },
};

export function takeOfRoll<K extends StepName>(
  roll: Roll,
  step: StepOf<K>,
  fact: FactOf<K>,
  now: number,
): void {
  // Nothing is emitted between record and POST, because a slow reader could delay the POST.
  if (fact.is !== 'recorded') {
    roll.changed = true;
  }
  if (fact.is === 'found' && !roll.isShared) {
    roll.isShared = true;
    roll.events.push(warning('shared_roll', SHARED));
  }
  TAKE[step.do](roll, step, fact, now);
}

/** Hands a fact to the run of the node that the step was for. */
function forRun<K extends StepName>(
  roll: Roll,
  step: StepOf<K>,
  fact: FactOf<K>,
  now: number,
): void {
  const run = runOf(nodeOf(roll, step.node));
  if (run) {
    takeOfRun(run, step, fact, now);
  }
}

/** The first Ctrl-C: nothing more starts. */
export function windDown(roll: Roll, reason: Interrupted): void {
  roll.changed = true;
  roll.stopping ??= reason;
  roll.events.push(warning('stopping', STOPPING));
}

/** The second one: what runs is left alone. */
export function interruptRoll(roll: Roll, reason: Interrupted, now: number): void {
  roll.changed = true;
  roll.stopping ??= reason;
  for (const node of roll.nodes) {
    const { state } = node;
    if (state.name === 'running' || state.name === 'held') {
      interrupt(state.run, reason);
    } else if (state.name !== 'waiting') {
      if (state.name === 'gate') {
        const took_ms = Math.round(now - state.since);
        node.gate = { exit_code: null, timed_out: false, cut_off: true, took_ms };
      }
      move(roll, node, { name: 'done', run: state.run });
    }
  }
}

export function gateEnded(roll: Roll, id: Id, gate: GateResult, now: number): void {
  const node = nodeOf(roll, id);
  if (node?.state.name !== 'gate') {
    return;
  }
  const { run } = node.state;
  node.gate = gate;
  roll.events.push({ event: 'gate', node_id: id, gate });
  if (!isFailedGate(gate)) {
    return pass(roll, node, run);
  }
  move(roll, node, { name: 'done', run });
  // If the time of the roll is up, it has timed out; it was not halted.
  if (!isLate(roll, now)) {
    halt(roll, `the gate after node ${id} has failed`);
  }
}
