import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import type { RunJournal, RunRecord } from '../base/old-journal.js';
import type { GateResult, Outcome } from '../base/outcome.js';
import { warning, type EarlierRun, type RunStep } from '../base/progress.js';
import type { Baseline } from './baseline.js';
import type { Job } from './job.js';

/** The server forgets a key after 10 minutes (contract, "Idempotency"); a minute is left for the way there. */
const RESENDABLE_MS = 9 * 60_000;

/** From the record as it is to what it is to be; null for none. */
type Change = (known: RunRecord | null) => RunRecord | null;

/**
 * What is remembered of a trigger with a caller's key, so that a later run with the same key is the same trigger
 * (design, "A caller's key and the re-run"). A random key is used again only by a roll that is taken up.
 *
 * Several runs may use one key at once. Each keeps the record as it last saw it: only while nobody has claimed it since
 * may a run post, give it another baseline, or remove it.
 */
export class RunMemory {
  readonly #journal: RunJournal | null;
  readonly #wireKey: string;
  readonly #clock: Clock;
  /** The record as this run has last seen or written it. */
  #seen: RunRecord | null = null;
  /** Whether the record was another run's before. */
  #isRerun = false;

  /** @param journal null for a key that is not used again */
  constructor(journal: RunJournal | null, wireKey: string, clock: Clock) {
    this.#journal = journal;
    this.#wireKey = wireKey;
    this.#clock = clock;
  }

  /** @throws LdctlError when the record cannot be read: taking it for none could send twice */
  async recall(): Promise<RunRecord | null> {
    const known = (await this.#journal?.read(this.#wireKey)) ?? null;
    if (known !== null && known.token !== this.#seen?.token) this.#isRerun = true;
    this.#seen = known;
    return known;
  }

  /**
   * To be called before a POST: writes down that this run is about to post, unless another run has done
   * anything with the key since this one looked. A run that has sent nothing may come with a newer baseline. A re-run
   * keeps the baseline and the time that it has found.
   * @param firstPostAt when this run's first POST was, or is about to be made: local wall clock, ms
   * @returns null when this run may post; else the record to follow as a re-run, until another claim succeeds
   * @throws LdctlError when the record cannot be read or written: this POST was not sent
   */
  async claim(baseline: Baseline, firstPostAt: number): Promise<RunRecord | null> {
    if (!this.#journal) return null;
    const seen = this.#seen?.token;
    const isFree = (known: RunRecord | null): boolean =>
      known === null || (known.state === 'posting' && known.token === seen);
    const fresh = { wireKey: this.#wireKey, baseline, firstPostAt, state: 'posting', token: randomUUID() } as const;
    const claimed = (known: RunRecord | null): RunRecord =>
      this.#isRerun && known ? { ...known, token: fresh.token } : fresh;
    const known = await this.#journal.update(this.#wireKey, (now) => (isFree(now) ? claimed(now) : now));
    if (isFree(known)) {
      this.#seen = claimed(known);
      return null;
    }
    this.#isRerun = true;
    this.#seen = known;
    return known;
  }

  /**
   * Whether the record is as this run's claim left it. To be asked right before a POST: the process may have been stopped
   * since then.
   * @throws LdctlError when the record cannot be read
   */
  async holds(): Promise<boolean> {
    if (!this.#journal) return true;
    const known = await this.#journal.read(this.#wireKey);
    return known?.state === 'posting' && known.token === this.#seen?.token;
  }

  /**
   * For how long from now the server certainly remembers the key of an earlier run, ms; below 0 for not any more, or when
   * the wall clock has gone back since: how long ago that run was is then unknown.
   */
  resendableMs(earlier: RunRecord): number {
    const ageMs = this.#clock.now() - earlier.firstPostAt;
    return ageMs < 0 ? -Infinity : RESENDABLE_MS - ageMs;
  }

  /**
   * It was accepted: a later run follows and never posts. Failing to note it only makes that run more careful.
   * @param acceptedAt as in `RunRecord`
   */
  accepted(
    baseline: Baseline,
    firstPostAt: number,
    acceptedAt: RunRecord['acceptedAt'],
  ): AsyncGenerator<RunStep, void> {
    return this.#note((known) => {
      const isNews = acceptedAt !== undefined && known?.acceptedAt === undefined;
      if (known && known.state !== 'posting') return isNews ? { ...known, acceptedAt } : known;
      const token = known?.token ?? randomUUID();
      const record = { wireKey: this.#wireKey, baseline, firstPostAt, state: 'accepted', token } as const;
      return isNews ? { ...record, acceptedAt } : record;
    });
  }

  /**
   * The node has completed and its gate let the roll go on: a later run need not ask it again.
   * @param gate how it ended; null without one
   */
  passed(gate: GateResult | null): AsyncGenerator<RunStep, void> {
    return this.#note((known) => known && { ...known, state: 'passed', ...(gate && { gate }) });
  }

  /** Hands on a job's events, and notes how it ends: a later run can say so. Where it can't be noted, it can't. */
  async *endOf(job: Job): Job {
    for await (const event of job) {
      if (event.event === 'result') await this.ended(event.result.outcome);
      yield event;
    }
  }

  /** The same of what is not followed. */
  async ended(outcome: Outcome): Promise<void> {
    const ended = { outcome, at: this.#clock.now() };
    await this.#update((known) => known && { ...known, ended });
  }

  /** What there is to say of an earlier run, by the wall clock. */
  tell({ firstPostAt, ended }: RunRecord): EarlierRun {
    const ageOf = (at: number): number => Math.max(this.#clock.now() - at, 0);
    return { ageMs: ageOf(firstPostAt), ...(ended && { ended: { outcome: ended.outcome, ageMs: ageOf(ended.at) } }) };
  }

  /**
   * Nothing was carried out: a later run with this key starts afresh, or looks first if this cannot be noted. The
   * record stays if it was another run's before, or another has claimed it since.
   */
  async forget(): Promise<void> {
    const mine = this.#seen?.token;
    if (this.#isRerun || mine === undefined) return;
    await this.#update((known) => (known?.state === 'posting' && known.token === mine ? null : known));
  }

  async *#note(change: Change): AsyncGenerator<RunStep, void> {
    const error = await this.#update(change);
    if (error) yield warning('journal_not_written', error.message);
  }

  /** @returns why it failed, where that was foreseen */
  async #update(change: Change): Promise<LdctlError | null> {
    try {
      await this.#journal?.update(this.#wireKey, change);
      return null;
    } catch (error) {
      if (error instanceof LdctlError) return error;
      throw error;
    }
  }
}
