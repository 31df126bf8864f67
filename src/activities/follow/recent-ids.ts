import type { Id } from '../../base/ids.js';

/** A log that grows while it is read moves entries by a few places; 20 pages are far more. */
const REMEMBERED = 2000;

/** The ids seen lately: enough to drop repetitions, and of a fixed size however long the log is. */
export class RecentIds {
  readonly #ids = new Set<Id>();

  has(id: Id): boolean {
    return this.#ids.has(id);
  }

  add(id: Id): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (oldest !== undefined && this.#ids.size > REMEMBERED) this.#ids.delete(oldest);
  }
}
