import { ApiError, InvalidAnswerError, TransportError } from '../base/errors.js';

/** Reads are tried this often, and in all no longer than this (design, "Polling"). */
export const MAX_TRIES = 3;
export const READ_BUDGET_MS = 10_000;

const FIRST_DELAY_MS = 500;
const GROWTH = 1.5;
const JITTER = 0.1;

export interface FailedTry {
  /** How many tries there were, this one included. */
  attempt: number;
  error: unknown;
  /** Since the first try began, milliseconds. */
  elapsedMs: number;
  /** In [0, 1), spreads the delay by ±10 %. */
  random: number;
}

/**
 * Whether a read is tried again, and when: the delay in milliseconds, or null to stop. For reads only: trying a POST
 * again may carry an action out twice, and is decided elsewhere, with a look at the log.
 */
export function retryDelay({ attempt, error, elapsedMs, random }: FailedTry): number | null {
  if (attempt >= MAX_TRIES || !mayPass(error)) return null;
  const backoff = FIRST_DELAY_MS * GROWTH ** (attempt - 1) * (1 + JITTER * (2 * random - 1));
  const delay = (error instanceof ApiError ? error.retryAfterMs : undefined) ?? Math.round(backoff);
  return elapsedMs + delay < READ_BUDGET_MS ? delay : null;
}

/** Whether the fault is one that can be gone at the next try. */
function mayPass(error: unknown): boolean {
  if (error instanceof ApiError) return error.retryable;
  if (error instanceof TransportError) return error.transient;
  // One that is too large or encoded will be so again; one that was cut off, or that a proxy put in its place, may not.
  return error instanceof InvalidAnswerError && error.code === 'invalid_answer';
}
