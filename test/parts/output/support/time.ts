import { mock } from 'node:test';

/** What the monotonic clock says at first: nothing that a wall clock says. */
export const BEGUN_AT = 3_600_000;
const START = Date.parse('2026-03-16T12:00:00Z');
const STEP_MS = 100;

/** A clock, and intervals, that run only when they are told to. */
export class ManualTime {
  readonly clock = {
    now: (): number => START + this.#passed + this.#set,
    elapsed: (): number => BEGUN_AT + this.#passed,
    every: (ms: number, call: () => void): (() => void) => {
      const timer = setInterval(call, ms);
      return () => clearInterval(timer);
    },
  };
  #passed = 0;
  /** How far the wall clock was set forward, or (below 0) back. */
  #set = 0;

  constructor() {
    endTime();
    mock.timers.enable({ apis: ['setInterval'] });
  }

  /** Sets the wall clock forward, or back. */
  jumpWall(ms: number): void {
    this.#set += ms;
  }

  /** Moves on by tenths of a second, and runs what falls due on the way. */
  advance(ms: number): void {
    for (const end = this.#passed + ms; this.#passed < end;) {
      this.#passed += STEP_MS;
      mock.timers.tick(STEP_MS);
    }
  }
}

/** What views that were not stopped have left behind. */
export function endTime(): void {
  mock.timers.reset();
  process.removeAllListeners('SIGCONT');
}
