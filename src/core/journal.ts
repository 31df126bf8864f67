import { type Id } from './ids.js';
import { type Outcome } from './outcome.js';

/** What is remembered of a trigger whose key the caller chose (design, "A caller's key and the re-run"). */
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
  /** The server's `date` of a 202 that was no replay, ms UTC: what a re-run's entries are proven by (design, "Sequence" 4). */
  acceptedAt?: number;
  /** How the last run that followed this trigger ended, and when: local wall clock, ms, UTC. */
  ended?: { outcome: Outcome; at: number };
}

/**
 * Survives the process. What it took is on the disk before a method resolves. Both methods throw LdctlError when the
 * journal cannot be read or written: "not readable" must never pass for "no record", or a trigger is sent twice.
 */
export interface RunJournal {
  /** The record of this key, or null when there is none, or none of the last 24 hours. */
  read(wireKey: string): Promise<RunRecord | null>;
  /**
   * Changes the record of this key; no other process does so at the same time.
   * @param change gets the record as it is now, null for none, and returns what it is to be: null for none, the same
   *   object to leave it as it is
   * @returns the record as it was before
   */
  update(wireKey: string, change: (known: RunRecord | null) => RunRecord | null): Promise<RunRecord | null>;
}
