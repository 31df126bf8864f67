/*
 * What the answer to a POST means: whether the action runs, certainly, perhaps, or not.
 */

import {
  ApiError,
  RedirectError,
  TransportError,
  UsageError,
  type LdctlError,
} from '../base/errors.js';
import type { Accepted } from '../base/supervisor.js';

/** What the answer to a POST says about whether the action runs. */
export type Answer = 'accepted' | 'not-sent' | 'not-now' | 'definite-no' | 'redirect' | 'uncertain';

/** They say that the connection took too long, or was closed, and nothing of the action. */
const UNCERTAIN: ReadonlySet<number> = new Set([408, 499]);
/** Reading on is pointless: the key is no longer good for it, or the deployment is gone. */
const HOPELESS: ReadonlySet<number> = new Set([401, 403, 404]);

/**
 * What never left may be sent again, where that can help. A 5xx, or no answer, leaves open whether
 * it ran.
 */
export function classify(answer: Accepted | LdctlError): Answer {
  if (!(answer instanceof Error)) {
    return 'accepted';
  }
  if (answer instanceof TransportError) {
    return answer.sent === 'maybe' ? 'uncertain' : answer.transient ? 'not-sent' : 'definite-no';
  }
  if (answer instanceof RedirectError) {
    return 'redirect';
  }
  // The request itself could not be made.
  if (answer instanceof UsageError) {
    return 'definite-no';
  }
  return answer instanceof ApiError ? classifyStatus(answer) : 'uncertain';
}

function classifyStatus(error: ApiError): Answer {
  const { status } = error;
  if (status === 425 || status === 429 || isInProgress(error)) {
    return 'not-now';
  }
  const isNo = status >= 400 && status < 500 && !UNCERTAIN.has(status);
  return isNo ? 'definite-no' : 'uncertain';
}

/**
 * Refused because another request of this very trigger is running: one that got lost on its way,
 * or was doubled.
 */
export function isInProgress(error: LdctlError): boolean {
  return (
    error instanceof ApiError &&
    error.status === 409 &&
    error.code === 'idempotent_request_in_progress'
  );
}

export function isHopeless(error: LdctlError): boolean {
  return error instanceof ApiError && HOPELESS.has(error.status);
}
