import { uptime } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/**
 * Calls back once, when the signal is aborted; at once, if it is already. In place of `AbortSignal.any`, by which each of the
 * thousands of polls of a run would stay attached to the run's signal for as long as that lives.
 * @returns releases the signal: call it when the work is done
 */
export function onAbort(signal: AbortSignal | undefined, call: () => void): () => void {
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
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
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
  const sleep: Clock['sleep'] = async (ms, signal) => {
    const end = elapsed() + ms;
    for (let left = ms; ; left = end - elapsed()) {
      // A timer drops fractions.
      const timerMs = Math.min(Math.max(Math.ceil(left), 0), LONGEST_TIMER_MS);
      await setTimeout(timerMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
      if (left <= LONGEST_TIMER_MS) return;
    }
  };
  return { now: () => Date.now(), elapsed, sleep };
}

export const systemClock: Clock = createClock();
