import { type Id } from './ids.js';

/** What is remembered of a trigger whose key may be used again, from before its first POST. */
export interface RunRecord {
  /** The `idempotency-key` as it goes over the wire: it tells this trigger from every other. */
  key: string;
  deploymentId: Id;
  runtime: string;
  action: string;
  /** Null for every node. */
  nodes: Id[] | null;
  /** The highest id of the log right before the first POST. */
  baseline: Id;
  /** The nodes that the log named then. */
  known: Id[];
  /** Wall clock, ms UTC. */
  postedAt: number;
}

export type RunState = 'posting' | 'accepted' | 'redirected' | 'refused' | 'passed';

/** What is on the disk of one key: the record, and the marks that were made since. */
export interface KeptRun {
  record: RunRecord;
  /** By the wall clock, ms; negative for one from the future. */
  ageMs: number;
  accepted: boolean;
  /** A POST was answered by a redirect: nothing is sent again. */
  redirected: boolean;
  passed: boolean;
  /** Another process has posted from the record that this one had made. */
  resent: boolean;
}

/**
 * Survives the process, and a power cut. Every method throws LdctlError where the journal cannot be read or written:
 * nothing may be sent then, since "not readable" is not "no record".
 */
export interface RunJournal {
  /** The newest record that was not refused, if it is of the last 24 hours. */
  read(key: string): Promise<KeptRun | null>;
  /** Makes the record of a POST that is about to be made. @returns null when made; else the one that is there already */
  begin(record: RunRecord): Promise<KeptRun | null>;
  /**
   * Looked for last before each POST. One that goes on from the record of another process leaves a mark: the record counts from
   * then on, also where that process is refused.
   * @returns a run with this key to follow instead; null when the POST may be made
   */
  beforePost(key: string): Promise<KeptRun | null>;
  /**
   * Made once each; again is fine. On the record that this journal read or began last for the key. `refused` says that
   * nothing was sent: the record then counts as none. It is ignored for a record that this journal did not begin.
   */
  mark(key: string, state: Exclude<RunState, 'posting'>): Promise<void>;
}

export interface RollRecord {
  key: string;
  deploymentId: Id;
  /** Wall clock, ms UTC. */
  begunAt: number;
  /** What was asked, as plain JSON with ids as text: what `--resume` runs again. */
  request: unknown;
  finished: boolean;
}

/** Like the journal of runs, beside it. */
export interface RollJournal {
  /** The newest of the last 24 hours. */
  read(key: string): Promise<RollRecord | null>;
  /** @returns null when made; else the one that is there already */
  begin(record: Omit<RollRecord, 'finished'>): Promise<RollRecord | null>;
  /** Where nothing was sent to any node, the record counts as none. */
  finish(key: string, wasSent: boolean): Promise<void>;
  /** The newest unfinished roll of a deployment. */
  last(deploymentId: Id): Promise<RollRecord | null>;
}
