/*
 * `ended`: how a run came to its end, its result, and what is left to follow.
 */

import { isFinal } from '../../base/activity.js';
import { Interrupted, refusedError, type LdctlError } from '../../base/errors.js';
import { EXIT_CODES } from '../../base/exit-codes.js';
import {
  MISSING,
  OUTCOMES,
  type NodeResult,
  type Outcome,
  type ResultFacts,
} from '../../base/outcome.js';
import { IdEntries, idsOf, resultRow, type NodeEntries } from '../entries.js';
import type { FailedRead, JobEnd, Resume } from '../job.js';
import { failedRead } from '../pace.js';
import { LATE_NODE } from './following.js';
import {
  acceptedAtOf,
  endOf,
  sentOf,
  type In,
  type Reported,
  type Run,
  type Sent,
  type State,
} from './state.js';

/**
 * The end by an error, or by an interrupt. It has an outcome only if there is something to report:
 * what may have been sent or, for a wait, what a read has shown. Otherwise it is the error alone.
 */
export function endWithError(run: Run, error: LdctlError, sent = mayHaveLeft(run)): In<'ended'> {
  const { trigger, entries } = run;
  const isInterrupt = error instanceof Interrupted;
  const isReported = trigger ? sent !== null : entries.hasBeenRead || isInterrupt;
  if (!isReported) return { name: 'ended', outcome: null, error };
  const outcome = isInterrupt ? 'interrupted' : 'unconfirmed';
  return { name: 'ended', outcome, error, sent, acceptedAt: acceptedAtOf(run) };
}

/** Another read follows one that has failed, unless too many have, or the time is up. */
export function tolerate<S extends State>(
  run: Run,
  state: S,
  failure: FailedRead,
  now: number,
  deadline = Infinity,
  tolerated?: number,
): S | In<'ended'> {
  const { givesUp, events } = failedRead(run.pace, failure, now, tolerated);
  if (givesUp || now >= deadline) return endWithError(run, failure.error);
  run.events.push(...events);
  return state;
}

/** A POST that is running may leave at any moment. */
function mayHaveLeft(run: Run): Sent | null {
  return run.state.name === 'posting' ? run.state.sent : sentOf(run);
}

/** Nothing was sent, and the roll has no more time. */
export const endForRoll = (run: Run): In<'ended'> =>
  endWithError(run, refusedError('timed_out', 'the roll ran out of time'));

/** How it ended. @throws LdctlError why nothing was sent, or could be followed */
export function resultOfRun(run: Run): JobEnd {
  const { plan, trigger, entries, state } = run;
  if (state.name !== 'ended') throw new Error('the run has not ended');
  if (state.outcome === null) throw state.error;
  const nodes = entries.rows(emptyStatusOf(run)).map(resultRow);
  const facts = {
    ...entries.action,
    deployment_id: plan.deploymentId,
    profile: plan.profile,
    idempotency_key: trigger?.idempotencyKey ?? null,
    targets: entries.targets,
    core_count: entries.coreCount,
    ...answerOf(run, state),
    nodes,
    not_acted_on: entries.notActedOn,
  };
  return jobEnd(state.outcome, state.error, facts, resumeOfRun(run, state, nodes));
}

/** What is known of the answer to the POST; null where nothing is. */
function answerOf({ trigger, hasPosted, fateError }: Run, { sent, acceptedAt }: Reported) {
  const accepted = sent?.accepted ?? null;
  const isKnown = trigger !== null && acceptedAt !== null;
  return {
    sent: hasPosted,
    replayed: isKnown ? accepted?.replayed === true : null,
    recovered: isKnown ? accepted === null : null,
    request_id: accepted?.requestId ?? fateError.requestId ?? null,
  };
}

export function jobEnd(
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

/** A target without an entry is missing once the run has ended by what the log shows. */
export function emptyStatusOf(run: Run): typeof MISSING | null {
  const end = endOf(run);
  return end?.error === null && end.outcome !== 'accepted' ? MISSING : null;
}

/** By the ids of its activities, where no other can come; else by what is above the baseline. */
function resumeOfRun(
  { entries, baseline }: Run,
  end: Reported,
  nodes: readonly NodeResult[],
): Resume | null {
  if (end.outcome === 'completed') return null;
  // All that a node has was created too early to count, but may be of this trigger after all. The
  // user has to look at these first, so the command names only them.
  const early = entries.earlyOnly();
  if (early.length > 0) return { ids: idsOf(early) };
  // It has ended by what the log shows, and all is final.
  if (end.error === null && end.outcome !== 'timed_out' && areFinal(nodes)) return null;
  if (entries instanceof IdEntries) return { ids: entries.ids };
  if (areAllIdsKnown(entries, end, nodes)) {
    const { activities } = entries;
    const open = activities.filter((activity) => !isFinal(activity));
    return { ids: idsOf(open.length > 0 ? open : activities) };
  }
  const { runtime, action, nodes: named } = entries.wanted;
  const after = end.sent?.replay?.floor ?? baseline.id;
  return { after, runtime, action, nodes: named, expect: entries.expect };
}

const areFinal = (nodes: readonly NodeResult[]) => nodes.length > 0 && nodes.every(isFinal);

/**
 * Whether the ids of its entries are all that is left to follow, since no other node is likely to
 * report. Where following.ts waits longer than `LATE_NODE` for another one, the run has mostly
 * waited that long by its end.
 */
function areAllIdsKnown(
  { readAt, targets }: NodeEntries,
  { acceptedAt }: Reported,
  nodes: readonly NodeResult[],
): boolean {
  const areSeen = nodes.every(({ activity_id: id, status }) => id !== null && status !== MISSING);
  const isPastGrace = readAt >= (acceptedAt ?? Infinity) + LATE_NODE;
  return nodes.length > 0 && areSeen && (targets !== 'observed' || isPastGrace);
}
