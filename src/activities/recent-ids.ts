import type { Id } from '../core/ids.js';

/** A log that grows while it is read moves entries by a few places; 20 pages are far more. */
const REMEMBERED = 2000;

/** The ids seen lately: enough to drop repetitions, and of a fixed size however long the log is. */
export class RecentIds {
  readonly #ids = new Set<Id>();

  has(id: Id): boolean {
    return this.#ids.has(id);
  }

  /** @returns false when it was known already */
  add(id: Id): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > REMEMBERED) {
      const [oldest] = this.#ids;
      if (oldest !== undefined) this.#ids.delete(oldest);
    }
    return true;
  }
}
