import { type Id } from '../base/ids.js';
import { type KeyLabel } from './keys.js';

/**
 * What the server was asked and what it did: tests hold what a client says against it. The shapes are also those of
 * `GET /sandbox/record`. Times are milliseconds UTC; no API key is in it.
 */
export interface SandboxRecord {
  /** Every POST to this server, in order. */
  posts: PostRecord[];
  /** Every action that was carried out, in order: by a POST, or by another operator. The history is not in it. */
  dispatches: DispatchRecord[];
  /** How many requests there were besides the POSTs, those for this record not counted. */
  reads: number;
}

export interface PostRecord {
  at: number;
  request_id: string;
  /** Path, query and body exactly as sent. */
  path: string;
  body: string;
  /** Whose key; null when it is none of the sandbox's. */
  key: KeyLabel | null;
  /** Null when it had none. */
  idempotency_key: string | null;
  /** Null as far as the request was not understood, or was refused before it was looked at. */
  deployment_id: Id | null;
  runtime: string | null;
  action: string | null;
  /** Null for every node, or when `outcome` is `refused` before the body was read. */
  nodes: Id[] | null;
  outcome: 'accepted' | 'replayed' | 'refused';
  status: number;
  /** The problem's code when it was refused. */
  code: string | null;
}

export interface DispatchRecord {
  at: number;
  /** Null when the POST had none, and when another operator did it. */
  idempotency_key: string | null;
  author_id: Id;
  deployment_id: Id;
  runtime: string;
  action: string;
  activities: DispatchedActivity[];
}

export interface DispatchedActivity {
  id: Id;
  node_id: Id;
  /** Null: its entry never appears. */
  appears_at: number | null;
  /** Null: it never ends. */
  finishes_at: number | null;
  /** How it ends; null when it never does. */
  result: 'completed' | 'rejected' | null;
}
