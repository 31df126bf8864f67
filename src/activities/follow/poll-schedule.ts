import type { Random } from '../../base/clock.js';
import { jittered } from '../backoff.js';

/** The first poll comes early: work that fails at once has failed by then. */
const FIRST_MS = 500;
const SHORTEST_MS = 1000;
const LONGEST_MS = 5000;
/** What has not changed for an hour will hardly do so within the next second: the wait grows with that time. */
const SHARE_OF_QUIET_TIME = 1 / 60;
/** At most two requests a second, however many pages a poll takes. */
const REST_FOR_A_REQUEST_MS = 500;

/** The poll that has just ended. Monotonic clock, ms. */
export interface LastPoll {
  startedAt: number;
  /** How many requests it took. */
  requests: number;
  /** When the next one could settle what is followed, if nothing else happens; `Infinity` for never. */
  checkAt: number;
}

/**
 * When to poll again: after 0.5 s, then every second for the first minute since something last changed, then after a
 * sixtieth of the time since, 5 s at most; ±10 % (design, "Polling"). A fixed interval stays what it is.
 */
export class PollSchedule {
  readonly #fixedMs: number | null;
  readonly #random: Random;
  #isFirst = true;
  #changedAt = 0;

  /** @param fixedMs `--interval` in milliseconds, or null to adapt */
  constructor(fixedMs: number | null, random: Random) {
    this.#fixedMs = fixedMs;
    this.#random = random;
  }

  /** Something new is followed. @param now monotonic clock, ms */
  begin(now: number): void {
    this.#isFirst = true;
    this.#changedAt = now;
  }

  /** @param now monotonic clock, ms */
  changed(now: number): void {
    this.#changedAt = now;
  }

  /**
   * @param now monotonic clock, ms
   * @param last the good poll that has just ended; null at the beginning, and after one that failed
   * @returns how long to wait from now, ms
   */
  next(now: number, last: LastPoll | null = null): number {
    if (this.#fixedMs !== null) return this.#fixedMs;
    const quietMs = now - this.#changedAt;
    const intervalMs = Math.min(Math.max(quietMs * SHARE_OF_QUIET_TIME, SHORTEST_MS), LONGEST_MS);
    const waitMs = jittered(this.#isFirst ? FIRST_MS : intervalMs, this.#random);
    this.#isFirst = false;
    if (last === null) return Math.min(waitMs, LONGEST_MS);
    const tookMs = now - last.startedAt;
    // From the beginning of one poll to that of the next, so that nothing is noticed more than 5 s and a request late.
    const latestMs = Math.min(waitMs, LONGEST_MS - tookMs, last.checkAt - now);
    return Math.max(latestMs, Math.min(REST_FOR_A_REQUEST_MS * last.requests, LONGEST_MS) - tookMs, 0);
  }
}
