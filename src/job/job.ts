import type { Interrupted, LdctlError } from '../base/errors.js';
import type { ExitCode } from '../base/exit-codes.js';
import type { Id } from '../base/ids.js';
import type { KeptRun, Mark, RunRecord } from '../base/journal.js';
import type { GateResult, ResultFields } from '../base/outcome.js';
import type { Accepted, WireTrigger } from '../base/supervisor.js';
import type { DownTo, LogRead } from '../log/log.js';
import type { JobEvent } from './events.js';

/**
 * A job says what to do next, and learns the outcome. It has no clock, no I/O and no randomness:
 * time is an argument, in milliseconds of one clock that never goes back. `drive` does its steps; a
 * test plays every fact that can answer each of them.
 */
export interface Job<T = JobEnd, E extends JobEvent = JobEvent> {
  /** Does what time alone does: a pause is over, a baseline has gone stale. */
  tick(now: number): void;
  /** What to do now. Changes nothing. Ask after `tick`, with the same time. */
  next(now: number): Step;
  /** The outcome of a step that `next` gave. */
  take<K extends StepName>(step: StepOf<K>, fact: FactOf<K>, now: number): void;
  /** Ends the job with what is known so far. */
  interrupt(reason: Interrupted, now: number): void;
  /** The first Ctrl-C of a roll: nothing more starts. Other jobs have no such thing. */
  windDown?(reason: Interrupted): void;
  /** A gate that the job asked for has ended. */
  gateEnded?(node: Id, gate: GateResult, now: number): void;
  /** Core has counted the nodes: null where it did not say. A job that needs no count has none. */
  counted?(core: number | null, now: number): void;
  /** What happened since the last call. */
  events(): E[];
  /**
   * How it ended, once `next` says so.
   * @throws LdctlError why nothing was sent, or nothing could be followed
   */
  result(): T;
}

/** What a later command needs to continue. */
export type Resume =
  /** `activities wait ID...` */
  | { ids: readonly Id[] }
  /** `activities wait --after ID` */
  | {
      after: Id;
      runtime: string;
      action: string;
      nodes?: readonly Id[] | undefined;
      expect: number | null;
    }
  /** `activities roll --resume KEY` */
  | { roll: string };

/** How a job ended. */
export interface JobEnd {
  /** What goes to stdout. */
  result: Omit<ResultFields, 'resume'>;
  /** Null when nothing is left to follow. */
  resume: Resume | null;
  /** Why following was given up. */
  error: LdctlError | null;
  exitCode: ExitCode;
}

/** What each step needs. Those of a roll say which node they are for. */
interface Steps {
  /** Writes a mark beside a record. */
  note: { key: string; generation: number; mark: Mark; newest?: Id; node?: Id };
  /**
   * Writes the record of the POST that follows. Where a key is not kept it is null, and the answer
   * only says when the POST starts. `after`: the generation that the run continues from.
   */
  record: { record: Unwritten | null; after: number; node?: Id };
  /** `sendBy`: what was not written by then is not sent. */
  post: { request: WireTrigger; sendBy: number; node?: Id };
  /**
   * Reads the log. `cutAt`: it is cut off then. `node`: of a roll, the one whose baseline it is.
   */
  read: { downTo: DownTo; tries: 'one' | 'several'; cutAt: number; node?: Id };
  /**
   * Starts the gate of a node. `cutAt`: it is cut off then. Its end is no fact, but `gateEnded`.
   */
  gate: { node: Id; activityId: Id | null; cutAt: number };
}

/** `postedAt`: of an earlier POST; null for the time of this one. */
type Unwritten = Omit<RunRecord, 'postedAt'> & { postedAt: number | null };

type Done = { is: 'done' };
type NotWritten = { is: 'unwritten'; error: LdctlError };

/** A read that failed, and when it started. */
export interface FailedRead {
  error: LdctlError;
  startedAt: number;
}

/** The facts that can answer each step. */
interface Facts {
  note: Done | NotWritten;
  record:
    | { is: 'recorded'; generation: number; at: number }
    /** Another run has used this key meanwhile. */
    | { is: 'found'; kept: KeptRun }
    | NotWritten;
  post: { is: 'answered'; answer: Accepted | LdctlError };
  read: { is: 'read'; read: LogRead } | ({ is: 'unreadable' } & FailedRead);
  gate: Done;
}

/** A step that is answered by a fact. */
export type StepName = keyof Steps;
export type StepOf<K extends StepName> = { [P in K]: { do: P } & Steps[P] }[K];
export type FactOf<K extends StepName> = Facts[K];
export type Fact = FactOf<StepName>;
export type Step = StepOf<StepName> | { do: 'wait'; until: number } | { do: 'end' };
