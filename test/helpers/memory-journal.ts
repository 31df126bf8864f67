import { type Journal, type RunRecord } from '../../src/base/old-journal.js';

/** A run journal, or one of rolls, that survives the run, as the one on the disk survives the process. */
export class MemoryJournal<T = RunRecord> implements Journal<T> {
  readonly records = new Map<string, T>();

  read(key: string): Promise<T | null> {
    return Promise.resolve(this.records.get(key) ?? null);
  }

  update(key: string, change: (known: T | null) => T | null): Promise<T | null> {
    const known = this.records.get(key) ?? null;
    const next = change(known);
    if (next) this.records.set(key, next);
    else this.records.delete(key);
    return Promise.resolve(known);
  }
}
