import { errorDocument, type ErrorDocument, LdctlError } from '../base/errors.js';
import type { NodeResult } from '../base/outcome.js';
import type { ResultEvent } from '../base/progress.js';
import type { RunResult } from './run-result.js';

/** What the caller's own code threw while a job went on. */
export interface CallerFault {
  code: 'gate_threw' | 'listener_threw';
  thrown: unknown;
}

/** The last event of a job, for a program, which may do with it as it likes. */
export function runResultOf({ result, error, exitCode }: ResultEvent, fault: CallerFault | null): RunResult {
  const told = error ? errorDocument(unconfirmed(error)) : fault && faultDocument(fault, exitCode);
  // Which exit code goes with which outcome is in the tables of core; no job of a program ends as a dry run.
  return { ...result, nodes: result.nodes.map(copyOfNode), exitCode, ...(told && { error: told }) } as RunResult;
}

/** Whatever an error would have meant before anything was sent: beside a result it says why that is unconfirmed. */
export function unconfirmed({ code, message, hint, requestId }: LdctlError): LdctlError {
  return new LdctlError('unconfirmed', code, message, { hint, requestId });
}

/** Following was given up: what is not known for sure is no success. */
export function lostSight({ code, message, hint, requestId }: LdctlError): LdctlError {
  return new LdctlError('unconfirmed', code, `lost sight of the log: ${message}`, { hint, requestId });
}

function copyOfNode(node: NodeResult): NodeResult {
  return { ...node, ...(node.gate && { gate: { ...node.gate } }) };
}

function faultDocument({ code, thrown }: CallerFault, exitCode: number): ErrorDocument {
  const who = code === 'gate_threw' ? 'the gate' : 'onEvent';
  return { code, message: `${who} threw: ${textOf(thrown)}`, exit_code: exitCode, request_id: null, hint: null };
}

/** Anything may be thrown, and there are things of which no text can be made. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'a value without a text';
  }
}
