import { Interrupted } from '../base/errors.js';
import type { Signal } from './old-requests.js';

/**
 * The signal of one job: aborted, with an `Interrupted`, when the caller's is, or by `abort`. Call `release` when the job is
 * done.
 */
export class JobSignal {
  readonly #controller = new AbortController();
  readonly #release: () => void;

  constructor(outer?: Signal) {
    this.#release = outer
      ? Fork.of(outer).onAbort(() => this.abort('aborted by the caller', outer.reason))
      : () => undefined;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(message: string, cause: unknown): void {
    this.#controller.abort(new Interrupted('SIGINT', { message, cause }));
  }

  release(): void {
    this.#release();
  }
}

/** One listener on a caller's signal for all jobs that have it: Node warns of more than ten. */
class Fork {
  static readonly #known = new WeakMap<Signal, Fork>();
  readonly #signal: Signal;
  readonly #calls = new Set<() => void>();
  readonly #callAll = (): void => [...this.#calls].forEach((call) => call());

  private constructor(signal: Signal) {
    this.#signal = signal;
  }

  static of(signal: Signal): Fork {
    const known = Fork.#known.get(signal);
    if (known) return known;
    const fork = new Fork(signal);
    Fork.#known.set(signal, fork);
    return fork;
  }

  /** Calls back when it is aborted; at once, if it is already. @returns releases it */
  onAbort(call: () => void): () => void {
    if (this.#signal.aborted) {
      call();
      return () => undefined;
    }
    if (this.#calls.size === 0) this.#signal.addEventListener('abort', this.#callAll);
    this.#calls.add(call);
    return () => {
      this.#calls.delete(call);
      if (this.#calls.size === 0) this.#signal.removeEventListener('abort', this.#callAll);
    };
  }
}
