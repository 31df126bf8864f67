import { renameSync, rmdirSync } from 'node:fs';
import { PLATFORM, type Platform } from '../system/platform.js';
import { isBusy } from './busy-files.js';
import { fileErrorCode } from './files.js';

const SYSTEM: { platform: Platform; rename: typeof renameSync } = { platform: PLATFORM, rename: renameSync };

/** Renames a folder; false when another one, with something in it, is in the way. */
export function moveFolder(from: string, to: string, { platform, rename } = SYSTEM): boolean {
  try {
    rename(from, to);
    return true;
  } catch (error) {
    const code = fileErrorCode(error);
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    // Windows says no more than that it is not allowed.
    if (!isBusy(error, platform)) throw error;
    // It does not replace an empty one either, which a holder leaves that is killed as it lets go.
    removeIfEmpty(to);
    return false;
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // It is not, or it is gone already.
  }
}
