import { isFinal } from '../base/activity.js';
import { Interrupted, LdctlError } from '../base/errors.js';
import { EXIT_CODES, type ExitCode } from '../base/exit-codes.js';
import { MISSING, OUTCOMES, type NodeResult, type Outcome } from '../base/outcome.js';
import type { NodeProgress } from '../base/progress.js';
import type { FollowOutcome } from './follow/followed.js';

/** How a run ended, with its exit code, and why it is not known for sure. */
export interface RunOutcome {
  outcome: Outcome;
  exitCode: ExitCode;
  error: LdctlError | null;
}

export function outcomeOf(outcome: keyof typeof OUTCOMES, error: LdctlError | null = null): RunOutcome {
  return { outcome, exitCode: EXIT_CODES[OUTCOMES[outcome]].code, error };
}

export function interruptedOutcome(reason: Interrupted): RunOutcome {
  return { outcome: 'interrupted', exitCode: reason.exitCode, error: null };
}

/** What failed after the action was sent: it must not look as if nothing was (design, "Exit codes"). */
export function failedOutcome(error: unknown): RunOutcome {
  return error instanceof Interrupted ? interruptedOutcome(error) : outcomeOf('unconfirmed', asLdctlError(error));
}

/** An error of any kind as one that can be shown; an unforeseen one is a fault in this tool. */
export function asLdctlError(error: unknown): LdctlError {
  if (error instanceof LdctlError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new LdctlError('unconfirmed', 'fault', `a fault in ldctl itself: ${what}`, { cause: error });
}

/** What a target without an entry is called at the end: `missing` only where that was found out. */
export function absentStatus(end: FollowOutcome): typeof MISSING | null {
  return end.kind === 'settled' || end.kind === 'deadline' ? MISSING : null;
}

/**
 * The one word for it all. When several apply: an interrupt, then unconfirmed, rejected, timed out (design, "Exit
 * codes"). A run without a single entry is unconfirmed: nothing is assumed.
 */
export function outcomeOfRun(end: FollowOutcome, nodes: readonly NodeResult[]): RunOutcome {
  if (end.kind === 'interrupted') return interruptedOutcome(end.reason);
  if (end.kind === 'gave-up') return outcomeOf('unconfirmed', end.error);
  const statuses = nodes.map(({ status }) => status);
  if (nodes.length === 0 || statuses.includes(MISSING)) return outcomeOf('unconfirmed');
  if (statuses.includes('rejected')) return outcomeOf('rejected');
  // At the deadline all may be completed, and yet it is too early to be sure of it.
  const done = end.kind === 'settled' && statuses.every((status) => status === 'completed');
  return outcomeOf(done ? 'completed' : 'timed_out');
}

/** Whether anything is left to follow: a target without an entry, or one that is still open. */
export function isUnfinished(outcome: Outcome, nodes: readonly NodeResult[]): boolean {
  if (outcome === 'completed') return false;
  return outcome !== 'rejected' || nodes.some(({ status }) => status === null || !isFinal(status));
}

export function withoutSince(nodes: readonly NodeProgress[]): NodeResult[] {
  return nodes.map(({ node_id, activity_id, status, created_at, finished_at, ambiguous }) => ({
    node_id,
    activity_id,
    status,
    created_at,
    finished_at,
    ambiguous,
  }));
}
