import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Clock } from '../base/clock.js';
import { UsageError } from '../base/errors.js';
import { isBusy, unlessBusy, untilFree } from './busy-files.js';
import { fileErrorCode, fileFault } from './files.js';
import { moveFolder } from './move-folder.js';

/**
 * A lock between processes: a folder that holds one empty file, named by its holder's token (process number and a UUID).
 *
 * It is taken by renaming a folder of one's own onto its path, which the system refuses while a folder with something
 * in it is there. A holder that was killed leaves it behind; who has waited long enough moves it to a name made of the
 * dead holder's token, which works once only: of two processes that find the same dead lock, the later one cannot
 * break the lock that the earlier one has taken since. (`proper-lockfile` can; with 20 processes at a dead lock
 * it lost updates.) Staleness is measured by waiting, not by comparing clocks.
 */

/** Work under a lock takes milliseconds. A lock that has not changed hands for this long was left behind … */
const LEFT_BEHIND_MS = 3000;
/** … unless its holder's process is there: a disk that is busy can keep it waiting for as long as this. */
const STUCK_MS = 30_000;
const BETWEEN_TRIES_MS = 20;
const LONGEST_WAIT_MS = 60_000;
/** What a killed process left beside a lock is kept far longer than anyone waits: it guards against breaking twice. */
const LEFTOVERS_KEPT_MS = 10 * 60_000;

export interface HeldLock {
  /**
   * To be asked right before the work's result is written.
   * @throws UsageError when the process was stopped for so long that another has broken the lock
   */
  assertHeld(): void;
}

/**
 * Does `work` while no other process does work under the lock at `path`, whose folder exists. The work is synchronous
 * so that it is short.
 * @param signal ends the waiting for the lock; work that has begun is done
 * @throws UsageError when the lock cannot be had, or was lost; whatever `work` throws; the signal's reason
 */
export async function withLock<T>(
  path: string,
  clock: Clock,
  work: (lock: HeldLock) => T,
  signal?: AbortSignal,
): Promise<T> {
  const token = `${process.pid}-${randomUUID()}`;
  await acquire(path, token, () => clock.sleep(BETWEEN_TRIES_MS, signal));
  const assertHeld = (): void => {
    if (holderOf(path) !== token) throw lockLost(path);
  };
  let result: T;
  try {
    result = work({ assertHeld });
  } catch (error) {
    release(path, token);
    throw error;
  }
  if (!release(path, token)) throw lockLost(path);
  return result;
}

async function acquire(path: string, token: string, pause: () => Promise<void>): Promise<void> {
  const own = `${path}.${token}`;
  try {
    mkdirSync(own, { mode: 0o700 });
    writeFileSync(join(own, token), '');
    sweep(path, own);
    await waitFor(path, own, pause);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    throw fileFault('write', path, error);
  }
}

async function waitFor(path: string, own: string, pause: () => Promise<void>): Promise<void> {
  let holder: string | null = null;
  let unchangedMs = 0;
  for (let waitedMs = 0; waitedMs <= LONGEST_WAIT_MS; waitedMs += BETWEEN_TRIES_MS) {
    if (moveFolder(own, path)) return;
    const now = holderOf(path);
    if (now !== holder) unchangedMs = 0;
    holder = now;
    if (holder !== null && unchangedMs >= (isRunning(holder) ? STUCK_MS : LEFT_BEHIND_MS)) breakLock(path, holder);
    await pause();
    unchangedMs += BETWEEN_TRIES_MS;
  }
  throw new UsageError(`${path} is held by other ldctl processes`, {
    code: 'config_locked',
    hint: 'Try again when they have ended.',
  });
}

/** Whether there is a process of the holder's number: its own, or one that has come since. Another machine's is not seen. */
function isRunning(holder: string): boolean {
  const pid = Number(/^(\d+)-/.exec(holder)?.[1]);
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return fileErrorCode(error) === 'EPERM';
  }
}

function breakLock(path: string, holder: string): void {
  try {
    // Its age as a leftover counts from now; the sweep would otherwise take it at once.
    utimesSync(path, new Date(), new Date());
    moveFolder(path, `${path}.${holder}`);
  } catch (error) {
    // Its holder was alive after all, and has let go of it.
    if (fileErrorCode(error) !== 'ENOENT') throw error;
  }
}

/** The token of who holds the lock, or null when nobody does. */
function holderOf(path: string): string | null {
  try {
    return readdirSync(path)[0] ?? null;
  } catch (error) {
    // One that is being removed cannot be looked into on Windows.
    if (fileErrorCode(error) === 'ENOENT' || isBusy(error)) return null;
    throw error;
  }
}

/** Lets go of the lock, and of nobody else's; false when it was no longer this token's. */
function release(path: string, token: string): boolean {
  try {
    untilFree(() => unlinkSync(join(path, token)));
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return false;
    throw fileFault('write', path, error);
  }
  removeEmptied(path);
  return true;
}

/**
 * Removes the folder of a lock that was let go of. Since it was emptied, another process may have put its own in its
 * place, and may even be done with that.
 * @throws LdctlError when it cannot be removed
 */
export function removeEmptied(path: string): void {
  try {
    unlessBusy(() => rmdirSync(path));
  } catch (error) {
    if (!OVERTAKEN.has(fileErrorCode(error))) throw fileFault('write', path, error);
  }
}

/** A process number and a UUID. */
const TOKEN = /^\d+-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

const OVERTAKEN: ReadonlySet<string | undefined> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOENT']);

/**
 * Removes what killed processes left beside the lock a while ago: folders that are named by a token and hold nothing but
 * the file of that name. All else is somebody else's.
 * @param own just made, so that it tells the time by the clock that the files' times come from, which may be a server's
 */
function sweep(path: string, own: string): void {
  const now = lstatSync(own).mtimeMs;
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    const token = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (!TOKEN.test(token)) continue;
    const leftover = join(dirname(path), name);
    const stats = lstatSync(leftover, { throwIfNoEntry: false });
    if (!stats?.isDirectory() || now - stats.mtimeMs <= LEFTOVERS_KEPT_MS) continue;
    unlessBusy(() => rmSync(join(leftover, token), { force: true }));
    removeEmptied(leftover);
  }
}

function lockLost(path: string): UsageError {
  return new UsageError(`${path} was taken over by another process while this one was stopped`, {
    code: 'config_lock_lost',
    hint: 'Look at what is stored, and try again.',
  });
}
