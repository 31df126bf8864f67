import { type Id } from './ids.js';
import { type GateResult, type Outcome } from './outcome.js';

/** How long a record is known, ms: far longer than the server remembers a key, and than a CI step waits before it is run again. */
export const RECORD_KEPT_MS = 24 * 60 * 60_000;

/** The same of a roll: while it can be taken up, the records of all its nodes, which are younger, are there as well. */
export const ROLL_KEPT_MS = RECORD_KEPT_MS - 10 * 60_000;

/** What is remembered of a trigger whose key may be used again (design, "A caller's key and the re-run"). */
export interface RunRecord {
  /** The `idempotency-key` as it goes over the wire: it tells this trigger from every other. */
  wireKey: string;
  /** The state of the log right before the first POST. */
  baseline: {
    highestId: Id;
    /** The nodes that the log's entries named. */
    nodes: readonly Id[];
  };
  /** When the first POST was about to be made: local wall clock, ms, UTC. */
  firstPostAt: number;
  /**
   * `accepted` once an answer, or the log, said so; until then the fate of the POST may be unknown. `passed` once the
   * node of a roll has completed and its gate let the roll go on. It never goes back.
   */
  state: 'posting' | 'accepted' | 'passed';
  /**
   * Random, and new at every claim. Whoever knows the token on the disk is the run that claimed last, or has seen all
   * that other runs did since it looked.
   */
  token: string;
  /**
   * The server's `date` of a 202 that was no replay, ms UTC: what a re-run's entries are proven by (design, "Sequence" 4).
   * Null for such a 202 without one: then nothing proves them. Absent where no such 202 came.
   */
  acceptedAt?: number | null;
  /** How the last run that followed this trigger ended, and when: local wall clock, ms, UTC. */
  ended?: { outcome: Outcome; at: number };
  /** How the gate after the node of a roll ended that let the roll go on; absent where there was none. */
  gate?: GateResult;
}

/** What is remembered of a roll, so that a short command can take it up again (design, "Rolling"). */
export interface RollRecord {
  /** It tells this roll from every other, whatever its nodes: see `rollKey`. */
  rollKey: string;
  /** In the order in which they are acted on. */
  nodes: readonly Id[];
  /** How it goes, in the words of the command line: the names of flags, without dashes, and their values. */
  options: Readonly<Record<string, string>>;
  /** Local wall clock, ms, UTC. */
  begunAt: number;
  /** The key was used for rolls over different nodes, so which one is meant cannot be told. */
  isShared: boolean;
}

/**
 * Survives the process. What it took is on the disk before a method resolves. Both methods throw LdctlError when the
 * journal cannot be read or written: "not readable" must never pass for "no record", or a trigger is sent twice.
 */
export interface Journal<T> {
  /** The record of this key, or null when there is none, or none of the last 24 hours. */
  read(key: string): Promise<T | null>;
  /**
   * Changes the record of this key; no other process does so at the same time.
   * @param change gets the record as it is now, null for none, and returns what it is to be: null for none, the same
   *   object to leave it as it is
   * @returns the record as it was before
   */
  update(key: string, change: (known: T | null) => T | null): Promise<T | null>;
}

/** By the wire keys of triggers. */
export type RunJournal = Journal<RunRecord>;
/** By the keys of rolls. */
export type RollJournal = Journal<RollRecord>;
