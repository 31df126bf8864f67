import type { Activity } from '../../base/activity.js';
import type { Id } from '../../base/ids.js';

/** What polls have read so far: whoever subscribes later may have missed its entry. */
export class LogMemory {
  readonly #concerns: (activity: Activity) => boolean;
  readonly #entries = new Map<Id, Activity>();
  #highestId: Id;

  /** @param concerns what anybody can care about; the rest is not kept */
  constructor(after: Id, concerns: (activity: Activity) => boolean) {
    this.#highestId = after;
    this.#concerns = concerns;
  }

  /** The highest id that a poll has read, or the one that was given. */
  get highestId(): Id {
    return this.#highestId;
  }

  /** Each as it was read last. */
  get entries(): Activity[] {
    return [...this.#entries.values()];
  }

  take(read: readonly Activity[]): void {
    for (const activity of read) {
      if (this.#concerns(activity)) this.#entries.set(activity.id, activity);
      if (activity.id > this.#highestId) this.#highestId = activity.id;
    }
  }
}
