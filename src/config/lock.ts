import { randomUUID } from 'node:crypto';
import { linkSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { usageError } from '../base/errors.js';
import { createPrivateFile, fileErrorCode, readPrivateFile, removeQuietly } from './files.js';

/** Far longer than a change takes. An older lock is stale: its process was killed. */
const STALE_LOCK_MS = 10_000;
/** How long a change waits for the lock of another. */
const LONGEST_WAIT_MS = 20_000;

/**
 * Lets one process at a time change the files of a folder. The lock is a file that names no
 * process: containers that share a folder each have their own process ids.
 * @throws UsageError after 20 s, or the signal's reason
 */
export async function takeLock(folder: string, name: string, clock: Clock, signal?: AbortSignal) {
  const path = join(folder, name);
  const mine = randomUUID();
  const until = clock.elapsed() + LONGEST_WAIT_MS;
  while (!createPrivateFile(folder, name, mine)) {
    if (removeStale(path, clock)) continue;
    await clock.sleep(25, signal);
    if (clock.elapsed() < until) continue;
    throw usageError(
      'config_locked',
      `${folder} is locked by another ldctl process`,
      `Try again when it has ended. If there is none, remove ${path}`,
    );
  }
  const isHeld = () => readPrivateFile(path) === mine;
  return {
    /** @throws UsageError for a process that stood still for too long, and lost it to another */
    assertHeld: () => {
      if (isHeld()) return;
      throw usageError(
        'config_locked',
        `another ldctl process has changed ${folder} meanwhile; nothing was changed`,
        'Try again.',
      );
    },
    release: () => {
      if (isHeld()) removeQuietly(path);
    },
  };
}
export type Lock = Awaited<ReturnType<typeof takeLock>>;

/** @returns whether the lock was stale, and is gone now */
function removeStale(path: string, clock: Clock) {
  const aside = `${path}.${randomUUID()}`;
  try {
    const { mtimeMs } = statSync(path);
    if (clock.now() - mtimeMs <= STALE_LOCK_MS) return false;
    // Another process, B, may remove the same lock at the same time:
    // 1. Both this one and B have seen that the lock is stale.
    // 2. B removes it, and B or a third process, C, takes a fresh lock.
    // 3. This one renames what is there now: the fresh lock, as its time shows. It puts it back,
    //    unless yet another process has taken a lock since.
    renameSync(path, aside);
    if (statSync(aside).mtimeMs === mtimeMs) return true;
    linkSync(aside, path);
    return false;
  } catch (error) {
    if (fileErrorCode(error) === undefined) throw error;
    return false;
  } finally {
    removeQuietly(aside);
  }
}
