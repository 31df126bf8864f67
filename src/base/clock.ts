import { uptime } from 'node:os';

/** An `AbortSignal`, said by its shape, so that the published types need neither those of Node nor those of a browser. */
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

/**
 * Calls back once, when the signal is aborted; at once, if it is already. In place of `AbortSignal.any`, by which each of the
 * thousands of polls of a run would stay attached to the run's signal for as long as that lives.
 * @returns releases the signal: call it when the work is done
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

/** Time as it is handed to those who need it, so that no test waits for real. Milliseconds throughout. */
export interface Clock {
  /** Wall clock, UTC: for people, records, and times of the server. It can be set at any moment, so nothing is measured by it. */
  now(): number;
  /**
   * Since some moment of this process, with fractions: for every limit, age and interval. It never goes back, no one can
   * set it, and it goes on while the process is stopped and while the machine sleeps.
   */
  elapsed(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted, and leaves no timer behind. */
  sleep(ms: number, signal?: Signal): Promise<void>;
}

/** Some systems tell their uptime in whole seconds: it must not run ahead. */
const UPTIME_STEP_MS = 1000;
/** A timer stands still while the machine sleeps, so that after it one sleeps on for this long at most. */
const LONGEST_TIMER_MS = 10_000;

/**
 * The longer of the monotonic clock, which on Linux and macOS stands still while the machine sleeps, and of the uptime, each
 * since the start.
 */
export function createClock(uptimeSeconds: () => number = uptime): Clock {
  const uptimeAtStart = uptimeSeconds() * 1000 - performance.now();
  let asleepMs = 0;
  const elapsed = (): number => {
    const awakeMs = performance.now();
    asleepMs = Math.max(asleepMs, uptimeSeconds() * 1000 - uptimeAtStart - awakeMs - UPTIME_STEP_MS);
    return awakeMs + asleepMs;
  };
  const sleep: Clock['sleep'] = (ms, signal) =>
    new Promise((resolve, reject) => {
      const end = elapsed() + ms;
      let timer: NodeJS.Timeout | undefined;
      const release = onAbort(signal, () => {
        clearTimeout(timer);
        if (signal) reject(signal.reason);
      });
      const wait = (leftMs: number): void => {
        const next = (): void => {
          if (leftMs > LONGEST_TIMER_MS) return wait(end - elapsed());
          release();
          resolve();
        };
        // A timer drops fractions.
        timer = setTimeout(next, Math.min(Math.max(Math.ceil(leftMs), 0), LONGEST_TIMER_MS));
      };
      if (!signal?.aborted) wait(ms);
    });
  return { now: () => Date.now(), elapsed, sleep };
}

export const systemClock: Clock = createClock();
