import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { quote } from 'shell-quote';
import { UsageError } from '../base/errors.js';
import { isWindows, PLATFORM } from '../system/platform.js';
import { unlessBusy, untilFree } from './busy-files.js';
import { fileErrorCode, fileFault } from './files.js';

/** Files that only their owner may read: mode 0600 in a folder of mode 0700 (design, "Profiles"). */
export const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Windows keeps no mode bits; there, a user's folders are private by inheritance. */
const HAS_MODES = !isWindows(PLATFORM);

/** The code of the error for a FIFO, a folder or a device where a private file should be, or for a link to one. */
export const NOT_A_FILE = 'not_a_file';

/**
 * Reads a file that must be private. Creates nothing, and waits for nobody: a FIFO is refused, not opened for good.
 * @param follow whether the path may be a symbolic link, as a user may make of the config; never for a file that only
 *   ldctl makes
 * @returns null when there is no such file
 * @throws UsageError when it, or its folder, is open to others, cannot be read, or is no file (`NOT_A_FILE`)
 */
export function readPrivateFile(path: string, { follow = true } = {}): string | null {
  let file: number;
  try {
    // Windows has neither of the latter two, and counts what is undefined as 0.
    const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
    file = untilFree(() => openSync(path, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW)));
  } catch (error) {
    const code = fileErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    // A link that may not be followed, and a socket.
    if (code === 'ELOOP' || code === 'ENXIO') throw notAFile(path);
    throw fileFault('read', path, error);
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
    code: NOT_A_FILE,
    hint: 'ldctl keeps its own files there. Move it away, or set LDCTL_CONFIG_DIR to another folder.',
  });
}

/**
 * Makes sure that a private folder exists.
 * @throws UsageError when it is there and open to others, or cannot be made
 */
export function ensurePrivateFolder(path: string): void {
  try {
    makeFolder(path);
    refuseIfOpen(path, statSync(path));
  } catch (error) {
    throw fileFault('write', path, error);
  }
}

/**
 * With its parents. Not by `recursive`, which never ends below a folder that is there and says that it is not when
 * something is to be made in it, as `/proc` does.
 */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    // Another process may have been faster.
    if (fileErrorCode(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

/**
 * Makes sure that a folder can be written to, or made, without doing either.
 * @throws UsageError
 */
export function assertWritable(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) throw fileInPlace(path);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const parent = dirname(path);
    if (fileErrorCode(error) !== 'ENOENT' || parent === path) throw fileFault('write', path, error);
    assertWritable(parent);
  }
}

function fileInPlace(path: string): UsageError {
  return new UsageError(`cannot write ${path}: it is a file, and not a folder`, {
    code: 'config_unwritable',
    hint: 'Move it away. ldctl keeps its profiles and its run journal there; LDCTL_CONFIG_DIR names another folder.',
  });
}

/**
 * Replaces a private file: whoever reads it sees the old text or the new one, whole, and the new one survives a power
 * cut from the moment this returns.
 * @throws UsageError
 */
export function writePrivateFile(path: string, text: string): void {
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: FILE_MODE, flush: true });
    untilFree(() => renameSync(draft, path));
    flushFolder(dirname(path));
  } catch (error) {
    unlessBusy(() => rmSync(draft, { force: true }));
    throw fileFault('write', path, error);
  }
}

/** Makes it certain that files were added to, or taken from, a folder. Windows cannot open one for that. */
export function flushFolder(path: string): void {
  if (!HAS_MODES) return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Whether others than the owner may write. */
export function isWritableByOthers(stats: Stats): boolean {
  return HAS_MODES && (stats.mode & 0o022) !== 0;
}

function refuseIfOpen(path: string, stats: Stats): void {
  if (!HAS_MODES || (stats.mode & 0o077) === 0) return;
  const mode = stats.isDirectory() ? '700' : '600';
  throw new UsageError(`${path} is open to other users (mode ${(stats.mode & 0o777).toString(8).padStart(4, '0')})`, {
    code: 'config_not_private',
    hint: `It may hold API keys. Close it: ${quote(['chmod', mode, path])}`,
  });
}
