import { type RunRecord } from '../../../src/base/old-journal.js';
import { MemoryJournal } from '../../../test/helpers/memory-journal.js';

/** Sees what each run does to the records of a journal that several share. */
export class WatchedJournal {
  readonly #journal = new MemoryJournal();
  #known: ReadonlyMap<string, RunRecord> = new Map();
  readonly #writers = new Map<string, object>();
  /** How often a run removed a record that was not its own, or of a trigger that was accepted. */
  wrongRemovals = 0;

  /** Whether a record has what there is to know of a 202: where an answer was lost, nothing says when it was accepted. */
  get holdsAnswer(): boolean {
    return [...this.#journal.records.values()].some(({ acceptedAt }) => acceptedAt !== undefined);
  }

  /**
   * The journal as one run has it.
   * @param writer stands for that run
   * @param onWritten called when something may have been written, before the run hears of it
   */
  of(writer: object, onWritten: () => void): MemoryJournal {
    return new Proxy(this.#journal, {
      get: (journal, name) => {
        const member: unknown = Reflect.get(journal, name, journal);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]): Promise<unknown> => {
          const result: unknown = await Reflect.apply(member, journal, args);
          this.note(writer);
          if (name !== 'read') onWritten();
          return result;
        };
      },
    });
  }

  /** Whatever has changed since the last time was this run's doing. */
  note(writer: object): void {
    const { records } = this.#journal;
    for (const [key, record] of this.#known) {
      if (records.has(key)) continue;
      if (this.#writers.get(key) !== writer || record.state !== 'posting') this.wrongRemovals++;
    }
    for (const [key, record] of records) if (this.#known.get(key) !== record) this.#writers.set(key, writer);
    this.#known = new Map(records);
  }
}
