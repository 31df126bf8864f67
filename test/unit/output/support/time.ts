import { type Every } from '../../../../src/output/ticker.js';

/** A clock and a ticker that move only when they are told to. */
export class ManualTime {
  readonly clock = { now: (): number => this.#now };
  readonly every: Every = (ms, run) => {
    const timer = { ms, run, due: this.#now + ms };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };
  readonly #timers = new Set<{ ms: number; run: () => void; due: number }>();
  #now: number;

  constructor(start = '2026-03-16T12:00:00Z') {
    this.#now = Date.parse(start);
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

  get timers(): number {
    return this.#timers.size;
  }
}
