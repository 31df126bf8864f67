import type { Activity } from './activity.js';
import type { Id } from './ids.js';
import type { GateResult, NodeResult } from './outcome.js';
import type { RollStage } from './roll.js';

/** One target while it is followed. */
export interface NodeProgress extends NodeResult {
  /** When this process first saw its entry, on the local wall clock (ms, UTC); null before that. */
  seenAt: number | null;
  /** In a roll: where the node stands. */
  stage?: RollStage;
}

/**
 * What a run tells while it goes on. `dispatched`, `activity`, `gate` and `warning` are the lines of `-o ndjson` as well
 * (design, "Output shapes"); `baseline`, `gate_output` and `progress` are for people only.
 */
export type RunEvent =
  /** Right before the POST: what a later `wait --after` needs. */
  | { event: 'baseline'; baseline: Id; idempotencyKey: string }
  /** `node_id` where each node is its own trigger. */
  | { event: 'dispatched'; request_id: string | null; replayed: boolean; recovered: boolean; node_id?: Id }
  /** An entry of this run appeared, or its status changed. */
  | { event: 'activity'; activity: Activity }
  /** The gate after a node has ended. */
  | { event: 'gate'; node_id: Id; gate: GateResult }
  | { event: 'gate_output'; node_id: Id; line: string }
  | { event: 'warning'; code: string; message: string }
  /** The state of all targets, whenever any of it changed. */
  | { event: 'progress'; nodes: readonly NodeProgress[] };

export function warning(code: string, message: string): RunEvent {
  return { event: 'warning', code, message };
}
