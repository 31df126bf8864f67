import type { Activity } from '../../base/activity.js';
import type { Interrupted, LdctlError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import type { RunStep } from '../../base/progress.js';

/** One good poll of the log. Monotonic clock, milliseconds; `startedAt` is -Infinity where nothing was read anew. */
export interface Poll {
  startedAt: number;
  endedAt: number;
  /** The server's clock when it answered, cut to whole seconds, ms UTC; null or absent where it does not say. */
  serverTime?: number | null;
}

/** What is followed: takes in what each good poll read, and knows whether that is enough. */
export interface Followed {
  /** The ids of the entries to look for: those that can still change. */
  open(): Id[];
  /** Takes in what a good poll read, oldest first. @returns what changed by it */
  observe(read: readonly Activity[], poll: Poll): RunStep[];
  readonly settled: boolean;
  /** When a poll could settle it, if nothing else happens, monotonic clock, ms; null when only a change can. */
  nextCheckAt(): number | null;
}

export type FollowOutcome =
  | { kind: 'settled' }
  | { kind: 'deadline' }
  /** No good poll for too long, or the key may not read the log any more. */
  | { kind: 'gave-up'; error: LdctlError }
  | { kind: 'interrupted'; reason: Interrupted };

/** What following yields: every change, and how it ended as the last. */
export type FollowEvent = RunStep | { event: 'ended'; outcome: FollowOutcome };
