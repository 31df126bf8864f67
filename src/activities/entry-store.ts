import { isFinal, type Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { MISSING } from '../base/outcome.js';
import type { NodeProgress } from '../base/progress.js';

/** One entry of the log that is followed. Times are of the monotonic clock, in milliseconds. */
export interface Entry {
  activity: Activity;
  /** Whether it certainly is the run's own (design, "Sequence" 4). */
  proven: boolean;
  /** Since when it goes on, as far as is known. */
  since: number;
  /** Since when good polls no longer show it although it was not final; null while they do. */
  goneSince: number | null;
  /** The status that was given as news; null before any. */
  given: string | null;
}

/** When an entry was read, since when it goes on, both by the monotonic clock, ms; and whether it is proven by that. */
export interface Reading {
  at: number;
  since: number;
  proven: boolean;
}

/**
 * The entries that may belong to one run, grouped by what is a target: a node, or an activity. Those of a target that
 * count are the proven ones. Where it has none, the others are candidates: they count once they are adopted.
 */
export class EntryStore {
  readonly #keyOf: (activity: Activity) => Id;
  readonly #byKey = new Map<Id, Map<Id, Entry>>();
  #lastNewAt = -Infinity;
  /** Whether candidates count, since nothing better is waited for any more. */
  adoptsCandidates = false;

  constructor(keyOf: (activity: Activity) => Id) {
    this.#keyOf = keyOf;
  }

  /** When the newest entry was first seen; -Infinity before any. */
  get lastNewAt(): number {
    return this.#lastNewAt;
  }

  /** How many targets have a proven entry. */
  get provenSize(): number {
    return this.#byKey.size - this.unprovenKeys().length;
  }

  has(key: Id): boolean {
    return this.#counted(key).length > 0;
  }

  hasProven(key: Id): boolean {
    return this.#of(key).some(({ proven }) => proven);
  }

  /** The targets with entries that count. */
  keys(): Id[] {
    return [...this.#byKey.keys()].filter((key) => this.has(key));
  }

  /** The targets that have candidates only, whether they count or not. */
  unprovenKeys(): Id[] {
    return [...this.#byKey.keys()].filter((key) => !this.hasProven(key));
  }

  /** All that count. */
  all(): Entry[] {
    return [...this.#byKey.keys()].flatMap((key) => this.#counted(key));
  }

  /** All that count, or may do so yet. */
  possible(): Entry[] {
    return [...this.#byKey.keys()].flatMap((key) => (this.hasProven(key) ? this.#counted(key) : this.#of(key)));
  }

  /** More than one entry that counts, since somebody did the same just then; or one that may be somebody else's. */
  isAmbiguous(key: Id): boolean {
    const counted = this.#counted(key);
    return counted.length > 1 || counted.some(({ proven }) => !proven);
  }

  /**
   * Takes in an entry as a poll showed it. Both ends are final (contract, "Supervisor: list"): a status that goes back from final is not
   * believed, and of two final ones the worse counts.
   * @returns false for a status that contradicts a final one
   */
  take(activity: Activity, { at, since, proven }: Reading): boolean {
    const key = this.#keyOf(activity);
    const entries = this.#byKey.get(key) ?? new Map<Id, Entry>();
    this.#byKey.set(key, entries);
    const entry = entries.get(activity.id);
    if (!entry) {
      entries.set(activity.id, { activity, proven, since, goneSince: null, given: null });
      this.#lastNewAt = at;
      return true;
    }
    entry.goneSince = null;
    const before = entry.activity.status;
    if (before === activity.status) return true;
    const isWorse = severity(activity.status) > severity(before);
    if (!isFinal(before) || (isFinal(activity.status) && isWorse)) entry.activity = activity;
    return !isFinal(before);
  }

  /** What has come to count, or changed, since this was asked last. */
  news(): Activity[] {
    const fresh = this.all().filter(({ activity, given }) => given !== activity.status);
    for (const entry of fresh) entry.given = entry.activity.status;
    return fresh.map(({ activity }) => activity);
  }

  /** Notes which open entries a good poll did not show. @returns those newly gone */
  noteAbsent(read: ReadonlySet<Id>, at: number): Entry[] {
    const gone = this.possible().filter(
      ({ activity, goneSince }) => goneSince === null && !isFinal(activity.status) && !read.has(activity.id),
    );
    for (const entry of gone) entry.goneSince = at;
    return gone;
  }

  /** The entry that counts for a target: of several, the worst. */
  worst(key: Id): Entry | null {
    return this.#counted(key).reduce<Entry | null>(
      (worst, entry) =>
        worst === null || severity(entry.activity.status) > severity(worst.activity.status) ? entry : worst,
      null,
    );
  }

  #of(key: Id): Entry[] {
    return [...(this.#byKey.get(key)?.values() ?? [])];
  }

  #counted(key: Id): Entry[] {
    if (this.hasProven(key)) return this.#of(key).filter(({ proven }) => proven);
    return this.adoptsCandidates ? this.#of(key) : [];
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
