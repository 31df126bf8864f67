import { spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { Clock } from '../base/clock.js';
import { windowsProgram } from './cmd.js';
import type { System } from './environment.js';
import { isWindows, type Platform } from './platform.js';

/** Between asking processes to end, and ending them: short enough for Ctrl-C to end everything within a second. */
const GRACE_MS = 700;
/** Windows takes a few milliseconds. */
const TASKKILL_LIMIT_MS = 5000;

/** Those that are there now. When this process ends in a hurry, they end with it. */
const running = new Set<ProcessTree>();

const endAll = (): void => running.forEach((tree) => tree.kill('SIGKILL'));

/** What a program has to be started with so that it can be ended with all that it started. On Windows, `detached` would open a window. */
export function treeOptions(platform: Platform): Pick<SpawnOptions, 'detached' | 'windowsHide'> {
  return { detached: !isWindows(platform), windowsHide: true };
}

/**
 * A program that was started with `treeOptions`, and everything that it started in turn: a process group; on Windows
 * what has it for an ancestor. When this process ends, they end with it.
 */
export class ProcessTree {
  readonly #root: ChildProcess;
  readonly #system: System;

  constructor(root: ChildProcess, system: System) {
    this.#root = root;
    this.#system = system;
    if (running.size === 0) process.once('exit', endAll);
    running.add(this);
  }

  /** Asks all of it to end, and ends what is left after a while. On Windows at once: it has no way to ask. */
  async end(clock: Clock): Promise<void> {
    if (!isWindows(this.#system.platform)) {
      const ended = new AbortController();
      this.#root.once('close', () => ended.abort());
      this.kill('SIGTERM');
      await clock.sleep(GRACE_MS, ended.signal).catch(() => undefined);
    }
    this.kill('SIGKILL');
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#root;
    if (isWindows(this.#system.platform)) endWindowsTree(this.#root, this.#system);
    else if (pid !== undefined) killGroup(pid, signal);
  }

  /** Leaves it alone from now on: its root has ended, and what that left in the background is its own. */
  release(): void {
    running.delete(this);
    if (running.size === 0) process.off('exit', endAll);
  }
}

function killGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // All of it has ended already.
  }
}

/** Ends a program on Windows, with all that it started. Nothing happens where it has ended: its number may be another's by now. */
export function endWindowsTree(root: ChildProcess, system: System): void {
  if (root.pid === undefined || root.exitCode !== null || root.signalCode !== null) return;
  const taskkill = windowsProgram('taskkill.exe', system);
  const { status } = spawnSync(taskkill, ['/T', '/F', '/PID', String(root.pid)], {
    stdio: 'ignore',
    windowsHide: true,
    timeout: TASKKILL_LIMIT_MS,
  });
  if (status !== 0) root.kill('SIGKILL');
}
