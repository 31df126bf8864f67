import { errorDocument, type ErrorDocument } from '../core/error-document.js';
import { LdctlError } from '../core/errors.js';
import type { ResultFields } from '../core/outcome.js';
import type { ResultEvent, ShownStep } from '../core/progress.js';

/** How a run can end, with the exit code that a command would have ended with. */
interface Endings {
  completed: 0;
  accepted: 0;
  rejected: 3;
  unconfirmed: 7;
  timed_out: 8;
  halted: 9;
  interrupted: 130;
}

/**
 * How a run ended (design, "Output shapes"): the fields of a command's JSON, by the same names, ids as bigint. `completed` is
 * the only outcome that says that every target is done. With `accepted`, it was sent and not followed.
 */
export type RunResult = { [Name in keyof Endings]: RunResultOf<Name> }[keyof Endings];

export interface RunResultOf<Name extends keyof Endings> extends Omit<ResultFields, 'outcome'> {
  outcome: Name;
  exitCode: Endings[Name];
  /** Why following was given up, or what the caller's own gate or listener threw. */
  error?: ErrorDocument;
}

/** What a listener gets while a run goes on, as a line of `-o ndjson` has it; the result is the last. */
export type RunEvent = ShownStep | ({ event: 'result' } & RunResult);

/** What the caller's own code threw while a job went on. */
export interface CallerFault {
  code: 'gate_threw' | 'listener_threw';
  thrown: unknown;
}

/** The last event of a job, for a program. */
export function runResultOf({ result, error, exitCode }: ResultEvent, fault: CallerFault | null): RunResult {
  const told = error ? errorDocument(unconfirmed(error)) : fault && faultDocument(fault, exitCode);
  // Which exit code goes with which outcome is in the tables of core; no job of a program ends as a dry run.
  return { ...result, exitCode, ...(told && { error: told }) } as RunResult;
}

/** Whatever an error would have meant before anything was sent: beside a result it says why that is unconfirmed. */
export function unconfirmed({ code, message, hint, requestId }: LdctlError): LdctlError {
  return new LdctlError('unconfirmed', code, message, { hint, requestId });
}

/** Following was given up: what is not known for sure is no success. */
export function lostSight({ code, message, hint, requestId }: LdctlError): LdctlError {
  return new LdctlError('unconfirmed', code, `lost sight of the log: ${message}`, { hint, requestId });
}

function faultDocument({ code, thrown }: CallerFault, exitCode: number): ErrorDocument {
  const who = code === 'gate_threw' ? 'the gate' : 'onEvent';
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  return { code, message: `${who} threw: ${what}`, exit_code: exitCode, request_id: null, hint: null };
}
