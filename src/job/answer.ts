/*
 * What an error means: of a POST, whether the action runs all the same; of a read, whether reading
 * on is of use.
 */

import {
  ApiError,
  RedirectError,
  TransportError,
  UsageError,
  type LdctlError,
} from '../base/errors.js';

/** What a POST that failed says about whether the action runs. */
export type Answer =
  /** It did not leave this machine. It may later. */
  | 'not-sent'
  /**
   * The server did not take it, and may later: too many requests, or the same one is running
   * already.
   */
  | 'not-now'
  /** It does not run, and would not if it was sent again. */
  | 'definite-no'
  /** It may run. The same URL would redirect it again. */
  | 'redirect'
  /** It may run: a 5xx, or no answer. */
  | 'uncertain';

/** These 4xx say that the connection took too long, or was closed, and nothing of the action. */
const UNCERTAIN: ReadonlySet<number> = new Set([408, 499]);
/** A 409 that is not the API's own: a gateway may have put it in place of a `202`. */
const CONFLICT_OF_GATEWAY = 'http_409';
/** Reading on is pointless: the key is no longer good for it, or the deployment is gone. */
const HOPELESS: ReadonlySet<number> = new Set([401, 403, 404]);

export function classify(error: LdctlError): Answer {
  if (error instanceof TransportError) {
    return error.sent === 'maybe' ? 'uncertain' : error.transient ? 'not-sent' : 'definite-no';
  }
  if (error instanceof RedirectError) {
    return 'redirect';
  }
  // The request itself could not be made.
  if (error instanceof UsageError) return 'definite-no';
  return error instanceof ApiError ? classifyStatus(error) : 'uncertain';
}

function classifyStatus(error: ApiError): Answer {
  const { status } = error;
  if (status === 425 || status === 429 || isInProgress(error)) return 'not-now';
  const mayRun = UNCERTAIN.has(status) || error.code === CONFLICT_OF_GATEWAY;
  const isNo = status >= 400 && status < 500 && !mayRun;
  return isNo ? 'definite-no' : 'uncertain';
}

/**
 * Refused because another request of this very trigger is running: one whose answer got lost, or
 * that was doubled on its way.
 */
export function isInProgress(error: LdctlError): boolean {
  return (
    error instanceof ApiError &&
    error.status === 409 &&
    error.code === 'idempotent_request_in_progress'
  );
}

/** Whether a POST that failed with this has certainly not made anything run. */
export const hadNoEffect = (error: LdctlError): boolean =>
  ['not-sent', 'not-now', 'definite-no'].includes(classify(error)) && !isInProgress(error);

export function isHopeless(error: LdctlError): boolean {
  return error instanceof ApiError && HOPELESS.has(error.status);
}
