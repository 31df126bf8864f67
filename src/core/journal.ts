import { type Id } from './ids.js';

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
   * node of a roll has completed and its gate let the roll go on.
   */
  state: 'posting' | 'accepted' | 'passed';
}

/**
 * Survives the process. What it took is on the disk before a method resolves. Every method throws LdctlError when
 * the journal cannot be read or written: "not readable" must never pass for "no record", or a trigger is sent twice.
 */
export interface RunJournal {
  /**
   * Makes `record` the one of its key, unless the key has one already. Of several processes that claim the same key
   * at once, exactly one gets null and posts; the others follow the record that they are given.
   * @returns null when `record` is now the key's; else the record that was there first, and nothing is written
   */
  claim(record: RunRecord): Promise<RunRecord | null>;
  /** The record of this key, or null when there is none, or none of the last 24 hours. */
  read(wireKey: string): Promise<RunRecord | null>;
  /** Replaces the record of its key. */
  write(record: RunRecord): Promise<void>;
  /** Forgets the key: for a trigger that certainly was not carried out. No record is no error. */
  remove(wireKey: string): Promise<void>;
}
