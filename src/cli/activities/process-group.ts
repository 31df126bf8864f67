import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../../core/clock.js';

/** Between asking processes to end, and ending them: short enough for Ctrl-C to end everything within a second. */
const GRACE_MS = 700;

/** Those that are there now. When this process ends in a hurry, they end with it. */
const running = new Set<ProcessGroup>();

const endAll = (): void => running.forEach((group) => group.kill('SIGKILL'));

/** A program that was started `detached`, and everything that it started in turn. */
export class ProcessGroup {
  readonly #leader: ChildProcess;

  constructor(leader: ChildProcess) {
    this.#leader = leader;
    if (running.size === 0) process.once('exit', endAll);
    running.add(this);
  }

  /** Asks all of it to end, and ends what is left after a while. */
  async end(clock: Clock): Promise<void> {
    const ended = new AbortController();
    this.#leader.once('close', () => ended.abort());
    this.kill('SIGTERM');
    await clock.sleep(GRACE_MS, ended.signal).catch(() => undefined);
    this.kill('SIGKILL');
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#leader.pid === undefined) return;
    try {
      process.kill(-this.#leader.pid, signal);
    } catch {
      // All of it has ended already.
    }
  }

  /** Leaves it alone from now on: its leader has ended, and what that left in the background is its own. */
  release(): void {
    running.delete(this);
    if (running.size === 0) process.off('exit', endAll);
  }
}
