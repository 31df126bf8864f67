import type { Clock } from '../core/clock.js';
import { LdctlError } from '../core/errors.js';
import type { RunJournal, RunRecord } from '../core/journal.js';
import { warning, type RunStep } from '../core/progress.js';
import type { Baseline } from './baseline.js';

/** The server forgets a key after 10 minutes (contract, "Idempotency"); a minute is left for the way there. */
const RESENDABLE_MS = 9 * 60_000;

/**
 * What is remembered of a trigger with a caller's key, so that a later run with the same key is the same trigger
 * (design, "A caller's key and the re-run"). A random key is never used again: nothing is remembered of it.
 */
export class RunMemory {
  readonly #journal: RunJournal | null;
  readonly #wireKey: string;
  readonly #clock: Clock;

  /** @param journal null for a random key */
  constructor(journal: RunJournal | null, wireKey: string, clock: Clock) {
    this.#journal = journal;
    this.#wireKey = wireKey;
    this.#clock = clock;
  }

  /** @throws LdctlError when the record cannot be read: taking it for none could send twice */
  async recall(): Promise<RunRecord | null> {
    return (await this.#journal?.read(this.#wireKey)) ?? null;
  }

  /**
   * Writes down that this run is about to post.
   * @param firstPostAt now, local wall clock, ms
   * @returns the record of another run that was faster with the same key, or null
   * @throws LdctlError when it cannot be written: nothing was sent yet
   */
  async claim(baseline: Baseline, firstPostAt: number): Promise<RunRecord | null> {
    return (await this.#journal?.claim({ wireKey: this.#wireKey, baseline, firstPostAt, state: 'posting' })) ?? null;
  }

  /** Until when the server certainly remembers the key of an earlier run; never, when the clock has gone back since. */
  resendUntil(earlier: RunRecord): number {
    return earlier.firstPostAt > this.#clock.now() ? -Infinity : earlier.firstPostAt + RESENDABLE_MS;
  }

  /** It was accepted: a later run follows and never posts. Failing to note it only makes that run more careful. */
  accepted(baseline: Baseline, firstPostAt: number): AsyncGenerator<RunStep, void> {
    return this.#note((known) => (known?.state === 'passed' ? null : { baseline, firstPostAt, state: 'accepted' }));
  }

  /** The node has completed and its gate let the roll go on: a later run need not ask it again. */
  passed(): AsyncGenerator<RunStep, void> {
    return this.#note((known) => known && { ...known, state: 'passed' });
  }

  /** Writes what `next` makes of the record, unless that is null. */
  async *#note(next: (known: RunRecord | null) => Omit<RunRecord, 'wireKey'> | null): AsyncGenerator<RunStep, void> {
    try {
      const record = next(await this.recall());
      if (record) await this.#journal?.write({ ...record, wireKey: this.#wireKey });
    } catch (error) {
      if (!(error instanceof LdctlError)) throw error;
      yield warning('journal_not_written', error.message);
    }
  }

  /** Nothing was carried out: a later run with this key starts afresh, or looks first if this cannot be noted. */
  async forget(): Promise<void> {
    try {
      await this.#journal?.remove(this.#wireKey);
    } catch (error) {
      if (!(error instanceof LdctlError)) throw error;
    }
  }
}
