import { linkedController } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';

/** When something is due. That may be put off, or brought forward, while somebody sleeps until then. Milliseconds. */
export class Timer {
  readonly #clock: Clock;
  /** Monotonic clock. */
  #dueAt = Infinity;
  #nudge = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Due so long from now. */
  set(ms: number): void {
    this.#dueAt = this.#clock.elapsed() + ms;
  }

  /** Due so long from now at the latest. */
  bringForward(ms: number): void {
    if (this.#clock.elapsed() + ms < this.#dueAt) this.set(ms);
    this.wake();
  }

  /** Lets whoever sleeps see anew whether it is due, or still wanted. */
  wake(): void {
    this.#nudge.abort(new Error('something has changed'));
  }

  /**
   * Sleeps until it is due.
   * @returns false as soon as it is no longer wanted
   * @throws the signal's reason
   */
  async untilDue(isWanted: () => boolean, signal: AbortSignal): Promise<boolean> {
    while (isWanted()) {
      const leftMs = this.#dueAt - this.#clock.elapsed();
      if (leftMs <= 0) return true;
      const { controller, release } = linkedController(signal);
      this.#nudge = controller;
      try {
        await this.#clock.sleep(leftMs, controller.signal);
      } catch {
        signal.throwIfAborted();
      } finally {
        release();
      }
    }
    return false;
  }
}
