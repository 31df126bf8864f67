/**
 * What is asked of an `AbortSignal`, which is one. Said by its shape, so that the published types need neither those of
 * Node nor those of a browser.
 */
export interface Signal {
  readonly aborted: boolean;
  /** Why it was aborted: what is then thrown, an `Error` unless the caller chose something else. */
  readonly reason: Error;
  /** @throws its reason, when it is aborted */
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A signal that is handed out: an `AbortSignal`, for `fetch` and the like, in a program that has a type for it. */
export type OwnSignal = typeof globalThis extends { AbortSignal: { prototype: infer Known } } ? Known : Signal;

/** Time as it is handed to whoever needs it, so that no test waits for real. Milliseconds throughout. */
export interface Clock {
  /**
   * Wall clock, milliseconds since the epoch (UTC): for what people read, for records, and for times of the server. It
   * can be set, forward and back, at any moment, so that no limit, age or interval is measured by it alone.
   */
  now(): number;
  /**
   * Monotonic clock, milliseconds since some moment of this process, with fractions: for limits, ages and intervals. It
   * never goes back, and goes on while the process is stopped; but on Linux it stands still while the machine sleeps.
   * Where sleep must count, there is `Stopwatch`.
   */
  elapsed(): number;
  /**
   * Resolves after `ms` by the monotonic clock; rejects with the signal's reason as soon as it is aborted, and leaves no
   * timer behind.
   */
  sleep(ms: number, signal?: Signal): Promise<void>;
}

/** A number in [0, 1), as `Math.random` gives it. */
export type Random = () => number;

// setTimeout takes a signed 32-bit number; a longer one would fire at once.
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        if (signal) reject(signal.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        // A timer drops fractions.
        Math.min(Math.max(Math.ceil(ms), 0), LONGEST_TIMER),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};
