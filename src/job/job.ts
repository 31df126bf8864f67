import type { LdctlError, Interrupted } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { KeptRun, Mark, RunRecord } from '../base/journal.js';
import type { GateResult } from '../base/outcome.js';
import type { JobEvent, ResultEvent } from './events.js';
import type { Accepted, WireTrigger } from '../base/supervisor.js';
import type { LogRead } from '../log/log.js';

/**
 * A job knows what it wants next, and is told what came of it. It has no clock, no I/O and no
 * randomness: time is an argument, milliseconds of one clock that never goes back. `drive` does its
 * steps; a test plays every answer to each.
 */
export interface Job<T = ResultEvent, E extends JobEvent = JobEvent> {
  /** What to do now. Asked twice at one time, it says the same. */
  next(now: number): Step;
  /** What came of a step, or came by itself: a gate that ended, an interrupt. */
  take(fact: Fact, now: number): void;
  /** What happened since this was asked last. */
  news(): E[];
  /**
   * How it ended, once `next` says so.
   * @throws LdctlError why nothing was sent, or nothing could be followed
   */
  result(): T;
}

/** Steps of a roll name their node. */
export type Step =
  /** Written to the journal before the next step. */
  | { do: 'note'; key: string; generation: number; mark: Mark; node?: Id }
  /**
   * `record`: written right before it; null where a key is not kept. `after`: the generation that
   * it goes on from.
   */
  | { do: 'post'; request: WireTrigger; record: Unwritten | null; after: number; node?: Id }
  /**
   * `open`: only new entries and these matter, so that what ten pages do not show of these is
   * looked up. Null: all matter.
   */
  | { do: 'read'; downTo: Id | 'newest' | 'known'; open: readonly Id[] | null; patient: boolean }
  | { do: 'ask'; node: Id; activityId: Id | null }
  | { do: 'cut'; node: Id }
  | { do: 'wait'; until: number }
  | { do: 'end' };

/** `postedAt`: of an earlier POST; null for the time of this one. */
type Unwritten = Omit<RunRecord, 'postedAt'> & { postedAt: number | null };

/** What came of the step that was asked for last, unless it says otherwise. */
export type Fact =
  /** Noted, asked or cut. */
  | { is: 'done' }
  /** The journal could not be written: a mark, or the record of a POST, which was then not made. */
  | { is: 'unnoted'; error: LdctlError }
  /** In place of a POST: another run has used this key. */
  | { is: 'found'; kept: KeptRun }
  /** `at`: the wall clock, ms UTC. `generation`: of its record; 0 for none. */
  | { is: 'answered'; answer: Accepted | LdctlError; at: number; generation: number }
  | { is: 'read'; read: LogRead }
  | { is: 'unreadable'; error: LdctlError; startedAt: number }
  /** By itself: a gate has ended. */
  | { is: 'gated'; node: Id; gate: GateResult }
  /** By itself: the first Ctrl-C of a roll, so that nothing more begins. */
  | { is: 'stopping'; reason: Interrupted }
  /** By itself, too. `posting`: within a POST, which may have been carried out. */
  | { is: 'stopped'; reason: Interrupted; posting: boolean };
