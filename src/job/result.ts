/*
 * What a run or a roll says meanwhile and at its end: its events, its outcome, and what is left to
 * follow. It changes nothing but which events are still to be handed out.
 */

import { isFinal } from '../base/activity.js';
import { Interrupted, type LdctlError } from '../base/errors.js';
import { EXIT_CODES } from '../base/exit-codes.js';
import {
  isFailedGate,
  MISSING,
  NOT_STARTED,
  OUTCOMES,
  UNCONFIRMED,
  type NodeResult,
  type Outcome,
  type ResultFacts,
} from '../base/outcome.js';
import { emptyRow, idsOf, resultRow } from './entries.js';
import type { JobEvent, NodeProgress } from './events.js';
import type { JobEnd, Resume } from './job.js';
import { LATE_NODE } from './run-end.js';
import {
  calledOffError,
  hasSent,
  runOf,
  type RollNodeState,
  type Roll,
  type RollNode,
  type RollPlan,
} from './roll-state.js';
import { endOf, type Run } from './run-state.js';

function jobEnd(
  outcome: Outcome,
  error: LdctlError | null,
  facts: Omit<ResultFacts, 'resume'>,
  resume: Resume | null,
): JobEnd {
  const result = { outcome, ...facts };
  if (error instanceof Interrupted) {
    return { result, resume, error: null, exitCode: error.exitCode };
  }
  return { result, resume, error, exitCode: EXIT_CODES[OUTCOMES[outcome]].code };
}

/** What happened since the last call. */
export function eventsOfRun(run: Run): JobEvent[] {
  const { state, changed } = run;
  const events = run.events.splice(0);
  run.changed = false;
  if (!changed || state.name === 'ended') {
    return events;
  }
  const decidesAt = state.name === 'following' ? state.decidesAt : null;
  const nodes = run.entries.rows(null);
  return [...events, { event: 'progress', nodes, ...(decidesAt !== null && { decidesAt }) }];
}

/** How it ended. @throws LdctlError why nothing was sent, or could be followed */
export function resultOfRun(run: Run): JobEnd {
  const { plan, trigger, entries } = run;
  const { outcome = null, error = null } = endOf(run) ?? {};
  if (outcome === null) {
    throw error ?? new Error('the run has not ended');
  }
  // A run on every node that does not wait has not seen which of them report.
  const isUnseen = outcome === 'accepted' && entries.targets !== 'named';
  const nodes = isUnseen ? [] : entries.rows(emptyStatusOf(run)).map(resultRow);
  const facts = {
    ...actionOf(run),
    deployment_id: plan.deploymentId,
    idempotency_key: trigger?.idempotencyKey ?? null,
    targets: entries.targets,
    core_count: entries.core,
    ...answerOf(run),
    nodes,
    not_acted_on: entries.notActedOn,
  };
  return jobEnd(outcome, error, facts, resumeOfRun(run, outcome, nodes));
}

/** What is known of the answer to the POST; null where nothing is. */
function answerOf({ trigger, hasPosted, sent, acceptedAt, fateError }: Run) {
  const accepted = sent?.accepted ?? null;
  const isKnown = trigger !== null && acceptedAt !== null;
  return {
    sent: hasPosted,
    replayed: isKnown ? accepted?.replayed === true : null,
    recovered: isKnown ? accepted === null : null,
    request_id: accepted?.requestId ?? fateError.requestId ?? null,
  };
}

/** A target without an entry is missing once the run has ended by what the log shows. */
function emptyStatusOf(run: Run): typeof MISSING | null {
  const end = endOf(run);
  return end?.error === null && end.outcome !== 'accepted' ? MISSING : null;
}

/** Entries that were found by their ids may differ: then null. */
function actionOf({ entries }: Run): { runtime: string | null; action: string | null } {
  const { wanted, byId } = entries;
  if (!('ids' in wanted)) {
    return { runtime: wanted.runtime, action: wanted.action };
  }
  const seen = [...byId.values()].map(({ activity }) => activity);
  const only = (field: 'runtime' | 'action'): string | null => {
    const [value, ...others] = new Set(seen.map((activity) => activity[field]));
    return others.length === 0 ? (value ?? null) : null;
  };
  return { runtime: only('runtime'), action: only('action') };
}

