import { type Every, type OnSuspend } from '../../../../src/output/views/plain.js';

/** What the monotonic clock says at first: nothing that a wall clock says. */
export const BEGUN_AT = 3_600_000;

/** A clock and a ticker that move only when they are told to. */
export class ManualTime {
  readonly clock = {
    now: (): number => this.#now + this.#set,
    elapsed: (): number => this.#now - this.#start + BEGUN_AT,
  };
  readonly every: Every = (ms, run) => {
    const timer = { ms, run, due: this.#now + ms };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };
  readonly onSuspend: OnSuspend = (pause, resume) => {
    const view = { pause, resume };
    this.#views.add(view);
    return () => void this.#views.delete(view);
  };
  readonly #views = new Set<{ pause: () => void; resume: () => void }>();
  readonly #timers = new Set<{ ms: number; run: () => void; due: number }>();
  readonly #start: number;
  #now: number;
  /** How far the wall clock was set forward, or (below 0) back. */
  #set = 0;

  constructor(start = '2026-03-16T12:00:00Z') {
    this.#start = Date.parse(start);
    this.#now = this.#start;
  }

  /** Sets the wall clock forward, or back. */
  jumpWall(ms: number): void {
    this.#set += ms;
  }

  /** Moves on by `ms`, and runs what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.#now = next.due;
      next.due += next.ms;
      next.run();
    }
    this.#now = end;
  }

  /** As Ctrl-Z does. */
  suspend(): void {
    for (const { pause } of this.#views) pause();
  }

  /** As `fg` does. */
  resume(): void {
    for (const { resume } of this.#views) resume();
  }

  get timers(): number {
    return this.#timers.size;
  }
}
