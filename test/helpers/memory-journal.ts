import { type RunJournal, type RunRecord } from '../../src/core/journal.js';

/** A run journal that survives the run, as the one on the disk survives the process. */
export class MemoryJournal implements RunJournal {
  readonly records = new Map<string, RunRecord>();

  claim(record: RunRecord): Promise<RunRecord | null> {
    const first = this.records.get(record.wireKey);
    if (first) return Promise.resolve(first);
    this.records.set(record.wireKey, record);
    return Promise.resolve(null);
  }

  read(wireKey: string): Promise<RunRecord | null> {
    return Promise.resolve(this.records.get(wireKey) ?? null);
  }

  write(record: RunRecord): Promise<void> {
    this.records.set(record.wireKey, record);
    return Promise.resolve();
  }

  remove(wireKey: string): Promise<void> {
    this.records.delete(wireKey);
    return Promise.resolve();
  }
}
