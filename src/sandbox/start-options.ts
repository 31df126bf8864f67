import { type Id } from '../base/ids.js';

/** A node of the sandbox: 1 is the first, as a number; or its id, as a bigint. */
export type NodeRef = number | Id;

/** How a sandbox is set up: what `ldctl sandbox start` has as flags. Durations in milliseconds. */
export interface StartSandboxOptions {
  /** Port on 127.0.0.1. Default: any free one. */
  port?: number;
  /** How many nodes the deployment has, 1–1000. Default: 3. */
  nodes?: number;
  /** How many past activities its log begins with. Default: one a node, 5 at least. Fewer than nodes leave nodes out. */
  history?: number;
  /** Which end of the log comes first: the newest (`desc`) or the oldest (`asc`). Default: `desc`. */
  order?: 'desc' | 'asc';
  /** The same seed gives the same keys, ids, durations and faults. Default: a random one. */
  seed?: number;
  /** How long after a trigger its entries appear in the log; a function is asked for each node. Default: 200. */
  appearMs?: number | ((nodeId: Id) => number);
  /** How long a node then works on it, give or take a quarter. Default: 1500. */
  workMs?: number;
  /** These nodes reject every action. */
  reject?: readonly NodeRef[];
  /** The activities of these nodes never end. */
  stuck?: readonly NodeRef[];
  /** The entries of these nodes never appear in the log. */
  missing?: readonly NodeRef[];
  /** Carries out so many POSTs, the first ones, and closes the connection without an answer. Default: 0. */
  dropPosts?: number;
  /** Probability, 0 to 1, that a request gets a 500, a 503 or no answer, carried out or not. Default: 0. */
  failRate?: number;
  /** More requests a second than this with one key get a 429. Default: no limit. */
  rateLimit?: number;
  /** Be a server that ignores idempotency keys: what is sent twice is done twice. Default: false. */
  ignoreIdempotency?: boolean;
}
