import type { Id } from '../base/ids.js';

/** Three pages: as far as entries may be out of order, by far. */
const REMEMBERED = 300;

/**
 * Which entries were given already, of a log that is given newest first. Of a fixed size however long the log is, and
 * sure of itself however much the log grows meanwhile: what is above the ids that it has forgotten was given.
 */
export class GivenIds {
  readonly #recent = new Set<Id>();
  #lowestForgotten: Id | null = null;

  /** @returns false when it was given already */
  add(id: Id): boolean {
    if (this.#recent.has(id) || (this.#lowestForgotten !== null && id >= this.#lowestForgotten)) return false;
    this.#recent.add(id);
    const [oldest] = this.#recent;
    if (oldest !== undefined && this.#recent.size > REMEMBERED) this.#forget(oldest);
    return true;
  }

  #forget(id: Id): void {
    this.#recent.delete(id);
    if (this.#lowestForgotten === null || id < this.#lowestForgotten) this.#lowestForgotten = id;
  }
}
