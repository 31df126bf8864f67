import type { Activity } from './activity.js';
import type { Id } from './ids.js';
import type { NodeResult } from './outcome.js';

/** One target while it is followed. */
export interface NodeProgress extends NodeResult {
  /** When this process first saw its entry, on the local wall clock (ms, UTC); null before that. */
  seenAt: number | null;
}

/**
 * What a run tells while it goes on. `dispatched`, `activity` and `warning` are the lines of `-o ndjson` as well
 * (design, "Output shapes"); `baseline` and `progress` are for people only.
 */
export type RunEvent =
  /** Right before the POST: what a later `wait --after` needs. */
  | { event: 'baseline'; baseline: Id; idempotencyKey: string }
  | { event: 'dispatched'; request_id: string | null; replayed: boolean; recovered: boolean }
  /** An entry of this run appeared, or its status changed. */
  | { event: 'activity'; activity: Activity }
  | { event: 'warning'; code: string; message: string }
  /** The state of all targets, whenever any of it changed. */
  | { event: 'progress'; nodes: readonly NodeProgress[] };

export function warning(code: string, message: string): RunEvent {
  return { event: 'warning', code, message };
}
