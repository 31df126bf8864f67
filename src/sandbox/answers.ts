import { type Exchange, type Reply, type Stamp } from './exchange.js';
import { writeJson } from './json.js';
import { type SandboxAnswer } from './message.js';
import { Refusal } from './problems.js';
import { type PostRecord } from './record.js';

/** Writes a reply as an HTTP answer. */
export function render(reply: Reply, { at, requestId }: Stamp, replayed = false): Omit<SandboxAnswer, 'holdMs'> {
  const headers: Record<string, string> = { 'ld-request': requestId, date: new Date(at).toUTCString() };
  if (replayed) headers['idempotent-replayed'] = 'true';
  if (reply instanceof Refusal) {
    return {
      status: reply.status,
      headers: { ...headers, ...reply.headers, 'content-type': 'application/problem+json' },
      body: writeJson(reply.toProblem(requestId)),
    };
  }
  if (reply.body === undefined) return { status: reply.status, headers, body: '' };
  return {
    status: reply.status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: writeJson(reply.body),
  };
}

/** The record of a POST: what was understood of it, and what its caller got. */
export function postRecord({ request, trace, stamp }: Exchange, reply: Reply): PostRecord {
  return {
    at: stamp.at,
    request_id: stamp.requestId,
    path: request.path,
    body: request.body,
    key: trace.key,
    idempotency_key: trace.idempotencyKey,
    deployment_id: trace.deploymentId,
    runtime: trace.runtime,
    action: trace.action,
    nodes: trace.nodes,
    outcome: trace.replayed ? 'replayed' : trace.dispatch ? 'accepted' : 'refused',
    status: reply.status,
    code: reply instanceof Refusal ? reply.code : null,
  };
}
