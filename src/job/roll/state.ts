/*
 * A roll as data: one run for each node, a limited number at once, with a pause and a gate after
 * each. Here are the states of a node, and the moves between them. node.ts says what happens to one
 * node, roll.ts what comes first.
 */

import { refusedError, type Interrupted, type LdctlError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import type { KeptRun } from '../../base/journal.js';
import type { GateResult } from '../../base/outcome.js';
import { warning, type JobEvent } from '../events.js';
import { createRun, holdBack } from '../run/run.js';
import { sendNoMore, sentOf, type Run, type RunPlan } from '../run/state.js';

export interface RollPlan extends Omit<
  RunPlan,
  'nodes' | 'expect' | 'listed' | 'isCounting' | 'wait' | 'endsBy'
> {
  /** In the order in which they are acted on; each once, not empty. */
  nodes: readonly Id[];
  /** How many nodes may be in progress at once, from 1. */
  maxUnavailable: number;
  /** Between the completion of a node and the next step, ms. */
  pauseMs: number;
  gated: boolean;
  /** A gate that takes longer is cut off; ms. */
  gateTimeoutMs: number;
  /** For each node, from when its POST was accepted; ms. `timeoutMs` is for the whole roll. */
  nodeTimeoutMs: number;
  /**
   * Why none of its nodes may be started. Those that an earlier process has sent to are followed.
   */
  failure?: LdctlError;
}

/**
 * Where a node stands: what each state holds, and which may follow. Times are ms of the job's clock.
 */
interface NodeStates {
  /** Nothing was sent to it. It waits for room in the window. */
  waiting: { is: object; next: 'running' };
  /**
   * An earlier process may have sent to it, and the log does not show that. It waits for room to
   * send again, and is followed if its entry shows up after all.
   */
  held: { is: { run: Run }; next: 'held' | 'running' | 'pause' | 'done' };
  running: { is: { run: Run }; next: 'running' | 'held' | 'pause' | 'done' | 'waiting' };
  /** It has completed. */
  pause: { is: { run: Run; until: number }; next: 'pause' | 'gate' | 'done' };
  /** Its gate is running. */
  gate: { is: { run: Run; since: number }; next: 'done' };
  done: { is: { run: Run }; next: never };
}

export type RollNodeState = In<keyof NodeStates>;
/** A node that is in one of these states. */
export type In<N extends keyof NodeStates> = { [P in N]: { name: P } & NodeStates[P]['is'] }[N];
/** What may follow. */
export type Then<N extends keyof NodeStates> = In<NodeStates[N]['next']>;

export interface RollNode {
  readonly id: Id;
  /** Set by `move` alone: what happens to a node returns its next state (node.ts). */
  state: RollNodeState;
  /** It completed and, if the roll has a gate, that has passed, in this process or an earlier one. */
  passed: boolean;
  gate: GateResult | null;
  /** The end that this process or an earlier one has halted at: it halts no other. */
  reported: 'rejected' | 'unconfirmed' | null;
}

/** Plain data, changed only by the functions of this folder. */
export interface Roll {
  readonly plan: RollPlan;
  readonly nodes: readonly RollNode[];
  readonly deadline: number;
  /** When the reads before its first POST started. */
  readonly readFrom: number;
  halted: boolean;
  stopping: Interrupted | null;
  /** Why a node could not be acted on at all. */
  failure: LdctlError | null;
  /** No POST is made before this time. */
  nextPostAt: number;
  /** No read is made before this time. */
  nextReadAt: number;
  /** Another process has been seen to run it, too. */
  isShared: boolean;
  /** How many times a node has changed its state. */
  moves: number;
  /** Whether the rows have changed since they were last emitted. */
  changed: boolean;
  events: JobEvent[];
}

/** @param kept what earlier processes left of each node of the plan */
export function createRoll(plan: RollPlan, kept: ReadonlyArray<KeptRun | null>, now: number): Roll {
  const deadline = now + plan.timeoutMs;
  const nodes = plan.nodes.map((id, at): RollNode => {
    const record = kept[at];
    return record
      ? continuedNode(planOf(plan, deadline, id), id, record, plan.gated, now)
      : { id, state: { name: 'waiting' }, passed: false, gate: null, reported: null };
  });
  const roll: Roll = {
    plan,
    nodes,
    deadline,
    readFrom: now - (plan.spentMs ?? 0),
    halted: false,
    stopping: null,
    failure: null,
    nextPostAt: -Infinity,
    nextReadAt: -Infinity,
    isShared: false,
    moves: 0,
    changed: true,
    events: [],
  };
  if (plan.failure) failRoll(roll, plan.failure);
  return roll;
}

/** If nothing says that its POST was accepted, it only looks in the log until `admit` has room. */
export function continuedNode(
  plan: RunPlan,
  id: Id,
  record: KeptRun,
  gated: boolean,
  now: number,
): RollNode {
  const { marks } = record;
  const run = createRun(plan, record, now);
  holdBack(run, true);
  if (marks.has('unconfirmed')) {
    // Also if the clock was set back since.
    sendNoMore(run);
  }
  const reported = (['rejected', 'unconfirmed'] as const).find((end) => marks.has(end)) ?? null;
  const passed = marks.has('passed') || (marks.has('paused') && !gated);
  return { id, state: { name: 'running', run }, passed, gate: null, reported };
}

/** The plan for the run of one node. */
export function planOf(plan: RollPlan, deadline: number, id: Id): RunPlan {
  // `fail` has been checked for all nodes at once, before the roll (app/jobs.ts).
  const ifBusy = plan.ifBusy === 'wait' ? 'wait' : 'ignore';
  return {
    ...plan,
    nodes: [id],
    timeoutMs: plan.nodeTimeoutMs,
    endsBy: deadline,
    ifBusy,
    wait: true,
  };
}

export const nodeOf = ({ nodes }: Roll, wanted: Id | undefined): RollNode | undefined =>
  nodes.find(({ id }) => id === wanted);

export function runOf(node: RollNode | undefined): Run | null {
  return !node || node.state.name === 'waiting' ? null : node.state.run;
}

/** It waits for room. */
export const hasToStart = ({ state: { name } }: RollNode): boolean =>
  name === 'waiting' || name === 'held';

/** It counts against the window. */
export const isActive = (node: RollNode): boolean =>
  !hasToStart(node) && node.state.name !== 'done';

/** Its run, if something may have been sent to it; else null. */
export function sentRunOf(node: RollNode): Run | null {
  const run = runOf(node);
  return run && sentOf(run) ? run : null;
}

/** Whether something may have been sent to a node. */
export const hasSent = ({ nodes }: Roll): boolean => nodes.some((node) => sentRunOf(node) !== null);

/** The roll has run out of time. As long as nothing was sent, each run ends by limits of its own. */
export const isLate = (roll: Roll, now: number): boolean => now >= roll.deadline && hasSent(roll);

/** Whether anything more may be started: a node, a POST, a gate. */
export const mayStillAct = (roll: Roll, now: number): boolean =>
  !roll.halted && roll.stopping === null && !isLate(roll, now);

export function move(roll: Roll, node: RollNode, state: RollNodeState): void {
  if (state === node.state) return;
  node.state = state;
  roll.moves += 1;
  roll.changed = true;
}

/** A node cannot be acted on at all. */
export function failRoll(roll: Roll, error: LdctlError, node?: RollNode): void {
  roll.failure ??= error;
  halt(roll, error.message, node);
}

/** Nothing more starts. @param by the node that halts the roll: its run or its gate has ended */
export function halt(roll: Roll, because: string, by?: RollNode): void {
  const { nodes, halted, stopping } = roll;
  // After a Ctrl-C it has been said already. If nothing is in progress, the result follows at once.
  const isNews = !halted && stopping === null && nodes.some((one) => one !== by && isActive(one));
  const isLeft = (one: RollNode) => (one === by ? sentRunOf(one) === null : hasToStart(one));
  if (isNews && nodes.some(isLeft)) {
    roll.events.push(warning('halted', `${because}: no more nodes are started`));
  }
  roll.halted = true;
}

export const calledOffError = () => refusedError('called_off', 'called off before it was sent');
