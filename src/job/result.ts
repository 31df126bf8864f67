import { formatAction, isFinal } from '../base/activity.js';
import { ApiError, Interrupted, type LdctlError } from '../base/errors.js';
import { EXIT_CODES } from '../base/exit-codes.js';
import type { Id } from '../base/ids.js';
import {
  emptyNodeResult,
  isFailedGate,
  MISSING,
  NOT_STARTED,
  OUTCOMES,
  type NodeResult,
  type Outcome,
  type ResultFacts,
} from '../base/outcome.js';
import { resultRow } from './entries.js';
import type { JobEvent, NodeProgress, ResultEvent } from './events.js';
import { SECOND } from './pace.js';
import { calledOff, type Roll, type RollNode } from './roll.js';
import type { Run } from './run-read.js';

/** What a later command has to know to go on. */
export type Resume =
  | { ids: readonly Id[] }
  | {
      after: Id;
      runtime: string;
      action: string;
      nodes: readonly Id[] | null;
      expect: number | null;
    }
  | { roll: string };

/** The command that goes on where a job ended; its text is for the caller to say. */
export type ResumeText = (resume: Resume) => string | null;

function ended(
  outcome: Outcome,
  error: LdctlError | null,
  facts: Omit<ResultFacts, 'resume'>,
  resume: string | null,
): ResultEvent {
  const result = { outcome, ...facts, resume };
  if (error instanceof Interrupted) {
    return { event: 'result', result, error: null, exitCode: error.exitCode };
  }
  const exit = outcome === 'interrupted' ? 'sigint' : OUTCOMES[outcome];
  return { event: 'result', result, error, exitCode: EXIT_CODES[exit].code };
}

/** What happened since this was asked last. */
export function newsOfRun(run: Run): JobEvent[] {
  const { decidesAt, moved } = run;
  const news = run.news.splice(0);
  run.moved = false;
  if (!moved || run.end) return news;
  const nodes = run.entries.rows(null);
  return [...news, { event: 'progress', nodes, ...(decidesAt !== null && { decidesAt }) }];
}

/** How it ended. @throws LdctlError why nothing was sent, or could be followed */
export function resultOfRun(run: Run, text: ResumeText): ResultEvent {
  const { end, plan, trigger, entries, accepted, lastError } = run;
  if (!end) throw new Error('the run goes on');
  const { outcome, error } = end;
  if (outcome === null) throw error ?? new Error('nothing was sent');
  const { targets } = entries;
  const isUnread = outcome === 'accepted' && targets !== 'named';
  const nodes = isUnread ? [] : entries.rows(absentOf(run)).map(resultRow);
  const isSent = trigger !== null && run.acceptedAt !== null;
  const facts = {
    ...sharedOf(run),
    deployment_id: plan.deploymentId,
    idempotency_key: trigger?.idempotencyKey ?? null,
    targets,
    replayed: isSent ? (accepted?.replayed ?? false) : null,
    recovered: isSent ? run.recovered : null,
    request_id:
      accepted?.requestId ?? (lastError instanceof ApiError ? (lastError.requestId ?? null) : null),
    nodes,
  };
  const resume = resumeOfRun(run, outcome, nodes);
  return ended(outcome, error, facts, resume && text(resume));
}

/** A target without an entry is missing where the run has ended by the log. */
const absentOf = ({ end }: Run): typeof MISSING | null =>
  end?.error === null && end.outcome !== 'accepted' ? MISSING : null;

function sharedOf({ entries }: Run): { runtime: string | null; action: string | null } {
  const { wanted, byId } = entries;
  if (!('ids' in wanted)) return { runtime: wanted.runtime, action: formatAction(wanted.action) };
  const only = (values: readonly string[]): string | null =>
    new Set(values).size === 1 ? (values[0] ?? null) : null;
  const seen = [...byId.values()].map(({ activity }) => activity);
  return { runtime: only(seen.map((a) => a.runtime)), action: only(seen.map((a) => a.action)) };
}

function resumeOfRun(run: Run, outcome: Outcome, nodes: readonly NodeResult[]): Resume | null {
  const isOpen = nodes.some(({ status }) => status === null || !isFinal(status));
  const hasEnded = nodes.length > 0 && !isOpen && run.end?.error === null;
  if (
    outcome === 'completed' ||
    (hasEnded && (outcome === 'rejected' || outcome === 'unconfirmed'))
  ) {
    return null;
  }
  const { wanted, targets, byId, readAt } = run.entries;
  if ('ids' in wanted) return { ids: wanted.ids };
  const isWhole =
    nodes.length > 0 &&
    nodes.every(({ activity_id: id, status }) => id !== null && status !== MISSING);
  if (isWhole && (targets !== 'observed' || readAt >= (run.acceptedAt ?? Infinity) + 3 * SECOND)) {
    return { ids: [...byId.keys()] };
  }
  const { runtime, action, nodes: named, expect } = wanted;
  const after = run.replay?.floor ?? run.baseline ?? 0n;
  return { after, runtime, action: formatAction(action), nodes: named, expect };
}

