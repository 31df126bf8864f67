import type { Signal } from './clock.js';

/*
 * Aborting, and time limits. None of it uses `AbortSignal.any`: there, each of
 * the thousands of polls of a run would stay attached to the run's signal for as long as that lives.
 */

/**
 * Calls back once, when the signal is aborted; at once, if it is already.
 * @returns releases the signal: call it when the work is done, or the signal keeps the listener as long as it lives
 */
export function onAbort(signal: Signal | undefined, call: () => void): () => void {
  // A removed listener still points at the ones after it, so what it would call is dropped, or one request would keep
  // the next one in memory.
  let pending: (() => void) | null = call;
  const listener = (): void => {
    const once = pending;
    pending = null;
    once?.();
  };
  if (signal?.aborted) listener();
  else signal?.addEventListener('abort', listener, { once: true });
  return () => {
    pending = null;
    signal?.removeEventListener('abort', listener);
  };
}

/** A controller that is aborted with `parent` as well, for the same reason. Call `release` when the work is done. */
export function linkedController(parent?: Signal): { controller: AbortController; release: () => void } {
  const controller = new AbortController();
  const release = onAbort(parent, () => controller.abort(parent?.reason));
  return { controller, release };
}

/** Calls back once, when so many milliseconds of real time are over, or when the caller's signal is aborted. */
export class TimeLimit {
  readonly #timer: NodeJS.Timeout;
  readonly #release: () => void;
  #passed = false;

  constructor(ms: number, outer: Signal | undefined, end: () => void) {
    this.#timer = setTimeout(() => {
      this.#passed = true;
      this.#release();
      end();
    }, ms);
    this.#release = onAbort(outer, end);
  }

  /** Whether it was the time that ended it. */
  get passed(): boolean {
    return this.#passed;
  }

  /** Leaves neither a timer nor a listener behind. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#release();
  }
}