/** By the ids of its activities, where no other can come; else by what is above the baseline. */
function resumeOfRun(run: Run, outcome: Outcome, nodes: readonly NodeResult[]): Resume | null {
  const { entries } = run;
  if (outcome === 'completed') {
    return null;
  }
  // All that a node has was created too early to count, but may be of this trigger after all. The
  // user has to look at these first, so the command names only them.
  const early = entries.earlyOnly();
  if (early.length > 0) {
    return { ids: idsOf(early) };
  }
  if (hasNothingLeft(run, outcome, nodes)) {
    return null;
  }
  if ('ids' in entries.wanted) {
    return { ids: entries.wanted.ids };
  }
  if (areAllIdsKnown(run, nodes)) {
    const all = [...entries.byId.values()].map(({ activity }) => activity);
    const open = all.filter(({ status }) => !isFinal(status));
    return { ids: idsOf(open.length > 0 ? open : all) };
  }
  const { runtime, action, nodes: named } = entries.wanted;
  const after = run.replay?.floor ?? run.baseline.id;
  return { after, runtime, action, nodes: named, expect: entries.expect };
}

/** It has ended by what the log shows, and all is final. */
function hasNothingLeft(run: Run, outcome: Outcome, nodes: readonly NodeResult[]): boolean {
  const areFinal = nodes.every(({ status }) => status !== null && isFinal(status));
  const isByLog = nodes.length > 0 && areFinal && endOf(run)?.error === null;
  return isByLog && (outcome === 'rejected' || outcome === 'unconfirmed');
}

/**
 * Whether no other node is likely to report any more, so that the ids of its entries say all. Where
 * run-end.ts would wait longer than for a node that is not listed, the run has mostly waited so
 * long.
 */
function areAllIdsKnown({ entries, acceptedAt }: Run, nodes: readonly NodeResult[]): boolean {
  const areSeen = nodes.every(({ activity_id: id, status }) => id !== null && status !== MISSING);
  const isPastGrace = entries.readAt >= (acceptedAt ?? Infinity) + LATE_NODE;
  return nodes.length > 0 && areSeen && (entries.targets !== 'observed' || isPastGrace);
}

/** The events of all its nodes, and one picture of them all. */
export function eventsOfRoll(roll: Roll): JobEvent[] {
  const events = roll.events.splice(0);
  let isReadSaid = false;
  for (const node of roll.nodes) {
    for (const event of runOf(node)?.events.splice(0) ?? []) {
      // The baseline of a single run is for a later `wait --after`; a roll has its key.
      if (event.event === 'baseline' || (isReadSaid && isOfRead(event))) {
        continue;
      }
      isReadSaid ||= isOfRead(event);
      events.push(ofNode(node, event));
    }
  }
  if (!roll.changed) {
    return events;
  }
  roll.changed = false;
  return [...events, { event: 'progress', nodes: roll.nodes.map((node) => rowOf(roll, node)) }];
}

/** About a read that failed. The nodes share it, so that is said once. */
const isOfRead = (event: JobEvent): boolean =>
  event.event === 'warning' && event.code === 'log_unreadable';

function ofNode({ id }: RollNode, event: JobEvent): JobEvent {
  // JSON has the fields in this order: `event` first, then the node.
  return event.event === 'dispatched'
    ? { ...{ event: event.event, node_id: id }, ...event }
    : event;
}

/** What is known of its entry. */
function entryRow(node: RollNode): NodeProgress {
  const run = runOf(node);
  const [row] = run?.sent ? run.entries.rows(emptyStatusOf(run)) : [];
  if (!row) {
    return emptyRow({}, NOT_STARTED);
  }
  return row.status === null && isReported(node) ? { ...row, status: UNCONFIRMED } : row;
}

