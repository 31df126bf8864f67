import { setImmediate as nextTurn, setTimeout as realSleep } from 'node:timers/promises';
import { type Clock, type Signal } from '../../src/base/clock.js';

interface Sleeper {
  /** By the monotonic clock. */
  wakeAt: number;
  wake: () => void;
}

/** A run that is still going on after this much virtual time hangs, as far as a test is concerned. */
const LONGEST_RUN_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Time that passes only when a test says so. Milliseconds throughout.
 *
 * `await clock.run(promise)` is what most tests want: whenever every task is asleep, time jumps to the next wake-up,
 * until the promise settles. `advance` moves time by hand. Work that takes real time (a socket, a file) goes through
 * `hold`, so that time does not run ahead of it.
 */
export class VirtualClock implements Clock {
  readonly #start: number;
  /** What the monotonic clock says: it stands still while the machine is shut. */
  #elapsed = 0;
  /** How long the machine was shut. */
  #shut = 0;
  /** How far the wall clock was set forward, or (below 0) back. */
  #set = 0;
  #sleepers: Sleeper[] = [];
  #held = 0;
  /** How long each sleep was asked to be, in the order they began. */
  readonly sleeps: number[] = [];

  constructor(start: number = Date.UTC(2026, 5, 1, 12, 0, 0)) {
    this.#start = start;
  }

  /** The wall clock. */
  now(): number {
    return this.actual() + this.#set;
  }

  /** The monotonic clock. */
  elapsed(): number {
    return this.#elapsed;
  }

  /** What a clock says that is never set, such as the server's. */
  actual(): number {
    return this.#start + this.#elapsed + this.#shut;
  }

  sleep(ms: number, signal?: Signal): Promise<void> {
    this.sleeps.push(ms);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        if (signal) reject(signal.reason);
      };
      const sleeper: Sleeper = {
        wakeAt: this.#elapsed + Math.max(ms, 0),
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** How many tasks are asleep: 0 at the end of a run says that no timer was left behind. */
  get asleep(): number {
    return this.#sleepers.length;
  }

  /** Sets the wall clock forward, or back. Nobody wakes by it, and no other clock moves. */
  jumpWall(ms: number): void {
    this.#set += ms;
  }

  /** The machine is shut for this long: the monotonic clock stands still, and sleepers sleep as long as they would have. */
  shut(ms: number): void {
    this.#shut += ms;
  }

  /** The process is stopped for this long: time goes on, and whoever was to wake meanwhile wakes right after it. */
  stop(ms: number): void {
    this.#elapsed += ms;
  }

  /** Lets time stand still until real work is done. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held++;
    try {
      return await work;
    } finally {
      this.#held--;
    }
  }

  /** Lets `ms` pass. Sleepers wake in their order, each with time to act before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await this.#settle();
    for (let next = this.#earliest(); next && next.wakeAt <= end; next = this.#earliest()) {
      this.#wake(next);
      await this.#settle();
    }
    this.#elapsed = end;
  }

  /**
   * Lets time pass until `promise` settles, and hands on its value or its error.
   * @throws Error when it is still going on after `limitMs` of virtual time
   */
  async run<T>(promise: Promise<T>, limitMs = LONGEST_RUN_MS): Promise<T> {
    const end = this.#elapsed + limitMs;
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    for (;;) {
      await this.#settle();
      // Set by `done` while this loop was waiting.
      if (settled as boolean) return promise;
      const next = this.#earliest();
      if (!next || next.wakeAt === Infinity) {
        // Nobody wakes by time, so something real (a socket, a file, a gate) is still on its way.
        await realSleep(1);
      } else if (next.wakeAt > end) {
        throw new Error(`still running after ${limitMs} ms of virtual time`);
      } else {
        this.#wake(next);
      }
    }
  }

  /** Waits until all that can go on without time passing has gone on. */
  async #settle(): Promise<void> {
    do await nextTurn();
    while (this.#held > 0);
  }

  /** Of several that wake at one time, the one that fell asleep first. */
  #earliest(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (!first || sleeper.wakeAt < first.wakeAt) first = sleeper;
    return first;
  }

  #wake(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    this.#elapsed = Math.max(this.#elapsed, sleeper.wakeAt);
    sleeper.wake();
  }
}
