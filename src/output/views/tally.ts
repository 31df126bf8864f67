import { isFinal, STATUSES, type Activity, type Status } from '../../base/activity.js';
import { type Id } from '../../base/ids.js';

/** The counts of a followed log: all of its entries, and how many of each known status. */
export type Counts = { total: number } & Record<Status | 'other', number>;

/** Keeps the last status of each entry. */
export class Tally {
  readonly #statuses = new Map<Id, string>();

  add({ id, status }: Activity): void {
    this.#statuses.set(id, status);
  }

  counts(): Counts {
    const counts: Counts = { total: this.#statuses.size, processing: 0, completed: 0, rejected: 0, other: 0 };
    for (const status of this.#statuses.values()) counts[isKnown(status) ? status : 'other'] += 1;
    return counts;
  }

  /** How many may still change. */
  open(): number {
    return [...this.#statuses.values()].filter((status) => !isFinal(status)).length;
  }
}

function isKnown(status: string): status is Status {
  return Object.hasOwn(STATUSES, status);
}
