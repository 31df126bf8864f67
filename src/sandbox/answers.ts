import { type Outcome, type Trace } from './api.js';
import { writeJson } from './json.js';
import { type SandboxAnswer, type SandboxRequest } from './message.js';
import { Refusal } from './problems.js';
import { type PostRecord } from './record.js';

/** What every answer carries: when it was given (ms UTC), and its `ld-request` (contract, "Tracing"). */
export interface Stamp {
  at: number;
  requestId: string;
}

/** Writes an outcome as an HTTP answer. */
export function render(outcome: Outcome, { at, requestId }: Stamp, replayed: boolean): Omit<SandboxAnswer, 'holdMs'> {
  const headers: Record<string, string> = { 'ld-request': requestId, date: new Date(at).toUTCString() };
  if (replayed) headers['idempotent-replayed'] = 'true';
  if (outcome instanceof Refusal) {
    return {
      status: outcome.status,
      headers: { ...headers, ...outcome.headers, 'content-type': 'application/problem+json' },
      body: writeJson(outcome.toProblem(requestId)),
    };
  }
  if (outcome.body === undefined) return { status: outcome.status, headers, body: '' };
  return {
    status: outcome.status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: writeJson(outcome.body),
  };
}

/** Gives account of a POST: what was understood of it, and what its caller was told. */
export function postRecord(request: SandboxRequest, trace: Trace, told: Outcome, { at, requestId }: Stamp): PostRecord {
  return {
    at,
    request_id: requestId,
    path: request.path,
    body: request.body,
    key: trace.key,
    idempotency_key: trace.idempotencyKey,
    deployment_id: trace.deploymentId,
    runtime: trace.runtime,
    action: trace.action,
    nodes: trace.nodes,
    outcome: trace.replayed ? 'replayed' : trace.dispatch ? 'accepted' : 'refused',
    status: told.status,
    code: told instanceof Refusal ? told.code : null,
  };
}
