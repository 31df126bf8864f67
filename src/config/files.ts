import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../base/errors.js';

/*
 * Files that only their owner may read: mode 0600 in a folder of mode 0700. Windows keeps no mode bits; there, a user's
 * folders are private by inheritance.
 */

export const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const HAS_MODES = process.geteuid !== undefined;

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
  EDQUOT: 'no space left',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  ENOENT: 'no folder can be made there',
};

/** The code of an error of the file system, or undefined for any other. */
export function fileErrorCode(error: unknown): string | undefined {
  const isFileError = error instanceof Error && 'syscall' in error && 'code' in error;
  return isFileError && typeof error.code === 'string' ? error.code : undefined;
}

/** A foreseen error of the file system as one of ours (exit 2: nothing was sent yet); any other as it came. */
export function fileFault(verb: 'read' | 'write', path: string, error: unknown): unknown {
  const code = fileErrorCode(error);
  if (code === undefined) return error;
  return new UsageError(`cannot ${verb} ${path}: ${REASONS[code] ?? 'the file system refuses'} (${code})`, {
    code: verb === 'read' ? 'config_unreadable' : 'config_unwritable',
    hint: 'ldctl keeps its profiles and its run journal there. LDCTL_CONFIG_DIR names another folder.',
  });
}

/**
 * Reads a private file. A FIFO is refused, not waited for.
 * @returns null when there is no such file
 * @throws UsageError when it, or its folder, is open to others, cannot be read, or is no file
 */
export function readPrivateFile(path: string): string | null {
  let file: number;
  try {
    // Windows has no O_NONBLOCK, and counts what is undefined as 0.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = fileErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw code === 'ENXIO' ? notAFile(path) : fileFault('read', path, error);
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw notAFile(path);
    refuseIfOpen(dirname(path), statSync(dirname(path)));
    // The open file's own mode: the name may point to another file by now.
    refuseIfOpen(path, stats);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw fileFault('read', path, error);
  } finally {
    closeSync(file);
  }
}

function notAFile(path: string): UsageError {
  return new UsageError(`${path} is not a regular file`, {
    code: 'not_a_file',
    hint: 'ldctl keeps its own files there. Move it away, or set LDCTL_CONFIG_DIR to another folder.',
  });
}

/** Makes a folder with its parents. @throws UsageError when it is there and open to others, or cannot be made */
export function ensurePrivateFolder(path: string): void {
  try {
    makeFolder(path);
    refuseIfOpen(path, statSync(path));
  } catch (error) {
    throw fileFault('write', path, error);
  }
}

/** With its parents. Not by `recursive`, which never ends below /proc: Node makes its parent again and again. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    // Another process may have been faster.
    if (fileErrorCode(error) !== 'EEXIST') throw error;
  }
}

function refuseIfOpen(path: string, stats: Stats): void {
  if (!HAS_MODES || (stats.mode & 0o077) === 0) return;
  const mode = stats.isDirectory() ? '700' : '600';
  throw new UsageError(`${path} is open to other users (mode ${(stats.mode & 0o777).toString(8).padStart(4, '0')})`, {
    code: 'config_not_private',
    hint: `It may hold API keys. Close it: chmod ${mode} '${path}'`,
  });
}

/**
 * Makes a private file that was not there, whole, and so that it survives a power cut.
 * @returns false when there is one of this name, which is left as it is
 * @throws UsageError
 */
export function createPrivateFile(folder: string, name: string, text: string): boolean {
  const path = join(folder, name);
  const draft = join(folder, `draft-${randomUUID()}`);
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: FILE_MODE, flush: true });
    const isMade = linkOrCopy(draft, path);
    if (isMade && HAS_MODES) flushFolder(folder);
    return isMade;
  } catch (error) {
    throw fileFault('write', path, error);
  } finally {
    removeQuietly(draft);
  }
}

function linkOrCopy(draft: string, path: string): boolean {
  try {
    try {
      linkSync(draft, path);
    } catch (error) {
      if (fileErrorCode(error) === 'EEXIST') return false;
      // A file system without hard links. A reader who comes too early sees a part, and takes it for broken.
      copyFileSync(draft, path, constants.COPYFILE_EXCL);
    }
    return true;
  } catch (error) {
    if (fileErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function flushFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** On Windows, what somebody has open cannot be removed: it is left to the next sweep. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (fileErrorCode(error) === undefined) throw error;
  }
}
