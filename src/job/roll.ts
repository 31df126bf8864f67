import { Interrupted, LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import { isFailedGate, type GateResult } from '../base/outcome.js';
import { warning, type JobEvent, type RollStage } from './events.js';
import type { LogRead } from '../log/log.js';
import { rowsOf } from './entries.js';
import type { Fact, Step } from './job.js';
import { createRun, nextOfRun, takeOfRun } from './run.js';
import { busyError, busyOf, refuse, type Run, type RunPlan } from './run-read.js';

/** At most two POSTs a second. */
const POST_GAP = 500;
/** A read that began no longer ago than this shows where the log stands for the next node, too. */
const SHARED_BASELINE = 1000;

const STOPPING = 'no more nodes are started, and those underway are seen out; Ctrl-C again leaves them';

export interface RollPlan extends Omit<RunPlan, 'nodes' | 'expect' | 'wait'> {
  /** In the order in which they are acted on; each once, not empty. */
  nodes: readonly Id[];
  /** How many nodes may be underway at once, from 1. */
  maxUnavailable: number;
  /** Between the completion of a node and the next step, ms. */
  pauseMs: number;
  gated: boolean;
  /** A gate that takes longer is cut off; ms, null for no limit. */
  gateTimeoutMs: number | null;
  /** For each node, from its dispatch; ms, null for none. `timeoutMs` is for the whole roll. */
  nodeTimeoutMs: number | null;
  /** Whether a node that does not complete halts the roll. */
  continueOnError: boolean;
}

export interface RollNode {
  id: Id;
  run: Run | null;
  stage: Exclude<RollStage, 'gate'> | 'ask' | 'gate' | 'cut' | 'passing';
  /** Until when the pause lasts, or the gate may take. */
  until: number;
  /** It completed, and its gate let the roll go on, in this process or an earlier one. */
  passed: boolean;
  gate: GateResult | null;
  /** Acted on by an earlier process: a rejection has been looked at, and halts nothing. */
  isOld: boolean;
}

/** A roll: one run for each node, a window, a pause, a gate. Plain data, changed by `nextOfRoll` and `takeOfRoll` only. */
export class Roll {
  readonly nodes: RollNode[];
  halted = false;
  stopping: Interrupted | null = null;
  /** Why a node could not be acted on at all. */
  failure: LdctlError | null = null;
  postAt = -Infinity;
  readAt = -Infinity;
  lastRead: LogRead | null = null;
  /** Whose step was given last. */
  asked: RollNode | null = null;
  /** Whether any node that is still to be acted on is busy: looked at once, before anything is sent. */
  unchecked: boolean;
  isOver = false;
  changed = true;
  news: JobEvent[] = [];

  /** @param kept what earlier processes have left, by node */
  constructor(
    readonly plan: RollPlan,
    kept: ReadonlyMap<Id, KeptRun>,
    readonly startedAt: number,
  ) {
    this.nodes = plan.nodes.map((id) => {
      const record = kept.get(id) ?? null;
      const run = record && createRun(planOf(this, id, startedAt), record, startedAt);
      const passed = record?.passed ?? false;
      return { id, run, stage: run ? 'running' : 'waiting', until: 0, passed, gate: null, isOld: record !== null };
    });
    this.unchecked = plan.ifBusy === 'fail' && this.nodes.some(({ run }) => run === null);
  }
}

function planOf({ plan, startedAt }: Roll, id: Id, now: number): RunPlan {
  const left = plan.timeoutMs === null ? Infinity : Math.max(startedAt + plan.timeoutMs - now, 0);
  const timeoutMs = Math.min(plan.nodeTimeoutMs ?? Infinity, left);
  const limits = { timeoutMs: timeoutMs === Infinity ? null : timeoutMs };
  return {
    ...plan,
    ...limits,
    ifBusy: plan.ifBusy === 'wait' ? 'wait' : 'ignore',
    nodes: [id],
    expect: null,
    wait: true,
  };
}

const isUnderway = ({ stage }: RollNode): boolean => stage !== 'waiting' && stage !== 'done';
const isLate = ({ plan, startedAt, nodes }: Roll, now: number): boolean =>
  plan.timeoutMs !== null && now >= startedAt + plan.timeoutMs && nodes.some(({ run }) => run?.maybeSent);
const mayStart = (roll: Roll, now: number): boolean => !roll.halted && roll.stopping === null && !isLate(roll, now);
const isChecking = (roll: Roll, now: number): boolean => roll.unchecked && mayStart(roll, now);

export function nextOfRoll(roll: Roll, now: number): Step {
  advance(roll, now);
  if (roll.isOver) return { do: 'end' };
  if (isChecking(roll, now)) return { do: 'read', downTo: 'known', open: null, patient: true };
  let until = roll.plan.timeoutMs === null ? Infinity : roll.startedAt + roll.plan.timeoutMs;
  if (until <= now) until = Infinity;
  const wanted = new Map<Step['do'], { step: Step; node: RollNode }>();
  for (const node of roll.nodes) {
    if (!isUnderway(node)) continue;
    const step = stepOf(roll, node, now);
    if (step.do === 'wait') until = Math.min(until, step.until);
    else if (!wanted.has(step.do)) wanted.set(step.do, { step, node });
  }
  for (const kind of ['note', 'cut', 'post', 'ask', 'read'] as const) {
    const found = wanted.get(kind);
    if (!found) continue;
    roll.asked = found.node;
    if (found.step.do !== 'read') return { ...found.step, node: found.node.id } as Step;
    return sharedRead(roll, found.step);
  }
  return { do: 'wait', until };
}

/** One read serves all: down to the lowest that any of them needs. */
function sharedRead(roll: Roll, step: Step & { do: 'read' }): Step {
  if (step.downTo === 'known') return step;
  let lowest: Id | null = step.downTo === 'newest' ? null : step.downTo;
  for (const { run, stage } of roll.nodes) {
    const baseline =
      stage === 'running' && run && run.phase !== 'ready' && run.phase !== 'blocked' ? run.baseline : null;
    if (baseline !== null && (lowest === null || baseline < lowest)) lowest = baseline;
  }
  return { do: 'read', downTo: lowest ?? 'newest', open: null, patient: step.patient };
}

/** What changes by itself as time goes on: nodes begin, pauses end, nothing begins any more. */
function advance(roll: Roll, now: number): void {
  const { plan } = roll;
  for (let again = true; again;) {
    again = false;
    for (const node of roll.nodes) {
      const before = node.stage;
      advanceNode(roll, node, now);
      if (node.stage !== before) again = roll.changed = true;
    }
    let underway = roll.nodes.filter(isUnderway).length;
    for (const node of roll.nodes) {
      if (underway >= plan.maxUnavailable || roll.unchecked || !mayStart(roll, now)) break;
      if (node.stage !== 'waiting') continue;
      node.run = createRun(planOf(roll, node.id, now), null, now);
      node.stage = 'running';
      // Whether a node is busy is asked further down.
      if (plan.ifBusy !== 'wait' && roll.lastRead && now - roll.lastRead.startedAt < SHARED_BASELINE) {
        takeOfRun(node.run, { is: 'read', read: roll.lastRead }, now);
      }
      underway += 1;
      again = roll.changed = true;
    }
  }
  if (!roll.nodes.some(isUnderway) && !isChecking(roll, now)) roll.isOver = true;
}

function advanceNode(roll: Roll, node: RollNode, now: number): void {
  const { run } = node;
  const goesOn = mayStart(roll, now);
  if (node.stage === 'running' && run) {
    // Nothing is sent once the roll is over, not again either: what may have been sent is only looked for.
    if (!goesOn && run.phase !== 'following' && !run.end) {
      if (run.maybeSent) Object.assign(run, { resendUntil: -Infinity, phase: 'uncertain' });
      else refuse(run, calledOff());
    }
    if (nextOfRun(run, now).do === 'end') runEnded(roll, node, now);
    return;
  }
  if (node.stage === 'pause' && (!goesOn || now >= node.until)) {
    node.stage = !goesOn ? 'done' : roll.plan.gated ? 'ask' : 'passing';
  } else if (node.stage === 'ask' && !goesOn) node.stage = 'done';
  else if (node.stage === 'gate' && (now >= node.until || isLate(roll, now))) node.stage = 'cut';
}

function stepOf(roll: Roll, node: RollNode, now: number): Step {
  switch (node.stage) {
    case 'pause':
    case 'gate':
      return { do: 'wait', until: node.until };
    case 'ask':
      return { do: 'ask', node: node.id, activityId: activityOf(roll, node) };
    case 'cut':
      // Asked for once; its end is a fact.
      return node.until === -Infinity ? { do: 'wait', until: Infinity } : { do: 'cut', node: node.id };
    case 'passing':
      return { do: 'note', key: node.run?.key ?? '', generation: node.run?.generation ?? 0, mark: 'passed' };
    default: {
      if (!node.run) return { do: 'wait', until: Infinity };
      const step = nextOfRun(node.run, now);
      if (step.do === 'post' && now < roll.postAt) return { do: 'wait', until: roll.postAt };
      if (step.do !== 'read') return step;
      return now < roll.readAt ? { do: 'wait', until: roll.readAt } : step;
    }
  }
}

function activityOf({ plan }: Roll, { run }: RollNode): Id | null {
  return run && (rowsOf(run.entries, plan.appearMs, null)[0]?.activity_id ?? null);
}

export function takeOfRoll(roll: Roll, fact: Fact, now: number): void {
  roll.changed = true;
  switch (fact.is) {
    case 'stopping':
      roll.stopping ??= fact.reason;
      roll.news.push(warning('stopping', STOPPING));
      break;
    case 'stopped':
      roll.stopping ??= fact.reason;
      for (const node of roll.nodes.filter(isUnderway)) {
        if (node.run) takeOfRun(node.run, { ...fact, posting: fact.posting && node === roll.asked }, now);
        if (node.stage !== 'running') node.stage = 'done';
      }
      break;
    case 'read':
      roll.readAt = now + fact.read.requests * 250;
      roll.lastRead = fact.read;
      if (isChecking(roll, now)) check(roll, fact.read);
      else shareRead(roll, fact, now);
      break;
    case 'unreadable':
      if (isChecking(roll, now)) fail(roll, fact.error);
      else shareRead(roll, fact, now);
      break;
    case 'asked': {
      const node = nodeOf(roll, fact.node);
      node.stage = 'gate';
      node.until = roll.plan.gateTimeoutMs === null ? Infinity : now + roll.plan.gateTimeoutMs;
      break;
    }
    case 'cut':
      nodeOf(roll, fact.node).until = -Infinity;
      break;
    case 'gated':
      gated(roll, nodeOf(roll, fact.node), fact.gate, now);
      break;
    case 'noted':
    case 'unnoted': {
      const node = nodeOf(roll, fact.node);
      if (node.stage !== 'passing') {
        takeOfRun(node.run ?? missing(), fact, now);
        break;
      }
      if (fact.is === 'unnoted') roll.news.push(warning('journal_not_written', fact.error.message));
      Object.assign(node, { stage: 'done', passed: true });
      break;
    }
    default: {
      if (fact.is === 'answered') roll.postAt = now + POST_GAP;
      takeOfRun(nodeOf(roll, fact.node).run ?? missing(), fact, now);
    }
  }
  advance(roll, now);
}

function check(roll: Roll, { entries }: LogRead): void {
  roll.unchecked = false;
  const left = roll.nodes.filter(({ stage }) => stage === 'waiting').map(({ id }) => id);
  const busy = busyOf(entries, roll.plan.runtime, new Set(left));
  if (busy.length > 0) fail(roll, busyError(busy));
}

function fail(roll: Roll, error: LdctlError, because = error.message): void {
  roll.failure ??= error;
  halt(roll, because);
}

/** A node that has not been sent to takes only the read that it asked for: its baseline is read right before its POST. */
function shareRead(roll: Roll, fact: Fact & { is: 'read' | 'unreadable' }, now: number): void {
  for (const node of roll.nodes) {
    const { run, stage } = node;
    if (stage !== 'running' || !run || run.end) continue;
    const isWaiting = run.phase === 'ready' || run.phase === 'blocked';
    if (!isWaiting || node === roll.asked) takeOfRun(run, fact, now);
  }
}

function nodeOf(roll: Roll, id: Id | undefined): RollNode {
  return roll.nodes.find((node) => node.id === id) ?? roll.asked ?? missing();
}

function missing(): never {
  throw new Error('a fact of a node that takes none');
}

export function calledOff(): LdctlError {
  return new LdctlError('refused', 'called_off', 'called off before it was sent');
}

function runEnded(roll: Roll, node: RollNode, now: number): void {
  const { run } = node;
  const outcome = run?.end?.outcome ?? null;
  if (outcome === 'completed' && !node.passed) {
    const isLast = roll.nodes.every(({ stage }) => stage !== 'waiting');
    const pauses = roll.plan.pauseMs > 0 && (roll.plan.gated || !isLast);
    Object.assign(node, { stage: 'pause', until: now + (pauses ? roll.plan.pauseMs : 0) });
    return;
  }
  node.stage = 'done';
  if (outcome === 'completed') return;
  const error = run?.end?.error ?? null;
  if (outcome === null) {
    // What the API refuses for one node it will hardly do for the next.
    if (error && error.code !== 'called_off' && !(error instanceof Interrupted)) {
      fail(roll, error, `node ${node.id}: ${error.message}`);
    }
    node.run = null;
    node.stage = 'waiting';
    return;
  }
  const wasSeen = node.isOld && outcome === 'rejected';
  if (!roll.plan.continueOnError && !wasSeen) halt(roll, `node ${node.id} has not completed`);
}

function gated(roll: Roll, node: RollNode, gate: GateResult, now: number): void {
  // One that was cut off has not passed, whatever it says in the end.
  node.gate = node.stage === 'cut' ? { ...gate, exit_code: null, timed_out: true } : gate;
  roll.news.push({ event: 'gate', node_id: node.id, gate: node.gate });
  if (!isFailedGate(node.gate)) {
    node.stage = 'passing';
    return;
  }
  node.stage = 'done';
  if (!isLate(roll, now)) halt(roll, `the gate after node ${node.id} has failed`);
}

function halt(roll: Roll, because: string): void {
  const isLeft = roll.stopping === null && roll.nodes.some(({ stage }) => stage === 'waiting');
  // Where nothing else is underway, the result follows at once, and says it.
  const goesOn = roll.nodes.some(({ stage }) => stage !== 'waiting' && stage !== 'done');
  if (!roll.halted && isLeft && goesOn) {
    roll.news.push(warning('halted', `${because}: no more nodes are started`));
  }
  roll.halted = true;
}
