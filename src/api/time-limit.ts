/**
 * A time limit and a caller's signal as one signal. Not `AbortSignal.any`: there, each of the thousands of polls of
 * a run would stay attached to the run's signal for as long as it lives.
 */
export class TimeLimit {
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal | undefined;
  #passed = false;

  constructor(ms: number, outer?: AbortSignal) {
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.#passed = true;
      this.#end();
    }, ms);
    outer?.addEventListener('abort', this.#end, { once: true });
  }

  /** Aborted when the time is over, or with the caller's signal. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Whether it was the time that ended it. */
  get passed(): boolean {
    return this.#passed;
  }

  /** Leaves neither a timer nor a listener behind. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#end);
  }

  readonly #end = (): void => this.#stop.abort();
}
