import type { LdctlError } from './errors.js';
import type { ExitCode } from './exit-codes.js';
import type { Id } from './ids.js';
import type { NodeResult, Outcome, ResultFields, ShownStep, TargetKind } from './outcome.js';

/** Where a node of a roll stands. */
export type RollStage = 'waiting' | 'running' | 'pause' | 'gate' | 'done';

/** One target while it is followed. */
export interface NodeProgress extends NodeResult {
  /** Since when its activity goes on, as far as is known, on the monotonic clock (ms); null before it was seen. */
  since: number | null;
  stage?: RollStage;
}

/** How many nodes an every-node trigger must reach: as many as was said, or those that the log names. */
export interface ExpectedNodes {
  count: number;
  by: Exclude<TargetKind, 'named'>;
}

/** An earlier run with the same key, which has dispatched what this one follows. Ages in milliseconds. */
export interface EarlierRun {
  ageMs: number;
  /** How the last of them ended; absent where that is not known: it goes on, or was killed. */
  ended?: { outcome: Outcome; ageMs: number };
}

/** What a run emits while it goes on. Some of it is data, as `shownStep` has it; the rest is for people only. */
export type RunStep =
  /** Right before the POST: what a later `wait --after` needs, and how many nodes are expected where none are named. */
  | { event: 'baseline'; baseline: Id; idempotencyKey: string; expects?: ExpectedNodes }
  | (Extract<ShownStep, { event: 'dispatched' }> & { earlier?: EarlierRun })
  | Exclude<ShownStep, { event: 'dispatched' }>
  | { event: 'gate_output'; node_id: Id; line: string }
  /** The log cannot be read, and was last read so many ms ago; or, with null, it can again. */
  | { event: 'outage'; ageMs: number | null }
  /** The state of all targets, whenever it changed; and where all that was seen is final, until when another entry may show up. */
  | { event: 'progress'; nodes: readonly NodeProgress[]; settlesAt?: number };

/** How a run ended, always the last: what goes to stdout, why following was given up, and the exit code. */
export interface ResultEvent {
  event: 'result';
  result: ResultFields;
  error: LdctlError | null;
  exitCode: ExitCode;
}

export type JobEvent = RunStep | ResultEvent;

/** The event as data; null for what is for people only. */
export function shownStep(event: RunStep): ShownStep | null {
  if (event.event === 'dispatched') {
    const { event: name, node_id, earlier: _, ...rest } = event;
    return { event: name, ...(node_id !== undefined && { node_id }), ...rest };
  }
  const isShown = event.event === 'activity' || event.event === 'warning' || event.event === 'gate';
  return isShown ? event : null;
}

export function warning(code: string, message: string): RunStep {
  return { event: 'warning', code, message };
}
