import { type Clock } from '../../../src/base/clock.js';
import { repeat, VirtualClock } from '../../helpers/clock.js';

/** What a command waits for that takes virtual time, and nothing else: it is not at work. */
export class Waits {
  #count = 0;

  get any(): boolean {
    return this.#count > 0;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
    }
  }
}

/** The clock of a command: the time of the session, on a machine whose clock may be wrong. */
export class CommandClock implements Clock {
  constructor(
    private readonly time: VirtualClock,
    private readonly waits: Waits,
    private readonly machine: { readonly clockOffset: number },
  ) {}

  now(): number {
    return this.time.now() + this.machine.clockOffset;
  }

  elapsed(): number {
    return this.time.elapsed();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.waits.during(() => this.time.sleep(ms, signal));
  }

  /** Time stops for it, so that what it does is done at that very moment. */
  limit(ms: number, call: () => void): () => void {
    const end = new AbortController();
    this.time.sleep(ms, end.signal).then(call, () => undefined);
    // Without a reason Node makes one, which takes long.
    return () => end.abort(RELEASED);
  }

  every(ms: number, call: () => void): () => void {
    return repeat(this, ms, call);
  }
}

const RELEASED = new Error('released');

/** A command's work is over, for now, once it has had this many turns to show more of it. */
const QUIET_TURNS = 4;
/** What has not come after this much virtual time never comes. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

/**
 * Time that passes only while all commands wait for it: neither an import, nor a file, nor an answer
 * that is on its way takes any.
 */
export class SessionTime extends VirtualClock {
  #quietTurns = 0;
  #goal: { isReached: () => boolean; reach: () => void } | null = null;

  /** @param isAtWork whether any command does something else than to wait */
  constructor(isAtWork: () => boolean) {
    super();
    this.isBusy = () => {
      this.#quietTurns = isAtWork() ? 0 : this.#quietTurns + 1;
      if (this.#quietTurns < QUIET_TURNS) return true;
      // Time passes, or someone types: what comes of it needs its turns, too.
      this.#quietTurns = 0;
      if (!this.#goal?.isReached()) return false;
      this.#goal.reach();
      this.#goal = null;
      return true;
    };
  }

  /**
   * Lets time pass until it is so while nothing is at work.
   * @throws Error when it is not so within a day
   */
  async until(isReached: () => boolean): Promise<void> {
    const over = new AbortController();
    const reached = new Promise<void>((reach) => (this.#goal = { isReached, reach }));
    const tooLate = this.sleep(LONGEST_WAIT_MS, over.signal).then(() => {
      this.#goal = null;
      throw new Error('for a day it asked nothing, and did not end');
    });
    tooLate.catch(() => undefined);
    await this.run(Promise.race([reached, tooLate])).finally(() => over.abort(RELEASED));
  }

  /** Lets all come to rest, and no time pass. */
  settle(): Promise<void> {
    return this.until(() => true);
  }

  /** Lets this much pass, and all come to rest. */
  async pass(ms: number): Promise<void> {
    await this.run(this.sleep(ms));
    await this.settle();
  }
}
