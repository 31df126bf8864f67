import type { LdctlError } from './errors.js';
import type { ExitCode } from './exit-codes.js';
import type { Id } from './ids.js';
import type { NodeResult, Outcome, ResultFields, TargetKind } from './outcome.js';
import type { RollStage } from './roll.js';
import type { ShownStep } from './shown-step.js';

/** One target while it is followed. */
export interface NodeProgress extends NodeResult {
  /** Since when its activity goes on, as far as is known, on the monotonic clock (ms); null before it was seen. */
  since: number | null;
  /** In a roll: where the node stands. */
  stage?: RollStage;
}

/** What the log lets one expect of the work that goes on; absent where it holds too little. */
export interface ProgressEstimate {
  /** How long it usually takes a node; milliseconds. */
  usualMs?: number;
  /** When all that goes on may be over: monotonic clock, ms. */
  endsAt?: number;
  /** Where all that was seen is final: until when another entry may still show up; likewise. */
  settlesAt?: number;
}

/** How many nodes an every-node trigger must reach: as many as was said, or those that the log names. */
export interface ExpectedNodes {
  count: number;
  by: Exclude<TargetKind, 'named'>;
}

interface DispatchNotes {
  earlier?: EarlierRun;
  usualMs?: number;
}

/** An earlier run with the same key, which has dispatched what this one follows. Ages in milliseconds. */
export interface EarlierRun {
  ageMs: number;
  /** How the last of them ended; absent where that is not known: it goes on, or was killed. */
  ended?: { outcome: Outcome; ageMs: number };
}

/**
 * What a run emits while it goes on. Some of it is data, as `shownStep` has it; the rest is for people only.
 */
export type RunStep =
  /** Right before the POST: what a later `wait --after` needs, and how many nodes are expected where none are named. */
  | { event: 'baseline'; baseline: Id; idempotencyKey: string; expects?: ExpectedNodes }
  /** An earlier run, and how long it usually takes, in ms, are for people only. */
  | (Extract<ShownStep, { event: 'dispatched' }> & DispatchNotes)
  | Exclude<ShownStep, { event: 'dispatched' }>
  | { event: 'gate_output'; node_id: Id; line: string }
  /** The log cannot be read, and was last read so many ms ago; or, with null, it can again. */
  | { event: 'outage'; ageMs: number | null }
  /** The state of all targets, whenever any of it changed. */
  | ({ event: 'progress'; nodes: readonly NodeProgress[] } & ProgressEstimate);

/** How a run ended: what goes to stdout, why following was given up, and the exit code. */
export interface ResultEvent {
  event: 'result';
  result: ResultFields;
  error: LdctlError | null;
  exitCode: ExitCode;
}

/** The result is always the last. */
export type JobEvent = RunStep | ResultEvent;

/** The event with its keys in order; null for what is for people only. */
export function shownStep(event: RunStep): ShownStep | null {
  switch (event.event) {
    case 'dispatched':
      return {
        event: event.event,
        ...(event.node_id !== undefined && { node_id: event.node_id }),
        request_id: event.request_id,
        replayed: event.replayed,
        recovered: event.recovered,
      };
    case 'activity':
      return { event: event.event, activity: event.activity };
    case 'warning':
      return { event: event.event, code: event.code, message: event.message };
    case 'gate':
      return { event: event.event, node_id: event.node_id, gate: event.gate };
    case 'baseline':
    case 'gate_output':
    case 'outage':
    case 'progress':
      return null;
  }
}

export function warning(code: string, message: string): RunStep {
  return { event: 'warning', code, message };
}
