import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { usageError } from '../base/errors.js';
import { createPrivateFile, removeQuietly } from './files.js';

/** Far longer than a change takes. An older lock is stale: its process was killed. */
const STALE_MS = 10_000;
const LONGEST_WAIT_MS = 20_000;

/**
 * Lets one process at a time change the files of a folder. The lock is a file that names no
 * process: containers that share a folder each have their own process ids.
 * @returns releases the lock
 * @throws UsageError after 20 s, or the signal's reason
 */
export async function takeLock(
  folder: string,
  name: string,
  clock: Clock,
  signal?: AbortSignal,
): Promise<() => void> {
  const path = join(folder, name);
  const until = clock.elapsed() + LONGEST_WAIT_MS;
  while (!createPrivateFile(folder, name, '')) {
    const madeAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (clock.now() - madeAt > STALE_MS) removeQuietly(path);
    await clock.sleep(10 + 40 * Math.random(), signal);
    if (clock.elapsed() < until) continue;
    throw usageError(
      'config_locked',
      `${folder} is locked by another ldctl process`,
      `Try again when it has ended. If there is none, remove ${path}`,
    );
  }
  return () => removeQuietly(path);
}
