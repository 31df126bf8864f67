import { uptime } from 'node:os';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { LdctlError } from './errors.js';

/**
 * Calls back once, when the signal is aborted; at once, if it is already. In place of
 * `AbortSignal.any`, by which each of the thousands of polls of a run would stay attached to the
 * run's signal for as long as that lives.
 * @returns releases the signal: call it when the work is done
 */
export function onAbort(signal: AbortSignal | undefined, call: () => void): () => void {
  if (signal?.aborted) call();
  else signal?.addEventListener('abort', call, { once: true });
  return () => signal?.removeEventListener('abort', call);
}

/** Passed to all that needs the time, so that no test waits. In milliseconds. */
export interface Clock {
  /**
   * Wall clock, UTC: for people, records, and times of the server. It can be set at any time, so it
   * measures nothing.
   */
  now(): number;
  /**
   * Monotonic, with fractions: for every limit, age and interval. It cannot be set, and runs on
   * while the process is stopped and while the machine sleeps.
   */
  elapsed(): number;
  /**
   * Resolves after `ms`; rejects with the signal's reason as soon as it is aborted, and clears its
   * timer.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls back after `ms`, as a limit on what may never end by itself.
   * @returns releases it: call it when the work is done
   */
  limit(ms: number, call: () => void): () => void;
  /**
   * Calls back again and again, and keeps no process alive.
   * @returns ends it
   */
  every(ms: number, call: () => void): () => void;
}

/** It speaks of the log, since no one sees this error of anything that is `optional`. */
const tooLate = () => new LdctlError('unreachable', 'timeout', 'the log could not be read in time');

/**
 * Does work that may take this long: after that its signal is aborted.
 * @throws what the work throws, the reason of the outer signal, or LdctlError (exit 6) when the
 * time is over
 */
export async function within<T>(
  ms: number,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limited = new AbortController();
  const release = onAbort(signal, () => limited.abort(signal.reason));
  const stop = clock.limit(ms, () => limited.abort(tooLate()));
  try {
    return await work(limited.signal);
  } finally {
    release();
    stop();
  }
}

/** The longest wait for what nothing depends on, such as Core's count before a trigger. */
export const OPTIONAL_MS = 2000;

/** Asks for what nothing depends on. @returns null where it cannot be had in time */
export async function optional<T>(
  tools: { clock: Clock; signal: AbortSignal },
  ask: (signal: AbortSignal) => Promise<T>,
  ms = OPTIONAL_MS,
): Promise<T | null> {
  try {
    return await within(ms, tools, ask);
  } catch (error) {
    tools.signal.throwIfAborted();
    if (error instanceof LdctlError) return null;
    throw error;
  }
}

/** Some systems give their uptime in whole seconds: the clock must not run ahead by that. */
const UPTIME_STEP_MS = 1000;
/** Node calls back at once after a longer one. */
const LONGEST_LIMIT_MS = 2 ** 31 - 1;
/** A timer stops while the machine sleeps, so after that a `sleep` is late by this much at most. */
const LONGEST_TIMER_MS = 10_000;

/**
 * The monotonic clock stops on Linux and macOS while the machine sleeps: the uptime shows how long
 * that was.
 */
export function createClock(uptimeSeconds: () => number = uptime): Clock {
  const uptimeAtStart = uptimeSeconds() * 1000 - performance.now();
  let asleepMs = 0;
  const elapsed = () => {
    const awakeMs = performance.now();
    asleepMs = Math.max(
      asleepMs,
      uptimeSeconds() * 1000 - uptimeAtStart - awakeMs - UPTIME_STEP_MS,
    );
    return awakeMs + asleepMs;
  };
  const sleep: Clock['sleep'] = async (ms, signal) => {
    const end = elapsed() + ms;
    let left: number;
    do {
      left = end - elapsed();
      // A timer drops fractions.
      const timerMs = Math.min(Math.max(Math.ceil(left), 0), LONGEST_TIMER_MS);
      await sleepFor(timerMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    } while (left > LONGEST_TIMER_MS);
  };
  const limit: Clock['limit'] = (ms, call) => {
    const timer = setTimeout(call, Math.min(ms, LONGEST_LIMIT_MS));
    return () => clearTimeout(timer);
  };
  const every: Clock['every'] = (ms, call) => {
    const timer = setInterval(call, ms).unref();
    return () => clearInterval(timer);
  };
  return { now: () => Date.now(), elapsed, sleep, limit, every };
}

export const systemClock: Clock = createClock();
