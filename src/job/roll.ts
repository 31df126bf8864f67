import { formatAction } from '../base/activity.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import { EXIT_CODES } from '../base/exit-codes.js';
import type { Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import { isFailedGate, NOT_STARTED, OUTCOMES, type GateResult, type Outcome } from '../base/outcome.js';
import { warning, type JobEvent, type NodeProgress, type ResultEvent } from '../base/progress.js';
import type { RollStage } from '../base/roll.js';
import { resultRow, rowsOf } from './entries.js';
import type { LogRead } from '../log/log.js';
import type { Fact, Step } from './job.js';
import { createRun, nextOfRun, takeOfRun } from './run.js';
import { refuse, type Resume, type Run, type RunPlan } from './run-state.js';

/** At most two POSTs a second. */
const POST_GAP = 500;
/** A read that began no longer ago than this shows where the log stands for the next node, too. */
const SHARED_BASELINE = 1000;

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

interface RollNode {
  id: Id;
  run: Run | null;
  stage: 'waiting' | 'run' | 'pause' | 'ask' | 'gate' | 'cut' | 'passing' | 'over';
  /** Until when the pause lasts, or the gate may take. */
  until: number;
  /** It completed, and its gate let the roll go on, in this process or an earlier one. */
  passed: boolean;
  gate: GateResult | null;
  /** Acted on by an earlier process: a rejection has been looked at, and halts nothing. */
  isOld: boolean;
}

/** A roll: one run for each node, a window, a pause, a gate. Plain data, changed by `nextOfRoll` and `takeOfRoll` only. */
export interface Roll {
  plan: RollPlan;
  nodes: RollNode[];
  startedAt: number;
  halted: boolean;
  stopping: Interrupted | null;
  /** Why a node could not be acted on at all. */
  failure: LdctlError | null;
  postAt: number;
  readAt: number;
  lastRead: LogRead | null;
  /** Whose step was given last. */
  asked: RollNode | null;
  isOver: boolean;
  changed: boolean;
  news: JobEvent[];
}

/** @param kept what earlier processes have left, by node */
export function createRoll(plan: RollPlan, kept: ReadonlyMap<Id, KeptRun> = new Map(), now = 0): Roll {
  const roll: Roll = {
    plan,
    nodes: [],
    startedAt: now,
    halted: false,
    stopping: null,
    failure: null,
    postAt: -Infinity,
    readAt: -Infinity,
    lastRead: null,
    asked: null,
    isOver: false,
    changed: true,
    news: [],
  };
  roll.nodes = plan.nodes.map((id) => {
    const record = kept.get(id) ?? null;
    const run = record && createRun(planOf(roll, id, now), record, now);
    const passed = record?.passed ?? false;
    return { id, run, stage: run ? 'run' : 'waiting', until: 0, passed, gate: null, isOld: record !== null };
  });
  return roll;
}

function planOf({ plan, startedAt }: Roll, id: Id, now: number): RunPlan {
  const left = plan.timeoutMs === null ? Infinity : Math.max(startedAt + plan.timeoutMs - now, 0);
  const timeoutMs = Math.min(plan.nodeTimeoutMs ?? Infinity, left);
  return { ...plan, nodes: [id], expect: null, wait: true, timeoutMs: timeoutMs === Infinity ? null : timeoutMs };
}

const isUnderway = ({ stage }: RollNode): boolean => stage !== 'waiting' && stage !== 'over';
const isLate = ({ plan, startedAt, nodes }: Roll, now: number): boolean =>
  plan.timeoutMs !== null && now >= startedAt + plan.timeoutMs && nodes.some(({ run }) => run?.maybeSent);
const mayStart = (roll: Roll, now: number): boolean => !roll.halted && roll.stopping === null && !isLate(roll, now);

export function nextOfRoll(roll: Roll, now: number): Step {
  advance(roll, now);
  if (roll.isOver) return { do: 'end' };
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
    const baseline = stage === 'run' && run && run.phase !== 'ready' && run.phase !== 'blocked' ? run.baseline : null;
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
      if (underway >= plan.maxUnavailable || !mayStart(roll, now)) break;
      if (node.stage !== 'waiting') continue;
      node.run = createRun(planOf(roll, node.id, now), null, now);
      node.stage = 'run';
      // Whether a node is busy is asked further down.
      if (plan.ifBusy === 'ignore' && roll.lastRead && now - roll.lastRead.startedAt < SHARED_BASELINE) {
        takeOfRun(node.run, { is: 'read', read: roll.lastRead }, now);
      }
      underway += 1;
      again = roll.changed = true;
    }
  }
  if (!roll.nodes.some(isUnderway)) roll.isOver = true;
}

