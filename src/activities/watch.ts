import { isFinal, type Activity } from '../base/activity.js';
import { compareIds, type Id } from '../base/ids.js';
import type { RunStep } from '../base/progress.js';
import { matches, type ActivityFilter } from '../log/list.js';
import type { Followed } from './follow/followed.js';

/** Final entries kept for display in a watch that never ends; older ones have scrolled away. */
const MOST_KEPT = 1000;

/**
 * The entries of a listing that is kept up to date: those of the first listing, and the matching ones that come after
 * it. With `untilFinal` it is settled once the first ones are all final; new ones are listed, not waited for.
 */
export class Watch implements Followed {
  readonly #filter: ActivityFilter;
  readonly #untilFinal: boolean;
  readonly #waitedFor: ReadonlySet<Id>;
  /** Oldest first, as they come. */
  readonly #entries = new Map<Id, Activity>();
  /** Not wanted as they are, but their status may become the one that is. */
  readonly #candidates = new Set<Id>();
  /** What is read up to this id is no news: it was there before the first listing, or is kept no longer. */
  #oldUpTo: Id;

  /** @param after entries above this id are new: the highest of the log when the first listing was made */
  constructor(first: readonly Activity[], after: Id, filter: ActivityFilter, untilFinal: boolean) {
    this.#filter = filter;
    this.#oldUpTo = after;
    this.#untilFinal = untilFinal;
    for (const activity of [...first].sort(byId)) this.#entries.set(activity.id, activity);
    this.#waitedFor = new Set(first.filter(({ status }) => !isFinal(status)).map(({ id }) => id));
  }

  /** Newest first. */
  get entries(): Activity[] {
    return [...this.#entries.values()].sort((a, b) => byId(b, a));
  }

  /** Whether an entry that was waited for was rejected; one that had ended before is history. */
  get anyRejected(): boolean {
    return [...this.#waitedFor].some((id) => this.#entries.get(id)?.status === 'rejected');
  }

  open(): Id[] {
    const open = [...this.#entries.values()].filter(({ status }) => !isFinal(status)).map(({ id }) => id);
    return [...open, ...this.#candidates];
  }

  observe(read: readonly Activity[]): RunStep[] {
    const news = read.filter((activity) => this.#take(activity));
    this.#forgetOldest();
    return news.map((activity) => ({ event: 'activity', activity }));
  }

  get settled(): boolean {
    return this.#untilFinal && [...this.#waitedFor].every((id) => isFinal(this.#entries.get(id)?.status ?? ''));
  }

  nextCheckAt(): null {
    return null;
  }

  /** @returns whether it is news */
  #take(activity: Activity): boolean {
    const before = this.#entries.get(activity.id);
    if (before) {
      if (before.status === activity.status || isFinal(before.status)) return false;
    } else {
      const isNew = activity.id > this.#oldUpTo && matches({ ...this.#filter, statuses: undefined }, activity);
      if (!isNew || !this.#hasWantedStatus(activity)) return false;
    }
    this.#entries.set(activity.id, activity);
    return true;
  }

  #hasWantedStatus(activity: Activity): boolean {
    const wanted = matches(this.#filter, activity);
    if (wanted || isFinal(activity.status)) this.#candidates.delete(activity.id);
    else this.#candidates.add(activity.id);
    return wanted;
  }

  #forgetOldest(): void {
    for (const [id, { status }] of this.#entries) {
      if (this.#entries.size <= MOST_KEPT) return;
      if (!isFinal(status) || this.#waitedFor.has(id)) continue;
      this.#entries.delete(id);
      if (id > this.#oldUpTo) this.#oldUpTo = id;
    }
  }
}

function byId(a: Activity, b: Activity): number {
  return compareIds(a.id, b.id);
}
