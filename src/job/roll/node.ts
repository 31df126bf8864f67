/*
 * What happens to one node of a roll: it waits for room, is run, pauses, and is asked about by its
 * gate. What that means for the other nodes is in state.ts (`halt`).
 */

import { isUnclear } from '../../base/activity.js';
import { Interrupted, withHint, type LdctlError } from '../../base/errors.js';
import { isFailedGate, MISSING, type GateResult, type Outcome } from '../../base/outcome.js';
import { callOff, createRun, holdBack, interrupt, tickRun } from '../run/run.js';
import { addMark, endOf, isTooLate, type Run } from '../run/state.js';
import { isForgotten, READ_AFTER } from '../run/unknown.js';
import {
  calledOffError,
  failRoll,
  halt,
  hasSent,
  hasToStart,
  isLate,
  mayStillAct,
  planOf,
  type In,
  type RollNodeState,
  type Roll,
  type RollNode,
  type Then,
} from './state.js';

/** There is room for it. */
export function startNode(roll: Roll, { id, state }: RollNode, now: number): In<'running'> {
  if (state.name === 'held') {
    admit(state.run, now);
    return { name: 'running', run: state.run };
  }
  // After the first POST, each node has all 60 s for its own reads.
  const spentMs = hasSent(roll) ? 0 : now - roll.readFrom;
  const plan = planOf({ ...roll.plan, spentMs }, roll.deadline, id);
  return { name: 'running', run: createRun(plan, null, now) };
}

/** One that was held has room now: it is sent again, if one more read shows no entry of it. */
function admit(run: Run, now: number): void {
  holdBack(run, false);
  run.pace.nextRead = now;
}

/** What time alone does. */
export function tickNode(roll: Roll, node: RollNode, now: number): RollNodeState {
  const { state } = node;
  switch (state.name) {
    case 'running':
    case 'held':
      return tickRunOf(roll, node, state, now);
    case 'pause':
      return tickPause(roll, node, state, now);
    case 'waiting':
    case 'gate':
    case 'done':
      return state;
  }
}

function tickRunOf(
  roll: Roll,
  node: RollNode,
  state: In<'running' | 'held'>,
  now: number,
): Then<'running' | 'held'> {
  const { run } = state;
  if (!mayStillAct(roll, now)) {
    // No more POSTs; a run that was accepted continues.
    callOff(run, calledOffError());
  }
  tickRun(run, now);
  // Between its end and `done` no marks are written (`stepOf`), so the run's own are written first.
  if (endOf(run) && run.marks.length === 0) return endRun(roll, node, run, now);
  const name = isToHold(node, run, now) ? 'held' : 'running';
  return name === state.name ? state : { name, run };
}

/**
 * Whether it waits outside the window: an earlier process may have sent to it, a read that started
 * 5 s later shows nothing, and so only another POST could help, for which there is no room yet. If
 * it is too late for that, it keeps its place until it ends with 7 and halts the roll, unless an
 * earlier process has halted at it.
 */
function isToHold({ reported }: RollNode, run: Run, now: number): boolean {
  const { state, entries } = run;
  if (state.name !== 'unknown' || !state.isHeldBack) return false;
  if (entries.readAt - state.sent.lostAt < READ_AFTER) return false;
  return !isTooLate(run, now) || reported === 'unconfirmed';
}

/** Its run has ended: what that means for the node, and for the others. */
function endRun(roll: Roll, node: RollNode, run: Run, now: number): Then<'running'> {
  const { pauseMs, gated } = roll.plan;
  const { outcome = null, error = null } = endOf(run) ?? {};
  if (outcome === null) return endUnsent(roll, node, run, error);
  if (outcome === 'completed' && !node.passed) {
    const hasNext = gated || roll.nodes.some(hasToStart);
    return { name: 'pause', run, until: now + (hasNext ? pauseMs : 0) };
  }
  if (halts(node, outcome)) halt(roll, `node ${node.id} has not completed`, node);
  noteEnd(node, run, outcome, now);
  return { name: 'done', run };
}

/**
 * What nothing can change any more halts the first process that sees it, and no later one: a
 * rejection, an end that ldctl does not know, and a POST of unknown fate that is too old to be sent
 * again.
 */
const halts = ({ reported }: RollNode, outcome: Outcome) =>
  outcome !== 'completed' && outcome !== reported;

/** What nothing can change any more is noted, so that it halts no later process. */
function noteEnd(node: RollNode, run: Run, outcome: Outcome, now: number): void {
  const staysUnclear = isForgotten(run, now) || run.entries.rows(MISSING).some(isUnclear);
  if (outcome === 'rejected' || (outcome === 'unconfirmed' && staysUnclear)) {
    node.reported = outcome;
    addMark(run, outcome);
  }
}

/**
 * Nothing was sent to the node. It is waiting again, but does not start again: its error halts the
 * roll, or the roll is over.
 */
function endUnsent(
  roll: Roll,
  node: RollNode,
  { fateError }: Run,
  error: LdctlError | null,
): In<'waiting'> {
  const isOwn = error && error.code !== 'called_off' && !(error instanceof Interrupted);
  if (isOwn) {
    // If the API refuses one node, it will hardly accept the next.
    const text = `node ${node.id}: ${error.message}`;
    failRoll(roll, error === fateError ? withHint(error, error.hint, text) : error, node);
  }
  return { name: 'waiting' };
}

function tickPause(roll: Roll, node: RollNode, state: In<'pause'>, now: number): Then<'pause'> {
  if (!mayStillAct(roll, now)) return { name: 'done', run: state.run };
  // Otherwise its gate is run next (`stepOf`).
  return now >= state.until && !roll.plan.gated ? pass(roll, node, state) : state;
}

/** Noted in the journal, so that a later process does not run its gate again. */
function pass(roll: Roll, node: RollNode, { run }: In<'pause' | 'gate'>): In<'done'> {
  node.passed = true;
  addMark(run, roll.plan.gated ? 'passed' : 'paused');
  return { name: 'done', run };
}

export function endGate(
  roll: Roll,
  node: RollNode,
  state: In<'gate'>,
  gate: GateResult,
  now: number,
): Then<'gate'> {
  node.gate = gate;
  roll.events.push({ event: 'gate', node_id: node.id, gate });
  if (!isFailedGate(gate)) return pass(roll, node, state);
  // One that the roll had no time left for has timed out; it was not halted.
  if (!isLate(roll, now)) halt(roll, `the gate after node ${node.id} has failed`, node);
  return { name: 'done', run: state.run };
}

/** The second Ctrl-C: what runs is left alone. */
export function interruptNode(node: RollNode, reason: Interrupted, now: number): RollNodeState {
  const { state } = node;
  switch (state.name) {
    case 'running':
    case 'held':
      interrupt(state.run, reason);
      return state;
    case 'gate': {
      const took_ms = Math.round(now - state.since);
      node.gate = { exit_code: null, timed_out: false, cut_off: true, took_ms };
      return { name: 'done', run: state.run };
    }
    case 'pause':
      return { name: 'done', run: state.run };
    case 'waiting':
    case 'done':
      return state;
  }
}
