import { type RunJournal, type RunRecord } from '../../src/core/journal.js';

/** A run journal that survives the run, as the one on the disk survives the process. */
export class MemoryJournal implements RunJournal {
  readonly records = new Map<string, RunRecord>();

  read(wireKey: string): Promise<RunRecord | null> {
    return Promise.resolve(this.records.get(wireKey) ?? null);
  }

  update(wireKey: string, change: (known: RunRecord | null) => RunRecord | null): Promise<RunRecord | null> {
    const known = this.records.get(wireKey) ?? null;
    const next = change(known);
    if (next) this.records.set(wireKey, next);
    else this.records.delete(wireKey);
    return Promise.resolve(known);
  }
}
