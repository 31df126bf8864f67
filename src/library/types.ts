import type { Activity } from '../base/activity.js';
import type { Signal } from '../base/clock.js';
import type { ErrorDocument } from '../base/errors.js';
import type { ResultFacts } from '../base/outcome.js';
import type { ShownStep } from '../base/shown-step.js';
import type { ActivitiesRequest, FollowRequest, RollRequest, TriggerRequest, WaitRequest } from './requests.js';

export interface ReadOptions {
  signal?: Signal;
}

export interface RunOptions {
  /** An abort before anything was sent is thrown; after that the result is `interrupted`, with the way to go on. */
  signal?: Signal;
  /**
   * Called with each event. What it throws ends the following as an abort does, and is told in the result's `error`. It may be
   * an async function: that is not waited for, and what it rejects with before the end counts as thrown.
   */
  onEvent?: (event: RunEvent) => unknown;
}

export interface RollOptions extends RunOptions {
  /** Aborted to stop gently: no more nodes are started, and those underway are seen out. */
  stopping?: Signal;
}

/**
 * One deployment, made by `connect` or `connectProfile`. Any number of calls may go on at once. Each throws an `LdctlError`
 * while certainly nothing was sent, with the exit code that a command would have ended with; after that it returns a result.
 */
export interface Deployment {
  readonly id: bigint;

  /**
   * Triggers an action on some or all nodes at once, at most once in effect whatever the network does, and follows each
   * node's own activity to its end. It needs no consent: a program says what it means by its `nodes`.
   * @throws {LdctlError} with exit code 2 for a request that is wrong, 4, 5 or 6 when the API refused or could not be
   * reached, 7 when what an earlier run left in the journal cannot be read, 130 for an abort: nothing was sent
   */
  trigger(request: TriggerRequest, options?: RunOptions): Promise<RunResult>;

  /**
   * Acts on one node after the other, and halts when one does not complete. Called again with the same `idempotencyKey`, it goes
   * on where an earlier call was.
   * @throws {LdctlError} as `trigger` does, when nothing was sent to any node
   */
  roll(request: RollRequest, options?: RollOptions): Promise<RunResult>;

  /**
   * Follows what was dispatched before. Never sends.
   * @throws {LdctlError} with exit code 2, 4, 5 or 6 when the log cannot be read to begin with, 130 for an abort before that
   */
  wait(request: WaitRequest, options?: RunOptions): Promise<RunResult>;

  /**
   * The activity log, newest first; with `after`, oldest first. Each entry once, none missing, although the log grows. Pages are
   * read as entries are asked for; leaving the loop stops reading.
   * @throws {LdctlError} for a request that is wrong, at once; while reading, when the API cannot be reached, or for an abort
   */
  activities(request?: ActivitiesRequest, options?: ReadOptions): AsyncGenerator<Activity, void>;

  /**
   * Every new entry of the log, and every entry whose status changed, as they come. Ends when its signal is aborted, or the loop
   * is left.
   * @throws {LdctlError} for a request that is wrong, at once; when the log can no longer be read
   */
  follow(request?: FollowRequest, options?: ReadOptions): AsyncGenerator<Activity, void>;
}

/** How a run can end, with the exit code that a command would have ended with. */
export interface Endings {
  completed: 0;
  accepted: 0;
  rejected: 3;
  unconfirmed: 7;
  timed_out: 8;
  halted: 9;
  interrupted: 130;
}

/**
 * How a run ended: the fields of a command's JSON, by the same names, ids as bigint. `completed` is the only outcome that
 * says that every target is done. With `accepted`, it was sent and not followed.
 */
export type RunResult = { [Name in keyof Endings]: RunResultOf<Name> }[keyof Endings];

export interface RunResultOf<Name extends keyof Endings> extends ResultFacts {
  outcome: Name;
  exitCode: Endings[Name];
  /** Why following was given up, or what the caller's own gate or listener threw. */
  error?: ErrorDocument;
}

/** What a listener gets while a run goes on, as a line of `-o ndjson` has it; the result is the last. */
export type RunEvent = ShownStep | ({ event: 'result' } & RunResult);
