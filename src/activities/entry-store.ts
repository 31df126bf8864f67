import { isFinal, type Activity } from '../core/activity.js';
import type { Id } from '../core/ids.js';
import { MISSING } from '../core/outcome.js';
import type { NodeProgress } from '../core/progress.js';

/** One entry of the log that is followed. Times are of the monotonic clock, in milliseconds. */
export interface Entry {
  activity: Activity;
  /** Since when it goes on, as far as is known. */
  since: number;
  /** Since when good polls no longer show it although it was not final; null while they do. */
  goneSince: number | null;
}

export type Change = 'appeared' | 'changed' | 'contradicted' | 'none';

/** The entries that belong to one run, grouped by what is a target: a node, or an activity. */
export class EntryStore {
  readonly #keyOf: (activity: Activity) => Id;
  readonly #byKey = new Map<Id, Map<Id, Entry>>();
  #lastNewAt = -Infinity;

  constructor(keyOf: (activity: Activity) => Id) {
    this.#keyOf = keyOf;
  }

  /** When the newest entry was first seen; -Infinity before any. */
  get lastNewAt(): number {
    return this.#lastNewAt;
  }

  get size(): number {
    return this.#byKey.size;
  }

  has(key: Id): boolean {
    return this.#byKey.has(key);
  }

  keys(): Id[] {
    return [...this.#byKey.keys()];
  }

  all(): Entry[] {
    return [...this.#byKey.values()].flatMap((entries) => [...entries.values()]);
  }

  /** Entries beyond the first of a key: somebody did the same just then. */
  isAmbiguous(key: Id): boolean {
    return (this.#byKey.get(key)?.size ?? 0) > 1;
  }

  /**
   * Takes in an entry as a poll showed it. Both ends are final (contract, "Supervisor: list"): a status that goes back from final is not
   * believed, and of two final ones the worse counts.
   * @param since when it began, as far as is known
   */
  take(activity: Activity, at: number, since: number = at): Change {
    const key = this.#keyOf(activity);
    const entries = this.#byKey.get(key) ?? new Map<Id, Entry>();
    this.#byKey.set(key, entries);
    const entry = entries.get(activity.id);
    if (!entry) {
      entries.set(activity.id, { activity, since, goneSince: null });
      this.#lastNewAt = at;
      return 'appeared';
    }
    entry.goneSince = null;
    const before = entry.activity.status;
    if (before === activity.status) return 'none';
    if (!isFinal(before)) {
      entry.activity = activity;
      return 'changed';
    }
    if (isFinal(activity.status) && severity(activity.status) > severity(before)) entry.activity = activity;
    return 'contradicted';
  }

  /** Notes which open entries a good poll did not show. @returns those newly gone */
  noteAbsent(read: ReadonlySet<Id>, at: number): Entry[] {
    const gone = this.all().filter(
      ({ activity, goneSince }) => goneSince === null && !isFinal(activity.status) && !read.has(activity.id),
    );
    for (const entry of gone) entry.goneSince = at;
    return gone;
  }

  /** The entry that counts for a target: of several, the worst. */
  worst(key: Id): Entry | null {
    const entries = [...(this.#byKey.get(key)?.values() ?? [])];
    return entries.reduce<Entry | null>(
      (worst, entry) =>
        worst === null || severity(entry.activity.status) > severity(worst.activity.status) ? entry : worst,
      null,
    );
  }
}

/** One target as it stands. `lost` says that its entry is taken for gone. */
export function progressOf(entry: Entry, ambiguous: boolean, lost: boolean): NodeProgress {
  const { activity } = entry;
  return {
    node_id: activity.node_id,
    activity_id: activity.id,
    status: lost ? MISSING : activity.status,
    created_at: activity.created_at,
    finished_at: activity.finished_at ?? null,
    ambiguous,
    since: entry.since,
  };
}

/** The worse counts: a rejection is certain, an open entry is not yet, a completion is what was wanted. */
function severity(status: string): number {
  if (status === 'rejected') return 2;
  return isFinal(status) ? 0 : 1;
}
