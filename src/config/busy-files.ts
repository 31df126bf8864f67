import { isWindows, PLATFORM, type Platform } from '../system/platform.js';
import { fileErrorCode } from './files.js';

/** What Windows says of a file that somebody has open, and of one that is not ours to change. */
const BUSY: ReadonlySet<string | undefined> = new Set(['EPERM', 'EACCES', 'EBUSY']);
/** Between tries: about a second in all. */
const PAUSES_MS = [5, 10, 20, 40, 80, 160, 320, 320];

export interface BusyTools {
  platform: Platform;
  /** Holds everything up: whoever writes a file under a lock has nothing else to do. */
  pause: (ms: number) => void;
}

const SYSTEM: BusyTools = {
  platform: PLATFORM,
  pause: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
};

/**
 * Whether an error says that a file is open elsewhere. Windows neither replaces nor removes such a file: a virus scanner's,
 * or one that another ldctl reads.
 */
export function isBusy(error: unknown, platform: Platform = PLATFORM): boolean {
  return isWindows(platform) && BUSY.has(fileErrorCode(error));
}

/** Does something with a file, again for a while where it is open elsewhere. @throws whatever `work` throws in the end */
export function untilFree<T>(work: () => T, { platform, pause }: BusyTools = SYSTEM): T {
  for (const ms of PAUSES_MS) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error, platform)) throw error;
    }
    pause(ms);
  }
  return work();
}

/** Clears something away, unless it is open elsewhere: then it is left for another time. */
export function unlessBusy(clear: () => void, platform: Platform = PLATFORM): void {
  try {
    clear();
  } catch (error) {
    if (!isBusy(error, platform)) throw error;
  }
}