function rowOf({ plan }: Roll, node: RollNode): NodeProgress {
  const { id, gate, state, passed } = node;
  const run = runOf(node);
  const postedAt = run?.sent ? run.attempts.postedAt : null;
  return {
    ...entryRow(node),
    node_id: id,
    started_at: postedAt ? new Date(postedAt).toISOString() : null,
    gate,
    ...(passed && plan.gated && gate === null && { passed_earlier: true }),
    stage: state.name === 'held' ? 'waiting' : state.name,
    ...stageTimes(plan, state),
  };
}

/** Since when a pause or a gate runs, and how long it may last. */
function stageTimes(
  plan: RollPlan,
  state: RollNodeState,
): Pick<NodeProgress, 'stageSince' | 'limitMs'> {
  if (state.name === 'pause') {
    return { stageSince: state.until - plan.pauseMs, limitMs: plan.pauseMs };
  }
  return state.name === 'gate' ? { stageSince: state.since, limitMs: plan.gateTimeoutMs } : {};
}

/**
 * How it ended: an interrupt before unconfirmed before rejected before halted before timed out.
 * @throws LdctlError why the first node could not be acted on, when nothing was sent to any
 */
export function resultOfRoll(roll: Roll): JobEnd {
  const { plan, nodes, failure, stopping } = roll;
  if (!hasSent(roll)) {
    throw stopping ?? failure ?? calledOffError();
  }
  const { outcome, error } = outcomeOf(roll);
  const facts = {
    runtime: plan.runtime,
    action: plan.action,
    deployment_id: plan.deploymentId,
    idempotency_key: plan.idempotencyKey,
    targets: 'named' as const,
    core_count: plan.core ?? null,
    ...answersOf(nodes),
    nodes: nodes.map((node) => resultRow(rowOf(roll, node))),
    not_acted_on: [],
  };
  return jobEnd(outcome, error, facts, resumeOfRoll(roll));
}

/** `replayed`: whether any was; null where it is not known of all that were sent. */
function answersOf(nodes: readonly RollNode[]) {
  const runs = nodes.flatMap((node) => runOf(node) ?? []).filter(({ sent }) => sent !== null);
  const areKnown = runs.every(({ acceptedAt }) => acceptedAt !== null);
  return {
    sent: runs.some(({ hasPosted }) => hasPosted),
    replayed: areKnown ? runs.some(({ sent }) => sent?.accepted?.replayed) : null,
    recovered: null,
    request_id: null,
  };
}

function endOfNode(node: RollNode) {
  const run = runOf(node);
  return run && endOf(run);
}

/** Nothing can change its end, and that halts no later process. */
const isReported = (node: RollNode): boolean =>
  node.reported !== null && endOfNode(node)?.outcome === node.reported;

const isPassed = ({ plan }: Roll, node: RollNode): boolean =>
  endOfNode(node)?.outcome === 'completed' && (!plan.gated || node.passed);

function outcomeOf(roll: Roll): { outcome: Outcome; error: LdctlError | null } {
  const { nodes, stopping, failure, halted } = roll;
  if (nodes.every((node) => isPassed(roll, node))) {
    return { outcome: 'completed', error: null };
  }
  if (stopping) {
    return { outcome: 'interrupted', error: stopping };
  }
  const ends = nodes.map(endOfNode);
  const unconfirmed = ends.find((end) => end?.outcome === 'unconfirmed');
  if (failure || unconfirmed) {
    return { outcome: 'unconfirmed', error: failure ?? unconfirmed?.error ?? null };
  }
  const isRejected = ends.some((end) => end?.outcome === 'rejected');
  const isHaltedByGate = halted && nodes.some(({ gate }) => isFailedGate(gate));
  const otherwise = isHaltedByGate ? 'halted' : 'timed_out';
  return { outcome: isRejected ? 'rejected' : otherwise, error: null };
}

/**
 * What nothing can change is final once it was reported. Everything else that is not done continues under
 * the roll's key.
 */
function resumeOfRoll(roll: Roll): Resume | null {
  const { plan, nodes } = roll;
  const left = nodes.filter((node) => !isPassed(roll, node) && !isReported(node));
  if (left.length === 0) return null;
  if (plan.keepsKey) return { roll: plan.idempotencyKey };
  const ids = left.flatMap((node) => rowOf(roll, node).activity_id ?? []);
  return ids.length > 0 ? { ids } : null;
}
