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

const whole = v.pipe(v.number(), v.safeInteger());
const idTexts = v.pipe(v.array(idText), v.readonly());

/**
 * What is remembered of a trigger from before each POST, and all of it: what a later run needs to
 * follow it. Strict, so that an older ldctl refuses what a later one wrote.
 */
export const runRecord = v.strictObject({
  /** The `idempotency-key` as it goes over the wire. No other trigger has it. */
  key: v.string(),
  /** Which API key was used: 8 digits of its hash. */
  apiKey: v.string(),
  /** The highest id of the log right before the first POST. */
  baseline: idText,
  /** The server's clock then, ms UTC; null when it did not say. */
  date: v.nullable(whole),
  /** Of every node: how many were asked for; null when that is open. */
  expect: v.nullable(whole),
  /** How many nodes there were by Core; null when that was not known. */
  core: v.nullable(whole),
  /** The nodes that the log listed for this runtime, and for others only. */
  listed: v.strictObject({ here: idTexts, elsewhere: idTexts }),
  /** When the first POST started: wall clock, ms UTC. */
  postedAt: whole,
});
export type RunRecord = v.InferOutput<typeof runRecord>;

/**
 * Made once, beside a record. `accepted`: its POST was, or the log has shown its entries.
 * `refused`: its POST had no effect. Of a node of a roll: `rejected` and `unconfirmed` where a roll
 * has ended with that and nothing can change it, `passed` where its gate has passed, `paused` where its
 * pause is over and there was no gate. `settled`: every target had its entry, and all were final.
 */
export const MARKS = [
  'accepted',
  'refused',
  'rejected',
  'unconfirmed',
  'passed',
  'paused',
  'settled',
] as const;
export type Mark = (typeof MARKS)[number];

/**
 * What is on the disk of one key: the record that decides, and the marks. An accepted record
 * decides, also where another process has made a newer one since; without one, the newest does.
 */
export interface KeptRun {
  record: RunRecord;
  /** Which record of its key it is, from 1. */
  generation: number;
  /** By the wall clock, ms; negative for one from the future. */
  ageMs: number;
  /** Those of all records of the key. */
  marks: ReadonlySet<Mark>;
  /** The highest id in the log when that record was settled; null where it was not. */
  newestWhenSettled: Id | null;
}

/**
 * `made`: the generation of the record. `found`: another run that has come since, to be followed
 * instead.
 */
export type Claim = { made: number } | { found: KeptRun };

/**
 * Survives the process, and a power cut. Every method throws LdctlError where the journal cannot be
 * read or written: nothing may be sent then, since "not readable" is not "no record".
 */
export interface RunJournal {
  /**
   * What is kept of a key, of records of the last 24 hours that were not refused; null for none.
   */
  read(key: string): KeptRun | null;
  /**
   * Makes the record of one POST, right before it. It is the next generation, which only one
   * process can make.
   * @param after the record that this run continues from; 0 for none
   */
  claim(record: RunRecord, after: number): Claim;
  /** @param newest the highest id in the log, for `settled` */
  mark(key: string, generation: number, mark: Mark, newest?: Id): void;
}
