import * as v from 'valibot';
import { isId, type Id } from './ids.js';

/** An id on the disk: a string of digits, since programs that read JSON lose those of a long number. */
export const idText = v.pipe(
  v.string(),
  v.check((text) => /^\d{1,20}$/.test(text) && isId(BigInt(text))),
  v.transform((text): Id => BigInt(text)),
);

/** What is remembered of a trigger from before its first POST. Strict: what a later version wrote may forbid to send. */
export const runRecord = v.strictObject({
  /** The `idempotency-key` as it goes over the wire: it tells this trigger from every other. */
  key: v.string(),
  deploymentId: idText,
  runtime: v.string(),
  action: v.string(),
  /** Null for every node. */
  nodes: v.nullable(v.array(idText)),
  /** The highest id of the log right before the first POST. */
  baseline: idText,
  /** The nodes that the log named then. */
  known: v.array(idText),
  /** Wall clock, ms UTC. */
  postedAt: v.pipe(v.number(), v.safeInteger()),
});
export type RunRecord = v.InferOutput<typeof runRecord>;

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
}

/**
 * Survives the process, and a power cut. Every method throws LdctlError where the journal cannot be read or written:
 * nothing may be sent then, since "not readable" is not "no record".
 */
export interface RunJournal {
  /** The newest record that was not refused, if it is of the last 24 hours. */
  read(key: string): KeptRun | null;
  /** Makes the record of a POST that is about to be made. @returns null when made; else the one that is there already */
  begin(record: RunRecord): KeptRun | null;
  /**
   * Looked for last before each POST. One that goes on from the record of another process makes one of its own, which counts
   * also where the other is refused.
   * @returns a run with this key to follow instead; null when the POST may be made
   */
  beforePost(key: string): KeptRun | null;
  /** On the record that this journal read or made last; `refused`, which says that nothing was sent, only on one that it made. */
  mark(key: string, state: Exclude<RunState, 'posting'>): void;
}
