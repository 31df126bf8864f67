import * as v from 'valibot';
import { isId, type Id } from './ids.js';

/**
 * An id on the disk: a string of digits, since programs that read JSON lose those of a long number.
 */
export const idText = v.pipe(
  v.string(),
  v.check((text) => /^\d{1,20}$/.test(text) && isId(BigInt(text))),
  v.transform((text): Id => BigInt(text)),
);

/**
 * What is remembered of a trigger from before each POST. Strict: what a later version wrote may
 * forbid to send.
 */
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

/** Made once, beside a record. `refused`: nothing came of its POST. */
export type Mark = 'accepted' | 'redirected' | 'refused' | 'passed';

/** What is on the disk of one key: the newest record, and the marks on any. */
export interface KeptRun {
  record: RunRecord;
  /** Which record of its key it is, from 1. */
  generation: number;
  /** By the wall clock, ms; negative for one from the future. */
  ageMs: number;
  accepted: boolean;
  /** A POST was answered by a redirect: nothing is sent again. */
  redirected: boolean;
  passed: boolean;
}

/**
 * `made`: the generation of the record. `found`: another run that has come since, to be followed
 * instead.
 */
export type Begun = { made: number } | { found: KeptRun };

/**
 * Survives the process, and a power cut. Every method throws LdctlError where the journal cannot be
 * read or written: nothing may be sent then, since "not readable" is not "no record".
 */
export interface RunJournal {
  /** The newest record that was not refused, if it is of the last 24 hours. */
  read(key: string): KeptRun | null;
  /**
   * Makes the record of one POST, right before it. It is the next generation, which only one
   * process can make.
   * @param after what this run goes on from; 0 for nothing
   */
  begin(record: RunRecord, after: number): Begun;
  mark(key: string, generation: number, mark: Mark): void;
}
