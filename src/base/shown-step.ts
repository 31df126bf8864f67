import type { Activity } from './activity.js';
import type { Id } from './ids.js';
import type { GateResult } from './outcome.js';

/** What of a run is data: the lines of `-o ndjson` before the result, and what a program that listens gets. */
export type ShownStep =
  /** `node_id` where each node is its own trigger. */
  | { event: 'dispatched'; node_id?: Id; request_id: string | null; replayed: boolean; recovered: boolean }
  /** An entry of this run appeared, or its status changed. */
  | { event: 'activity'; activity: Activity }
  /** The gate after a node has ended. */
  | { event: 'gate'; node_id: Id; gate: GateResult }
  | { event: 'warning'; code: string; message: string };