/** The events of all its nodes, and one picture of them all. */
export function newsOfRoll(roll: Roll): JobEvent[] {
  const news = roll.news.splice(0);
  const said = new Set<string>();
  for (const { id, run } of roll.nodes) {
    for (const event of run?.news.splice(0) ?? []) {
      // All nodes underway share a read, so what is said of one that failed is said once.
      const isShared =
        event.event === 'outage' || (event.event === 'warning' && event.code === 'log_unreadable');
      if (event.event === 'baseline' || (isShared && said.has(event.event))) continue;
      if (isShared) said.add(event.event);
      const isDispatch = event.event === 'dispatched';
      news.push(isDispatch ? { ...{ event: event.event, node_id: id }, ...event } : event);
    }
  }
  if (roll.told === roll.changes) return news;
  roll.told = roll.changes;
  return [...news, { event: 'progress', nodes: roll.nodes.map(rowOf) }];
}

function rowOf({ id, run, gate, stage }: RollNode): NodeProgress {
  const isGate = stage === 'ask' || stage === 'cut' || stage === 'ending';
  const sent = run?.maybeSent ? run : null;
  const [row] = sent ? sent.entries.rows(absentOf(sent)) : [];
  return {
    ...(row ?? { ...emptyNodeResult({}, sent ? null : NOT_STARTED), since: null }),
    node_id: id,
    started_at: sent?.postedAt ? new Date(sent.postedAt).toISOString() : null,
    gate,
    stage: isGate ? 'gate' : stage,
  };
}

/**
 * How it ended: an interrupt before unconfirmed before rejected before halted before timed out.
 * @throws LdctlError why the first node could not be acted on, when nothing was sent to any
 */
export function resultOfRoll(roll: Roll, text: ResumeText): ResultEvent {
  const { plan, nodes, failure, stopping } = roll;
  if (!nodes.some(({ run }) => run?.maybeSent)) throw failure ?? stopping ?? calledOff();
  const { outcome, error } = outcomeOf(roll);
  const facts = {
    runtime: plan.runtime,
    action: formatAction(plan.action),
    deployment_id: plan.deploymentId,
    idempotency_key: plan.idempotencyKey,
    targets: 'named' as const,
    replayed: null,
    recovered: null,
    request_id: null,
    nodes: nodes.map((node) => resultRow(rowOf(node))),
  };
  const resume = resumeOfRoll(roll);
  return ended(outcome, error, facts, resume && text(resume));
}

const isPassed = ({ plan }: Roll, node: RollNode): boolean =>
  node.run?.end?.outcome === 'completed' && (!plan.gated || node.passed);

function outcomeOf(roll: Roll): { outcome: Outcome; error: LdctlError | null } {
  const ends = roll.nodes.map(({ run }) => run?.end ?? null);
  if (roll.nodes.every((node) => isPassed(roll, node))) {
    return { outcome: 'completed', error: null };
  }
  if (roll.stopping) return { outcome: 'interrupted', error: roll.stopping };
  if (roll.failure) return { outcome: 'unconfirmed', error: roll.failure };
  const unconfirmed = ends.find((end) => end?.outcome === 'unconfirmed');
  if (unconfirmed) return { outcome: 'unconfirmed', error: unconfirmed.error };
  if (ends.some((end) => end?.outcome === 'rejected')) return { outcome: 'rejected', error: null };
  const hasHalted = roll.halted && roll.nodes.some(({ gate }) => isFailedGate(gate));
  return { outcome: hasHalted ? 'halted' : 'timed_out', error: null };
}

/**
 * A rejected node has been looked at once its end was told; all else that is not done goes on by
 * the roll's key.
 */
function resumeOfRoll(roll: Roll): Resume | null {
  const { plan, nodes } = roll;
  const isLeft = (node: RollNode): boolean =>
    !isPassed(roll, node) && node.run?.end?.outcome !== 'rejected';
  const left = nodes.filter(isLeft);
  if (left.length === 0) return null;
  if (plan.kept) return { roll: plan.idempotencyKey };
  const ids = left.flatMap((node) => rowOf(node).activity_id ?? []);
  return ids.length > 0 ? { ids } : null;
}
