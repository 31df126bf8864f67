import type { Id } from '../../src/base/ids.js';
import type { Claim, KeptRun, Mark, RunJournal, RunRecord } from '../../src/base/journal.js';

interface Stored {
  record: RunRecord;
  marks: Set<Mark>;
  /** What goes with `settled`. */
  newest?: Id | undefined;
}

/** The records of each key, the newest last: they outlive their process. */
export type Disk = Map<string, Stored[]>;

const VALID = 24 * 3_600_000;

/** The journal as `base/journal.ts` describes it. */
export class MemoryJournal implements RunJournal {
  constructor(
    private readonly disk: Disk,
    private readonly wall: () => number,
  ) {}

  read(key: string): KeptRun | null {
    const all = this.disk.get(key) ?? [];
    const counts = ({ record, marks }: Stored): boolean =>
      this.wall() - record.postedAt <= VALID && (!marks.has('refused') || marks.has('accepted'));
    const live = all.filter(counts);
    const stored = live.findLast(({ marks }) => marks.has('accepted')) ?? live.at(-1);
    if (!stored) return null;
    const { record } = stored;
    return {
      record,
      generation: all.indexOf(stored) + 1,
      ageMs: this.wall() - record.postedAt,
      marks: new Set(live.flatMap(({ marks }) => [...marks])),
      newestWhenSettled: stored.newest ?? null,
    };
  }

  claim(record: RunRecord, after: number): Claim {
    const kept = this.read(record.key);
    if (kept && (kept.marks.has('accepted') || kept.generation !== after)) {
      return { found: kept };
    }
    const all = [...(this.disk.get(record.key) ?? []), { record, marks: new Set<Mark>() }];
    this.disk.set(record.key, all);
    return { made: all.length };
  }

  mark(key: string, generation: number, mark: Mark, newest?: Id): void {
    const stored = this.disk.get(key)?.[generation - 1];
    stored?.marks.add(mark);
    if (stored && mark === 'settled') stored.newest ??= newest;
  }
}
