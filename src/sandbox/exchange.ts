import { type Id } from '../base/ids.js';
import { type KeyLabel } from './keys.js';
import { type SandboxRequest } from './message.js';
import { type Refusal } from './problems.js';
import { type DispatchRecord } from './record.js';

/** What every answer carries: when it was given (ms UTC), and its `ld-request` (contract, "Shared by both"). */
export interface Stamp {
  at: number;
  requestId: string;
}

/** A request while it is being answered. */
export interface Exchange {
  request: SandboxRequest;
  trace: Trace;
  stamp: Stamp;
}

/** What was understood of a request, as far as it got; the record of a POST is made from it. */
export interface Trace {
  key: KeyLabel | null;
  idempotencyKey: string | null;
  deploymentId: Id | null;
  runtime: string | null;
  action: string | null;
  nodes: Id[] | null;
  replayed: boolean;
  /** What was carried out. */
  dispatch: DispatchRecord | null;
}

export function newTrace(): Trace {
  return {
    key: null,
    idempotencyKey: null,
    deploymentId: null,
    runtime: null,
    action: null,
    nodes: null,
    replayed: false,
    dispatch: null,
  };
}

/** What is answered when it is not a refusal. */
export interface Success {
  status: number;
  /** None: an empty body. */
  body?: unknown;
}

/** What a request comes to. */
export type Reply = Success | Refusal;
