/*
 * Each read makes signals, and those of Node cost more than all else in a story. These do what the
 * job needs of them.
 */

class LightSignal {
  aborted = false;
  reason: unknown;
  readonly #calls = new Set<() => void>();

  addEventListener(_: 'abort', call: () => void): void {
    this.#calls.add(call);
  }

  removeEventListener(_: 'abort', call: () => void): void {
    this.#calls.delete(call);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    [this.aborted, this.reason] = [true, reason];
    for (const call of this.#calls) call();
  }
}

class LightController {
  readonly signal = new LightSignal();

  abort(reason: unknown): void {
    this.signal.abort(reason);
  }
}

/** For this whole process. */
export function lightenSignals(): void {
  Object.assign(globalThis, { AbortController: LightController });
}
