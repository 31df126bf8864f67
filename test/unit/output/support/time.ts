import { type Every, type OnSuspend } from '../../../../src/output/views/plain.js';

/** What the monotonic clock says at first: nothing that a wall clock says. */
export const BEGUN_AT = 3_600_000;
const START = Date.parse('2026-03-16T12:00:00Z');

/** A clock and a ticker that move only when they are told to. */
export class ManualTime {
  readonly clock = {
    now: (): number => START + this.#passed + this.#set,
    elapsed: (): number => BEGUN_AT + this.#passed,
  };
  readonly every: Every = (ms, run) => {
    const timer = { ms, run, due: this.#passed + ms };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };
  readonly onSuspend: OnSuspend = () => () => undefined;
  readonly #timers = new Set<{ ms: number; run: () => void; due: number }>();
  #passed = 0;
  /** How far the wall clock was set forward, or (below 0) back. */
  #set = 0;

  /** Sets the wall clock forward, or back. */
  jumpWall(ms: number): void {
    this.#set += ms;
  }

  /** Moves on by `ms`, and runs what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.#passed + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (!next) break;
      this.#passed = next.due;
      next.due += next.ms;
      next.run();
    }
    this.#passed = end;
  }

  get timers(): number {
    return this.#timers.size;
  }
}
