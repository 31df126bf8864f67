import { formatAction } from '../base/activity.js';
import type { LdctlError } from '../base/errors.js';
import { EXIT_CODES } from '../base/exit-codes.js';
import { isFailedGate, NOT_STARTED, OUTCOMES, type Outcome } from '../base/outcome.js';
import type { JobEvent, NodeProgress, ResultEvent } from './events.js';
import { resultRow, rowsOf } from './entries.js';
import { calledOff, type Roll, type RollNode } from './roll.js';
import type { Resume } from './run-read.js';

/** The events of all its nodes, and one picture of them all. */
export function newsOfRoll(roll: Roll): JobEvent[] {
  const news = roll.news.splice(0);
  const said = new Set<string>();
  for (const { id, run } of roll.nodes) {
    for (const event of run?.news.splice(0) ?? []) {
      if (event.event === 'baseline') continue;
      // All nodes underway share a read, so what is said of one that failed is said once.
      const isShared = event.event === 'outage' || (event.event === 'warning' && event.code === 'log_unreadable');
      if (isShared && said.has(event.event)) continue;
      if (isShared) said.add(event.event);
      const isDispatch = event.event === 'dispatched';
      news.push(isDispatch ? { ...{ event: event.event, node_id: id }, ...event } : event);
    }
  }
  if (roll.changed) {
    roll.changed = false;
    news.push({ event: 'progress', nodes: roll.nodes.map((node) => progressOf(roll, node)) });
  }
  return news;
}

function progressOf(roll: Roll, node: RollNode): NodeProgress {
  const { stage } = node;
  const shown = stage === 'ask' || stage === 'cut' || stage === 'passing' ? 'gate' : stage;
  return { ...rowOf(roll, node), stage: shown };
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
