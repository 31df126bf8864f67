import { isFinal } from '../core/activity.js';
import { Interrupted, LdctlError } from '../core/errors.js';
import { EXIT_CODES, type ExitCode } from '../core/exit-codes.js';
import { MISSING, OUTCOMES, type NodeResult, type Outcome } from '../core/outcome.js';
import type { NodeProgress } from '../core/progress.js';
import type { FollowEnd } from './follow.js';

/** How the following of a run ended, as outcome and exit code. */
export interface Verdict {
  outcome: Outcome;
  exitCode: ExitCode;
  error: LdctlError | null;
}

export function verdictOf(outcome: keyof typeof OUTCOMES, error: LdctlError | null = null): Verdict {
  return { outcome, exitCode: EXIT_CODES[OUTCOMES[outcome]].code, error };
}

export function interruptedVerdict(reason: Interrupted): Verdict {
  return { outcome: 'interrupted', exitCode: reason.exitCode, error: null };
}

/** What failed after the action was sent: it must not look as if nothing was (design, "Exit codes"). */
export function failedVerdict(error: unknown): Verdict {
  return error instanceof Interrupted ? interruptedVerdict(error) : verdictOf('unconfirmed', asLdctlError(error));
}

/** An error of any kind as one that can be reported; an unforeseen one is a fault in this tool. */
export function asLdctlError(error: unknown): LdctlError {
  if (error instanceof LdctlError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new LdctlError('unconfirmed', 'fault', `a fault in ldctl itself: ${what}`, { cause: error });
}

/** What a target without an entry is called at the end: `missing` only where that was found out. */
export function absentStatus(end: FollowEnd): typeof MISSING | null {
  return end.kind === 'settled' || end.kind === 'deadline' ? MISSING : null;
}

/**
 * The one word for it all. When several apply: an interrupt, then unconfirmed, rejected, timed out (design, "Exit
 * codes"). A run without a single entry is unconfirmed: nothing is assumed.
 */
export function judgeRun(end: FollowEnd, nodes: readonly NodeResult[]): Verdict {
  if (end.kind === 'interrupted') return interruptedVerdict(end.reason);
  if (end.kind === 'gave-up') return verdictOf('unconfirmed', end.error);
  const statuses = nodes.map(({ status }) => status);
  if (nodes.length === 0 || statuses.includes(MISSING)) return verdictOf('unconfirmed');
  if (statuses.includes('rejected')) return verdictOf('rejected');
  // At the deadline all may be completed, and yet it is too early to be sure of it.
  const done = end.kind === 'settled' && statuses.every((status) => status === 'completed');
  return verdictOf(done ? 'completed' : 'timed_out');
}

/** Whether anything is left to follow: a target without an entry, or one that is still open. */
export function isUnfinished(verdict: Verdict, nodes: readonly NodeResult[]): boolean {
  if (verdict.outcome === 'completed') return false;
  return (
    verdict.outcome !== 'rejected' || nodes.some(({ status }) => status === null || !isFinal(status))
  );
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
