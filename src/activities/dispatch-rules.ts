import { ApiError, RedirectError, TransportError, UsageError, type LdctlError } from '../base/errors.js';
import type { Accepted } from '../base/supervisor.js';

/** What the answer to a POST says about whether the action is carried out. */
export type PostClass = 'accepted' | 'not-sent' | 'not-now' | 'definite-no' | 'redirect' | 'uncertain';

/** A POST's end: its acceptance, or one of the errors that `Supervisor.trigger` throws. */
export type PostAnswer = { accepted: Accepted } | { error: LdctlError };

/**
 * The decision table (design, "Sequence" 3).
 *
 * | answer | class |
 * |---|---|
 * | `202` | accepted |
 * | refused, DNS, TLS, proxy says no: the request never left | not sent |
 * | of these, what trying again cannot change: a certificate, a proxy's 407 | definite no |
 * | `425 429`, `409 idempotent_request_in_progress` | not now |
 * | any other `4xx` but 408 and 499 | definite no |
 * | a redirect: uncertain, and never sent again | redirect |
 * | all else: lost after sending, `408`, `499`, every `5xx`, any other `2xx` | uncertain |
 */
export function classify(answer: PostAnswer): PostClass {
  if ('accepted' in answer) return 'accepted';
  const { error } = answer;
  if (error instanceof TransportError) return classifyTransport(error);
  if (error instanceof RedirectError) return 'redirect';
  // The request itself could not be made.
  if (error instanceof UsageError) return 'definite-no';
  return error instanceof ApiError ? classifyStatus(error) : 'uncertain';
}

/** They say that the connection took too long, or was closed, and nothing of the action. */
const UNCERTAIN: ReadonlySet<number> = new Set([408, 499]);

/** Not carried out now because another request of this very trigger is: one that got lost on its way, or was doubled. */
export function isInProgress(error: LdctlError): boolean {
  return error instanceof ApiError && error.status === 409 && error.code === 'idempotent_request_in_progress';
}

/** Whether a read that failed so may do better at another time. */
export function mayPass(error: LdctlError): boolean {
  return error instanceof ApiError ? error.retryable : error instanceof TransportError && error.transient;
}

function classifyTransport({ sent, transient }: TransportError): PostClass {
  if (sent === 'maybe') return 'uncertain';
  return transient ? 'not-sent' : 'definite-no';
}

function classifyStatus(error: ApiError): PostClass {
  const { status } = error;
  if (status === 425 || status === 429 || isInProgress(error)) return 'not-now';
  if (UNCERTAIN.has(status) || status < 400 || status >= 500) return 'uncertain';
  return 'definite-no';
}
