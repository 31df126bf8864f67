import { setImmediate as nextTurn, setTimeout as realSleep } from 'node:timers/promises';
import { type Clock } from '../../src/base/clock.js';

interface Sleeper {
  wakeAt: number;
  wake: () => void;
}

interface Limit {
  at: number;
  call: () => void;
}

/**
 * A run that is still running after this much virtual time hangs, as far as a test is concerned.
 */
const LONGEST_RUN_MS = 7 * 24 * 60 * 60 * 1000;

/** What takes more turns than this is more than what Node does within itself. */
const MOST_BUSY_TURNS = 100;

/** Calls back again and again, by limits. @returns ends it */
export function repeat(clock: Pick<Clock, 'limit'>, ms: number, call: () => void): () => void {
  const start = (): (() => void) =>
    clock.limit(ms, () => {
      end = start();
      call();
    });
  let end = start();
  return () => end();
}

/**
 * Time that passes only when a test says so. Milliseconds throughout.
 *
 * `await clock.run(promise)` is what most tests want: whenever every task is asleep, time jumps to
 * the next wake-up, until the promise has a value. `advance` moves time by hand.
 */
export class VirtualClock implements Clock {
  readonly #start: number;
  #elapsed = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly #limits = new Set<Limit>();
  /** Time waits while something is on its way that takes none of it. */
  isBusy = (): boolean => false;
  /** How long each sleep was asked to be, in the order they started. */
  readonly sleeps: number[] = [];

  constructor(start: number = Date.UTC(2026, 5, 1, 12, 0, 0)) {
    this.#start = start;
  }

  /** Whole ms, as `Date.now()`. */
  now(): number {
    return Math.floor(this.#start + this.#elapsed);
  }

  elapsed(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper = { wakeAt: this.#elapsed + Math.max(ms, 0), wake };
      this.#sleepers.add(sleeper);
      const onAbort = (): void => {
        if (this.#sleepers.delete(sleeper) && signal) reject(signal.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Is called after this time, which sleeps or a test let pass: it makes no time pass itself. */
  limit(ms: number, call: () => void): () => void {
    const limit = { at: this.#elapsed + ms, call };
    this.#limits.add(limit);
    return () => void this.#limits.delete(limit);
  }

  /** The same, again and again. */
  every(ms: number, call: () => void): () => void {
    return repeat(this, ms, call);
  }

  /** How many tasks are asleep: 0 at the end of a run says that no timer was left behind. */
  get asleep(): number {
    return this.#sleepers.size;
  }

  /**
   * The process is suspended for this long: time passes, and those that were to wake meanwhile wake
   * right after it.
   */
  suspend(ms: number): void {
    this.#pass(this.#elapsed + ms);
  }

  /** Lets `ms` pass. Sleepers wake in their order, each with time to act before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await nextTurn();
    for (let next = this.#earliest(); next && next.wakeAt <= end; next = this.#earliest()) {
      this.#wake(next);
      await nextTurn();
    }
    this.#pass(end);
  }

  /**
   * Lets time pass until `promise` has ended, and hands on its value or its error.
   * @throws Error when it hangs
   */
  async run<T>(promise: Promise<T>): Promise<T> {
    const end = this.#elapsed + LONGEST_RUN_MS;
    const state = { isOver: false };
    const done = (): void => void (state.isOver = true);
    promise.then(done, done);
    let busyTurns = 0;
    for (;;) {
      await nextTurn();
      if (state.isOver) return promise;
      if (this.isBusy()) {
        // What is real takes as long as it does, and others may need the processor for it.
        busyTurns += 1;
        if (busyTurns > MOST_BUSY_TURNS) await realSleep(1);
        continue;
      }
      busyTurns = 0;
      const next = this.#earliest();
      if (!next || next.wakeAt === Infinity) {
        // Nothing wakes by time, so something real (a socket, a file, a gate) is still on its way.
        await realSleep(1);
      } else if (next.wakeAt > end) {
        throw new Error('still running after a week of virtual time');
      } else {
        this.#wake(next);
      }
    }
  }

  /** Of several that wake at one time, the one that fell asleep first. */
  #earliest(): Sleeper | undefined {
    return [...this.#sleepers].sort((a, b) => a.wakeAt - b.wakeAt)[0];
  }

  /** A limit that is over before then may end the sleep. At the same moment, the sleep is first. */
  #wake(sleeper: Sleeper): void {
    const at = Math.max(this.#elapsed, sleeper.wakeAt);
    this.#elapsed = at;
    this.#callLimits((limit) => limit.at < at);
    if (!this.#sleepers.delete(sleeper)) return;
    this.#pass(at);
    sleeper.wake();
  }

  #pass(elapsed: number): void {
    this.#elapsed = elapsed;
    this.#callLimits((limit) => limit.at <= elapsed);
  }

  #callLimits(isOver: (limit: Limit) => boolean): void {
    for (const limit of [...this.#limits].filter(isOver)) {
      this.#limits.delete(limit);
      limit.call();
    }
  }
}
