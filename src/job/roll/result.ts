/*
 * What a roll says meanwhile and at its end: its events, its outcome, and what is left to follow. It
 * changes nothing but which events are still to be handed out.
 */

import type { LdctlError } from '../../base/errors.js';
import { isFailedGate, NOT_STARTED, UNCONFIRMED, type Outcome } from '../../base/outcome.js';
import { emptyRow, resultRow } from '../entries.js';
import type { JobEvent, NodeProgress } from '../events.js';
import type { JobEnd, Resume } from '../job.js';
import { emptyStatusOf, jobEnd } from '../run/ended.js';
import { acceptedAtOf, endOf, sentOf } from '../run/state.js';
import { calledOffError, hasSent, runOf, sentRunOf, type Roll, type RollNode } from './state.js';

/** The events of all its nodes, and one picture of them all. */
export function eventsOfRoll(roll: Roll): JobEvent[] {
  const events = roll.events.splice(0);
  let isReadSaid = false;
  for (const node of roll.nodes) {
    for (const event of runOf(node)?.events.splice(0) ?? []) {
      // The baseline of a single run is for a later `wait --after`; a roll has its key.
      if (event.event === 'baseline' || (isReadSaid && isOfRead(event))) continue;
      isReadSaid ||= isOfRead(event);
      // JSON has the fields in this order: `event` first, then the node.
      const of = event.event === 'dispatched' && { event: event.event, node_id: node.id };
      events.push({ ...of, ...event });
    }
  }
  if (!roll.changed) return events;
  roll.changed = false;
  return [...events, { event: 'progress', nodes: roll.nodes.map((node) => rowOf(roll, node)) }];
}

/** About a read that failed. The nodes share it, so that is said once. */
const isOfRead = (event: JobEvent) => event.event === 'warning' && event.code === 'log_unreadable';

/** What is known of its entry. */
function entryRow(node: RollNode): NodeProgress {
  const run = sentRunOf(node);
  const [row] = run ? run.entries.rows(emptyStatusOf(run)) : [];
  if (!row) return emptyRow({}, NOT_STARTED);
  return row.status === null && isReported(node) ? { ...row, status: UNCONFIRMED } : row;
}

function rowOf({ plan }: Roll, node: RollNode): NodeProgress {
  const { id, gate, state, passed } = node;
  const postedAt = sentRunOf(node)?.attempts.postedAt;
  return {
    ...entryRow(node),
    node_id: id,
    started_at: postedAt ? new Date(postedAt).toISOString() : null,
    gate,
    ...(passed && plan.gated && gate === null && { passed_earlier: true }),
    stage: state.name === 'held' ? 'waiting' : state.name,
    // Since when a pause or a gate runs, and how long it may last.
    ...(state.name === 'pause' && {
      stageSince: state.until - plan.pauseMs,
      limitMs: plan.pauseMs,
    }),
    ...(state.name === 'gate' && { stageSince: state.since, limitMs: plan.gateTimeoutMs }),
  };
}

/**
 * How it ended: an interrupt before unconfirmed before rejected before halted before timed out.
 * @throws LdctlError why the first node could not be acted on, when nothing was sent to any
 */
export function resultOfRoll(roll: Roll): JobEnd {
  const { plan, nodes, failure, stopping } = roll;
  if (!hasSent(roll)) throw stopping ?? failure ?? calledOffError();
  const { outcome, error } = outcomeOf(roll);
  const facts = {
    runtime: plan.runtime,
    action: plan.action,
    deployment_id: plan.deploymentId,
    profile: plan.profile,
    idempotency_key: plan.idempotencyKey,
    targets: 'named' as const,
    core_count: plan.coreCount ?? null,
    ...answersOf(nodes),
    nodes: nodes.map((node) => resultRow(rowOf(roll, node))),
    not_acted_on: [],
  };
  return jobEnd(outcome, error, facts, resumeOfRoll(roll));
}

/** `replayed`: whether any was; null where it is not known of all that were sent. */
function answersOf(nodes: readonly RollNode[]) {
  const runs = nodes.flatMap((node) => sentRunOf(node) ?? []);
  const areKnown = runs.every((run) => acceptedAtOf(run) !== null);
  return {
    sent: runs.some(({ hasPosted }) => hasPosted),
    replayed: areKnown ? runs.some((run) => sentOf(run)?.accepted?.replayed) : null,
    recovered: null,
    request_id: null,
  };
}

function endOfNode(node: RollNode) {
  const run = runOf(node);
  return run && endOf(run);
}

/** Nothing can change its end, and that halts no later process. */
const isReported = (node: RollNode) =>
  node.reported !== null && endOfNode(node)?.outcome === node.reported;

const isPassed = ({ plan }: Roll, node: RollNode) =>
  endOfNode(node)?.outcome === 'completed' && (!plan.gated || node.passed);

function outcomeOf(roll: Roll): { outcome: Outcome; error: LdctlError | null } {
  const { nodes, stopping, failure } = roll;
  if (nodes.every((node) => isPassed(roll, node))) return { outcome: 'completed', error: null };
  if (stopping) return { outcome: 'interrupted', error: stopping };
  const ends = nodes.map(endOfNode);
  const unconfirmed = ends.find((end) => end?.outcome === 'unconfirmed');
  if (unconfirmed || failure) {
    return { outcome: 'unconfirmed', error: failure ?? unconfirmed?.error ?? null };
  }
  const isRejected = ends.some((end) => end?.outcome === 'rejected');
  const otherwise = isHaltedByGate(roll) ? 'halted' : 'timed_out';
  return { outcome: isRejected ? 'rejected' : otherwise, error: null };
}

const isHaltedByGate = ({ nodes, halted }: Roll) =>
  halted && nodes.some(({ gate }) => isFailedGate(gate));

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
