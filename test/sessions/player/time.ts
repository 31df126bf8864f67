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
    return () => end.abort();
  }

  every(ms: number, call: () => void): () => void {
    return repeat(this, ms, call);
  }
}

/** A command's work is over, for now, once it has had this many turns to show more of it. */
const QUIET_TURNS = 4;

/**
 * Time that passes only while all commands wait for it: neither an import, nor a file, nor an answer
 * that is on its way takes any.
 */
export class SessionTime extends VirtualClock {
  #quietTurns = 0;

  /** @param isAtWork whether any command does something else than to wait */
  constructor(isAtWork: () => boolean) {
    super();
    this.isBusy = () => {
      this.#quietTurns = isAtWork() ? 0 : this.#quietTurns + 1;
      if (this.#quietTurns < QUIET_TURNS) return true;
      // Now time passes. What that wakes needs its turns, too.
      this.#quietTurns = 0;
      return false;
    };
  }
}
