/*
 * What a job says while it runs: to displays, to programs, and to `-o ndjson`.
 */

import type { Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import type { GateResult, NodeResult } from '../base/outcome.js';

/** Where a node of a roll stands, for displays. */
type RollStage = 'waiting' | 'running' | 'pause' | 'gate' | 'done';

/**
 * What of a run is data: the lines of `-o ndjson` before the result, and what a program that
 * listens gets.
 */
export type ShownStep =
  /** `node_id` where each node is its own trigger. */
  | {
      event: 'dispatched';
      node_id?: Id;
      request_id: string | null;
      replayed: boolean;
      recovered: boolean;
    }
  /** An entry of this run appeared, or its status changed. */
  | { event: 'activity'; activity: Activity }
  /** The gate after a node has ended. */
  | { event: 'gate'; node_id: Id; gate: GateResult }
  | { event: 'warning'; code: string; message: string };

/** One target while it is followed. */
export interface NodeProgress extends NodeResult {
  /**
   * Since when its activity runs, as far as is known, on the monotonic clock (ms); null before it
   * was seen.
   */
  since: number | null;
  /** In a roll: where the node stands. */
  stage?: RollStage;
  /** Of the pause or the gate that it is in: since when, on the monotonic clock (ms). */
  stageSince?: number;
  /** And how long that may last, ms; Infinity without a limit. */
  limitMs?: number;
}

/** What a job emits: data, and what is for people only. */
export type JobEvent =
  /**
   * `earlier`: how long ago another run with the same key dispatched what this one follows.
   */
  | (ShownStep & { earlier?: { ageMs: number } })
  /**
   * Right before the POST: what a later `wait --after` needs, and how many nodes are expected where
   * none are named, or 0.
   */
  | { event: 'baseline'; baseline: Id; idempotencyKey: string; expects: number }
  | { event: 'gate_output'; node_id: Id; line: string }
  /**
   * The state of all targets, whenever any of it changed. `decidesAt`: all are final, and until
   * then one more may show up; Infinity until their number is known.
   */
  | { event: 'progress'; nodes: readonly NodeProgress[]; decidesAt?: number };

/** The event as data; null for what is for people only. */
export function shownStep(event: JobEvent): ShownStep | null {
  if (event.event === 'dispatched') {
    const { earlier, ...shown } = event;
    return shown;
  }
  return event.event === 'activity' || event.event === 'warning' || event.event === 'gate'
    ? event
    : null;
}

export type WarningEvent = Extract<JobEvent, { event: 'warning' }>;

export function warning(code: string, message: string): WarningEvent {
  return { event: 'warning', code, message };
}
