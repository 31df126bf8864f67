import type { Activity } from '../base/activity.js';
import type {
  ActivitiesRequest,
  FollowRequest,
  RollRequest,
  Signal,
  TriggerRequest,
  WaitRequest,
} from './old-requests.js';
import type { RunEvent, RunResult } from './run-result.js';

export interface RunOptions {
  /** An abort before anything was sent is thrown; after that the result is `interrupted`, with the way to take it up again. */
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
  activities(request?: ActivitiesRequest, options?: { signal?: Signal }): AsyncGenerator<Activity, void>;

  /**
   * Every new entry of the log, and every entry whose status changed, as they come. Ends when its signal is aborted, or the loop
   * is left.
   * @throws {LdctlError} for a request that is wrong, at once; when sight of the log is lost
   */
  follow(request?: FollowRequest, options?: { signal?: Signal }): AsyncGenerator<Activity, void>;
}
