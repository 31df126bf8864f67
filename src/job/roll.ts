import { Interrupted, LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import { isFailedGate, type GateResult } from '../base/outcome.js';
import type { LogRead } from '../log/log.js';
import { warning, type JobEvent } from './events.js';
import type { Fact, Step } from './job.js';
import { createRun, nextOfRun, takeOfRun } from './run.js';
import { busyError, busyOf, type Run, type RunPlan } from './run-read.js';

/** At most two POSTs a second. */
const POST_GAP = 500;
/** A read that began no longer ago than this gives the next node its baseline, too. */
const SHARED_BASELINE = 1000;

const STOPPING =
  'no more nodes are started, and those underway are seen out; Ctrl-C again leaves them';

export interface RollPlan extends Omit<RunPlan, 'nodes' | 'expect' | 'wait'> {
  /** In the order in which they are acted on; each once, not empty. */
  nodes: readonly Id[];
  /** How many nodes may be underway at once, from 1. */
  maxUnavailable: number;
  /** Between the completion of a node and the next step, ms. */
  pauseMs: number;
  gated: boolean;
  /** A gate that takes longer is cut off; ms. */
  gateTimeoutMs: number;
  /** For each node, from its dispatch; ms. `timeoutMs` is for the whole roll. */
  nodeTimeoutMs: number;
  /** Whether a node that does not complete halts the roll. */
  continueOnError: boolean;
}

export interface RollNode {
  id: Id;
  run: Run | null;
  /**
   * `ask` and `cut` are steps to come. It is `running` once more while it is noted that it passed.
   */
  stage: 'waiting' | 'running' | 'pause' | 'ask' | 'gate' | 'cut' | 'ending' | 'done';
  /** Until when the pause lasts, or the gate may take. */
  until: number;
  /** It completed, and its gate let the roll go on, in this process or an earlier one. */
  passed: boolean;
  gate: GateResult | null;
  /** Carried out by an earlier process: a rejection has been looked at, and halts nothing. */
  isOld: boolean;
}

/**
 * A roll: one run for each node, a window, a pause, a gate. Plain data, changed by `nextOfRoll` and
 * `takeOfRoll` only.
 */
export class Roll {
  readonly nodes: RollNode[];
  readonly deadline: number;
  halted = false;
  stopping: Interrupted | null = null;
  /** Why a node could not be acted on at all. */
  failure: LdctlError | null = null;
  postAt = -Infinity;
  readAt = -Infinity;
  lastRead: LogRead | null = null;
  /** Whose step was given last. */
  asked: RollNode | null = null;
  /**
   * Whether any node that is still to be acted on is busy: looked at once, before anything is sent.
   */
  unchecked: boolean;
  /** How often anything about a node has changed, and how much of that was told. */
  changes = 1;
  told = 0;
  news: JobEvent[] = [];

  /** @param kept what earlier processes have left, by node */
  constructor(
    readonly plan: RollPlan,
    kept: ReadonlyMap<Id, KeptRun>,
    now: number,
  ) {
    this.deadline = now + plan.timeoutMs;
    this.nodes = plan.nodes.map((id) => {
      const record = kept.get(id) ?? null;
      const run = record && createRun(planOf(this, id, now), record, now);
      const { accepted: isOld = false, passed = false } = record ?? {};
      return { id, run, stage: run ? 'running' : 'waiting', until: 0, passed, gate: null, isOld };
    });
    this.unchecked = plan.ifBusy === 'fail' && this.nodes.some(({ run }) => run === null);
  }
}

function planOf({ plan, deadline }: Roll, id: Id, now: number): RunPlan {
  const timeoutMs = Math.min(plan.nodeTimeoutMs, Math.max(deadline - now, 0));
  const ifBusy = plan.ifBusy === 'wait' ? 'wait' : 'ignore';
  return { ...plan, timeoutMs, ifBusy, nodes: [id], expect: null, wait: true };
}

const isUnderway = ({ stage }: RollNode): boolean => stage !== 'waiting' && stage !== 'done';
const isLate = ({ deadline, nodes }: Roll, now: number): boolean =>
  now >= deadline && nodes.some(({ run }) => run?.maybeSent);
const mayStart = (roll: Roll, now: number): boolean =>
  !roll.halted && roll.stopping === null && !isLate(roll, now);
const isChecking = (roll: Roll, now: number): boolean => roll.unchecked && mayStart(roll, now);

const IDLE: Step = { do: 'wait', until: Infinity };

export function nextOfRoll(roll: Roll, now: number): Step {
  let steps: Array<{ step: Step; node: RollNode }>;
  let changes: number;
  // What one node does as time goes on, such as to fail, may change what another one may do.
  do {
    changes = roll.changes;
    startNodes(roll, now);
    steps = roll.nodes.filter(isUnderway).map((node) => ({ step: stepOf(roll, node, now), node }));
  } while (roll.changes !== changes);
  if (isChecking(roll, now)) return { do: 'read', downTo: 'known', open: null, patient: true };
  if (steps.length === 0) return { do: 'end' };
  for (const kind of ['note', 'cut', 'post', 'ask', 'read'] as const) {
    const found = steps.find(({ step }) => step.do === kind);
    if (!found) continue;
    roll.asked = found.node;
    return found.step.do === 'read'
      ? sharedRead(roll, found.step)
      : ({ ...found.step, node: found.node.id } as Step);
  }
  let until = roll.deadline > now ? roll.deadline : Infinity;
  for (const { step } of steps) if (step.do === 'wait') until = Math.min(until, step.until);
  return { do: 'wait', until };
}

/** As many as the window has room for. */
function startNodes(roll: Roll, now: number): void {
  const { plan, lastRead } = roll;
  if (roll.unchecked || !mayStart(roll, now)) return;
  let room = plan.maxUnavailable - roll.nodes.filter(isUnderway).length;
  for (const node of roll.nodes) {
    if (room <= 0) return;
    if (node.stage !== 'waiting') continue;
    node.run = createRun(planOf(roll, node.id, now), null, now);
    // Whether a node is busy, only a read from further down tells.
    const isShared =
      plan.ifBusy !== 'wait' && lastRead && now - lastRead.startedAt < SHARED_BASELINE;
    if (isShared) takeOfRun(node.run, { is: 'read', read: lastRead }, now);
    move(roll, node, 'running');
    room -= 1;
  }
}

function move(roll: Roll, node: RollNode, stage: RollNode['stage'], until = 0): Step {
  [node.stage, node.until] = [stage, until];
  roll.changes += 1;
  return IDLE;
}

/** What a node that is underway needs; as time goes on it moves by itself. */
function stepOf(roll: Roll, node: RollNode, now: number): Step {
  const { plan } = roll;
  const goesOn = mayStart(roll, now);
  switch (node.stage) {
    case 'pause':
      if (!goesOn) return move(roll, node, 'done');
      if (now < node.until) return { do: 'wait', until: node.until };
      return plan.gated ? move(roll, node, 'ask') : pass(roll, node);
    case 'ask': {
      if (!goesOn) return move(roll, node, 'done');
      const [row] = node.run?.entries.rows(null) ?? [];
      return { do: 'ask', node: node.id, activityId: row?.activity_id ?? null };
    }
    case 'gate':
      if (now >= node.until || isLate(roll, now)) return move(roll, node, 'cut');
      return { do: 'wait', until: node.until };
    case 'cut':
      return { do: 'cut', node: node.id };
    case 'running':
      return node.run ? stepOfRun(roll, node, node.run, now) : IDLE;
    default:
      return IDLE;
  }
}

function stepOfRun(roll: Roll, node: RollNode, run: Run, now: number): Step {
  // Nothing is sent once the roll is over, not again either: what may have been sent is only looked
  // for.
  if (!mayStart(roll, now) && run.phase !== 'following' && !run.end) {
    run.resendUntil = -Infinity;
    if (run.maybeSent) run.phase = 'uncertain';
    else run.giveUp(calledOff());
  }
  const step = nextOfRun(run, now);
  if (step.do === 'end') return ended(roll, node, run, now);
  const notBefore = step.do === 'post' ? roll.postAt : step.do === 'read' ? roll.readAt : now;
  return now < notBefore ? { do: 'wait', until: notBefore } : step;
}

/** One read serves all: down to the lowest that any of them needs. */
function sharedRead(roll: Roll, step: Step & { do: 'read' }): Step {
  if (step.downTo === 'known') return step;
  let { downTo } = step;
  for (const { run, stage } of roll.nodes) {
    if (stage !== 'running' || !run || run.phase === 'ready' || run.baseline === null) continue;
    if (downTo === 'newest' || run.baseline < downTo) downTo = run.baseline;
  }
  return { do: 'read', downTo, open: null, patient: step.patient };
}

export function takeOfRoll(roll: Roll, fact: Fact, now: number): void {
  roll.changes += 1;
  const { asked } = roll;
  switch (fact.is) {
    case 'stopping':
      roll.stopping ??= fact.reason;
      roll.news.push(warning('stopping', STOPPING));
      return;
    case 'stopped':
      roll.stopping ??= fact.reason;
      for (const node of roll.nodes.filter(isUnderway)) {
        if (node.run) {
          takeOfRun(node.run, { ...fact, posting: fact.posting && node === asked }, now);
        }
        if (node.stage !== 'running') node.stage = 'done';
      }
      return;
    case 'read':
      roll.readAt = now + fact.read.requests * 250;
      roll.lastRead = fact.read;
      return isChecking(roll, now) ? check(roll, fact.read) : shareRead(roll, fact, now);
    case 'unreadable':
      return isChecking(roll, now) ? fail(roll, fact.error) : shareRead(roll, fact, now);
    case 'gated': {
      const node = roll.nodes.find(({ id }) => id === fact.node);
      if (node) gated(roll, node, fact.gate, now);
      return;
    }
    case 'answered':
      roll.postAt = now + POST_GAP;
      break;
    default:
  }
  if (!asked?.run) throw new Error('a fact of a node that takes none');
  if (asked.stage === 'ask') move(roll, asked, 'gate', now + roll.plan.gateTimeoutMs);
  else if (asked.stage === 'cut') move(roll, asked, 'ending');
  else takeOfRun(asked.run, fact, now);
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

/**
 * A node that has not been sent to takes only the read that it asked for: its baseline is read
 * right before its POST.
 */
function shareRead(roll: Roll, fact: Fact & { is: 'read' | 'unreadable' }, now: number): void {
  for (const node of roll.nodes) {
    const { run, stage } = node;
    if (stage !== 'running' || !run || run.end) continue;
    if (run.phase !== 'ready' || node === roll.asked) takeOfRun(run, fact, now);
  }
}

export function calledOff(): LdctlError {
  return new LdctlError('refused', 'called_off', 'called off before it was sent');
}

function ended(roll: Roll, node: RollNode, { end }: Run, now: number): Step {
  const { pauseMs, gated, continueOnError } = roll.plan;
  const { outcome = null, error = null } = end ?? {};
  if (outcome === 'completed' && !node.passed) {
    const isLast = roll.nodes.every(({ stage }) => stage !== 'waiting');
    return move(roll, node, 'pause', now + (gated || !isLast ? pauseMs : 0));
  }
  move(roll, node, 'done');
  if (outcome === null) {
    // What the API refuses for one node it will hardly do for the next.
    const isOwn = error && error.code !== 'called_off' && !(error instanceof Interrupted);
    if (isOwn) fail(roll, error, `node ${node.id}: ${error.message}`);
    node.stage = 'waiting';
    node.run = null;
  } else if (
    outcome !== 'completed' &&
    !continueOnError &&
    !(node.isOld && outcome === 'rejected')
  ) {
    halt(roll, `node ${node.id} has not completed`);
  }
  return IDLE;
}

function gated(roll: Roll, node: RollNode, gate: GateResult, now: number): void {
  // A gate that was cut off has not passed, whatever it says in the end.
  node.gate = node.stage === 'gate' ? gate : { ...gate, exit_code: null, timed_out: true };
  roll.news.push({ event: 'gate', node_id: node.id, gate: node.gate });
  if (!isFailedGate(node.gate)) return void pass(roll, node);
  move(roll, node, 'done');
  if (!isLate(roll, now)) halt(roll, `the gate after node ${node.id} has failed`);
}

/** Noted, so that a later process does not ask again. */
function pass(roll: Roll, node: RollNode): Step {
  node.passed = true;
  node.run?.mark('passed');
  return move(roll, node, 'running');
}

function halt(roll: Roll, because: string): void {
  const isLeft = roll.stopping === null && roll.nodes.some(({ stage }) => stage === 'waiting');
  // Where nothing else is underway, the result follows at once, and says it.
  if (!roll.halted && isLeft && roll.nodes.some(isUnderway)) {
    roll.news.push(warning('halted', `${because}: no more nodes are started`));
  }
  roll.halted = true;
}