function advanceNode(roll: Roll, node: RollNode, now: number): void {
  const { run } = node;
  const goesOn = mayStart(roll, now);
  if (node.stage === 'run' && run) {
    const isUnsent = run.phase !== 'following' && !run.maybeSent && !run.end;
    // Nothing is sent once the roll is over. What has left a record of its own takes that back.
    if (isUnsent && !goesOn && run.noted === null) {
      node.stage = 'waiting';
      node.run = null;
      return;
    }
    // Not again either: what may have been sent is only looked for.
    if (!goesOn && run.phase !== 'following' && !run.end) {
      if (isUnsent) refuse(run, calledOff());
      else Object.assign(run, { resendUntil: -Infinity, phase: 'uncertain' });
    }
    if (nextOfRun(run, now).do === 'end') runEnded(roll, node, now);
    return;
  }
  if (node.stage === 'pause' && (!goesOn || now >= node.until)) {
    node.stage = !goesOn ? 'over' : roll.plan.gated ? 'ask' : 'passing';
  } else if (node.stage === 'ask' && !goesOn) node.stage = 'over';
  else if (node.stage === 'gate' && (now >= node.until || isLate(roll, now))) node.stage = 'cut';
}

function stepOf(roll: Roll, node: RollNode, now: number): Step {
  switch (node.stage) {
    case 'pause':
    case 'gate':
      return { do: 'wait', until: node.until };
    case 'ask':
      return { do: 'ask', node: node.id, activityId: rowOf(roll, node).activity_id };
    case 'cut':
      // Asked for once; its end is a fact.
      return node.until === -Infinity ? { do: 'wait', until: Infinity } : { do: 'cut', node: node.id };
    case 'passing':
      return { do: 'note', note: { state: 'passed', key: node.run?.key ?? '', outcome: '' } };
    default: {
      if (!node.run) return { do: 'wait', until: Infinity };
      const step = nextOfRun(node.run, now);
      if (step.do === 'post' && now < roll.postAt) return { do: 'wait', until: roll.postAt };
      if (step.do !== 'read') return step;
      return now < roll.readAt ? { do: 'wait', until: roll.readAt } : step;
    }
  }
}

export function takeOfRoll(roll: Roll, fact: Fact, now: number): void {
  roll.changed = true;
  switch (fact.is) {
    case 'stopping':
      roll.stopping ??= fact.reason;
      roll.news.push(
        warning('stopping', 'no more nodes are started, and those underway are seen out; Ctrl-C again leaves them'),
      );
      break;
    case 'stopped':
      roll.stopping ??= fact.reason;
      for (const node of roll.nodes.filter(isUnderway)) {
        if (node.run) takeOfRun(node.run, { ...fact, posting: fact.posting && node === roll.asked }, now);
        if (node.stage !== 'run') node.stage = 'over';
      }
      break;
    case 'read':
      roll.readAt = now + fact.read.requests * 250;
      roll.lastRead = fact.read;
      shareRead(roll, fact, now);
      break;
    case 'unreadable':
      shareRead(roll, fact, now);
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
      Object.assign(node, { stage: 'over', passed: true });
      break;
    }
    default: {
      if (fact.is === 'answered') roll.postAt = now + POST_GAP;
      takeOfRun(nodeOf(roll, fact.node).run ?? missing(), fact, now);
    }
  }
  advance(roll, now);
}

