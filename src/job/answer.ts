/*
 * What an error means: of a POST, whether the action runs all the same; of a read, whether reading
 * on is of use.
 */

import { ApiError, REDIRECT, TransportError, UsageError, type LdctlError } from '../base/errors.js';

/** What became of a POST that failed. */
export type Fate =
  /** It did not leave this machine. It may later. */
  | 'not-sent'
  /** The server did not take it, and may later: too many requests. */
  | 'not-now'
  /** Another request of this trigger is running: one whose answer got lost, or that was doubled. */
  | 'in-progress'
  /** It does not run, and would not if it was sent again. */
  | 'definite-no'
  /** It may run. The same URL would redirect it again. */
  | 'redirect'
  /** It may run: a 5xx, or no answer. */
  | 'uncertain';

/** These 4xx say that the connection took too long, or was closed, and nothing of the action. */
const UNCERTAIN: ReadonlySet<number> = new Set([408, 499]);
/** The code of a 409 that is not the API's own: a gateway may have put it in place of a `202`. */
const CONFLICT_OF_GATEWAY = 'http_409';
const IN_PROGRESS = 'idempotent_request_in_progress';
/** Reading on is pointless: the key is no longer good for it, or the deployment is gone. */
const HOPELESS: ReadonlySet<number> = new Set([401, 403, 404]);

export function classify(error: LdctlError): Fate {
  if (error instanceof TransportError) {
    if (error.sent === 'no') return error.transient ? 'not-sent' : 'definite-no';
    return error.code === REDIRECT ? 'redirect' : 'uncertain';
  }
  // The request itself could not be made.
  if (error instanceof UsageError) return 'definite-no';
  return error instanceof ApiError ? classifyStatus(error) : 'uncertain';
}

function classifyStatus({ status, code }: ApiError): Fate {
  if (status === 425 || status === 429) return 'not-now';
  if (status === 409 && code === IN_PROGRESS) return 'in-progress';
  const mayRun = UNCERTAIN.has(status) || code === CONFLICT_OF_GATEWAY;
  const isNo = status < 500 && !mayRun;
  return isNo ? 'definite-no' : 'uncertain';
}

/** Whether a POST that failed with this has certainly not made anything run. */
export const hadNoEffect = (error: LdctlError): boolean =>
  ['not-sent', 'not-now', 'definite-no'].includes(classify(error));

export const isHopeless = (error: LdctlError): boolean =>
  error instanceof ApiError && HOPELESS.has(error.status);
