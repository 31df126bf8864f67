/**
 * Calls back once, when the time is over or the caller's signal is aborted. Not `AbortSignal.any`: there, each of the
 * thousands of polls of a run would stay attached to the run's signal for as long as it lives.
 */
export class TimeLimit {
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal | undefined;
  #end: (() => void) | null;
  #passed = false;

  constructor(ms: number, outer: AbortSignal | undefined, end: () => void) {
    this.#end = end;
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.#passed = true;
      this.#call();
    }, ms);
    outer?.addEventListener('abort', this.#call, { once: true });
  }

  /** Whether it was the time that ended it. */
  get passed(): boolean {
    return this.#passed;
  }

  /**
   * Leaves neither a timer nor a listener behind. A listener that is removed still points at the ones after it, so
   * what this one would call is let go of, or one request would keep the next in memory.
   */
  clear(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#call);
    this.#end = null;
  }

  readonly #call = (): void => this.#end?.();
}