/** A node that has not been sent to takes only the read that it asked for: its baseline is read right before its POST. */
function shareRead(roll: Roll, fact: Fact & { is: 'read' | 'unreadable' }, now: number): void {
  for (const node of roll.nodes) {
    const { run, stage } = node;
    if (stage !== 'run' || !run || run.end) continue;
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

function calledOff(): LdctlError {
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
  node.stage = 'over';
  if (outcome === 'completed') return;
  const error = run?.end?.error ?? null;
  if (outcome === null) {
    // What the API refuses for one node it will hardly do for the next.
    if (error && error.code !== 'called_off' && !(error instanceof Interrupted)) {
      roll.failure ??= error;
      halt(roll, `node ${node.id}: ${error.message}`);
    }
    node.run = null;
    node.stage = 'waiting';
    halt(roll, null);
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
  node.stage = 'over';
  if (!isLate(roll, now)) halt(roll, `the gate after node ${node.id} has failed`);
}

function halt(roll: Roll, because: string | null): void {
  if (
    because !== null &&
    !roll.halted &&
    roll.stopping === null &&
    roll.nodes.some(({ stage }) => stage === 'waiting')
  ) {
    roll.news.push(warning('halted', `${because}: no more nodes are started`));
  }
  roll.halted = true;
}

/** The events of all its nodes, and one picture of them all. */
export function newsOfRoll(roll: Roll): JobEvent[] {
  const news = roll.news.splice(0);
  for (const { id, run } of roll.nodes) {
    for (const event of run?.news.splice(0) ?? []) {
      if (event.event === 'progress' || event.event === 'baseline' || event.event === 'result') continue;
      news.push(event.event === 'dispatched' ? { ...event, node_id: id } : event);
    }
  }
  if (roll.changed) {
    roll.changed = false;
    news.push({ event: 'progress', nodes: roll.nodes.map((node) => progressOf(roll, node)) });
  }
  return dropRepeats(news);
}

/** All nodes underway share a read, so what is said of one that failed is said once. */
function dropRepeats(news: JobEvent[]): JobEvent[] {
  const seen = new Set<string>();
  return news.filter((event) => {
    if (event.event !== 'outage' && !(event.event === 'warning' && event.code === 'log_unreadable')) return true;
    const isNew = !seen.has(event.event);
    seen.add(event.event);
    return isNew;
  });
}

const STAGES: Record<RollNode['stage'], RollStage> = {
  waiting: 'waiting',
  run: 'running',
  pause: 'pause',
  ask: 'gate',
  gate: 'gate',
  cut: 'gate',
  passing: 'gate',
  over: 'done',
};

function progressOf(roll: Roll, node: RollNode): NodeProgress {
  return { ...rowOf(roll, node), stage: STAGES[node.stage] };
}

function rowOf(roll: Roll, { id, run, gate }: RollNode): NodeProgress {
  const isSent = run?.maybeSent ?? false;
  const end = run?.end ?? null;
  const absent = end && end.outcome !== 'interrupted' && end.error === null ? 'missing' : null;
  const [row] = run && isSent ? rowsOf(run.entries, roll.plan.appearMs, absent) : [];
  const empty = { activity_id: null, created_at: null, finished_at: null, ambiguous: false, since: null };
  return {
    ...(row ?? empty),
    node_id: id,
    status: row ? row.status : isSent ? null : NOT_STARTED,
    started_at: run && isSent && run.postedAt !== null ? new Date(run.postedAt).toISOString() : null,
    gate,
  };
}

/**
 * How it ended: an interrupt before unconfirmed before rejected before halted before timed out.
 * @throws LdctlError why the first node could not be acted on, when nothing was sent to any
 */
export function resultOfRoll(roll: Roll): ResultEvent & { resume: Resume | null } {
  const { plan, nodes } = roll;
  const sent = nodes.filter(({ run }) => run?.maybeSent);
  if (sent.length === 0) throw roll.failure ?? roll.stopping ?? calledOff();
  const { outcome, error } = outcomeOf(roll);
  const rows = nodes.map((node) => resultRow(rowOf(roll, node)));
  const result = {
    outcome,
    runtime: plan.runtime,
    action: formatAction(plan.action),
    deployment_id: plan.deploymentId,
    idempotency_key: plan.idempotencyKey,
    targets: 'named' as const,
    replayed: null,
    recovered: null,
    request_id: null,
    nodes: rows,
    resume: null,
  };
  const exitCode =
    outcome === 'interrupted' && roll.stopping
      ? roll.stopping.exitCode
      : EXIT_CODES[OUTCOMES[outcome as keyof typeof OUTCOMES]].code;
  return { event: 'result', result, error, exitCode, resume: resumeOf(roll) };
}

const isPassed = ({ plan }: Roll, node: RollNode): boolean =>
  node.run?.end?.outcome === 'completed' && (!plan.gated || node.passed);

function outcomeOf(roll: Roll): { outcome: Outcome; error: LdctlError | null } {
  const ends = roll.nodes.map(({ run }) => run?.end ?? null);
  if (roll.nodes.every((node) => isPassed(roll, node))) return { outcome: 'completed', error: null };
  if (roll.stopping) return { outcome: 'interrupted', error: null };
  if (roll.failure) return { outcome: 'unconfirmed', error: roll.failure };
  const unconfirmed = ends.find((end) => end?.outcome === 'unconfirmed');
  if (unconfirmed) return { outcome: 'unconfirmed', error: unconfirmed.error };
  if (ends.some((end) => end?.outcome === 'rejected')) return { outcome: 'rejected', error: null };
  const hasHalted = roll.halted && roll.nodes.some(({ gate }) => isFailedGate(gate));
  return { outcome: hasHalted ? 'halted' : 'timed_out', error: null };
}

/** A rejected node has been looked at once its end was told; all else that is not done goes on by the roll's key. */
function resumeOf(roll: Roll): Resume | null {
  const { plan, nodes } = roll;
  const isLeft = (node: RollNode): boolean => !isPassed(roll, node) && node.run?.end?.outcome !== 'rejected';
  const left = nodes.filter(isLeft);
  if (left.length === 0) return null;
  if (plan.kept) return { roll: plan.idempotencyKey };
  const ids = left.flatMap((node) => rowOf(roll, node).activity_id ?? []);
  return ids.length > 0 ? { ids } : null;
}
