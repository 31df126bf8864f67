import { LdctlError } from './errors.js';
import { EXIT_CODES } from './exit-codes.js';

/** A failure in JSON (design, "Output shapes"), keys in this order. */
export interface ErrorDocument {
  /** Stable, for programs; the API's own where it gave one. */
  code: string;
  message: string;
  exit_code: number;
  /** The API's `ld-request`: support asks for it. */
  request_id: string | null;
  /** What to do next. */
  hint: string | null;
}

/** What is known of a failure. One that was not foreseen is a fault in ldctl itself. */
export function errorDocument(error: unknown): ErrorDocument {
  if (!(error instanceof LdctlError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: 'internal', message, exit_code: EXIT_CODES.fault.code, request_id: null, hint: null };
  }
  return {
    code: error.code,
    message: error.message,
    exit_code: error.exitCode,
    request_id: error.requestId ?? null,
    hint: error.hint ?? null,
  };
}
