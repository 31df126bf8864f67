import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  createReadStream,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { quote } from 'shell-quote';
import { UsageError } from '../base/errors.js';

/*
 * Files that only their owner may read: mode 0600 in a folder of mode 0700. Windows keeps no mode bits; there, a user's
 * folders are private by inheritance. And files that a user names.
 */

export const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
export const IS_POSIX = process.geteuid !== undefined;

/** The code of an error of the file system, or undefined for any other. */
export function fileErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : undefined;
}

/** A foreseen error of the file system as one of ours (exit 2: nothing was sent yet); any other as it came. */
export function fileFault(verb: 'read' | 'write', path: string, error: unknown): unknown {
  const code = fileErrorCode(error);
  if (code === undefined) return error;
  // As in `ENOTDIR: not a directory, mkdir '…'`.
  const reason = /: (.*?),/.exec(String(error).replace('Error: ', ''))?.[1] ?? 'the file system refuses';
  return new UsageError(`cannot ${verb} ${path}: ${reason} (${code})`, {
    code: verb === 'read' ? 'config_unreadable' : 'config_unwritable',
    hint: 'ldctl keeps its profiles and its run journal there. LDCTL_CONFIG_DIR names another folder.',
  });
}

/** @returns null when there is no such file */
export function readPrivateFile(path: string): string | null {
  try {
    refuseIfOpen(path);
    refuseIfOpen(dirname(path));
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = fileErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw fileFault('read', path, error);
  }
}

export function ensurePrivateFolder(path: string): void {
  try {
    makeFolder(path);
    refuseIfOpen(path);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw fileFault('write', path, error);
  }
}

/** With its parents; not by `recursive`, which never ends where the system denies what is above, as below /proc. */
function makeFolder(path: string): void {
  const isThere = (): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isThere() || dirname(path) === path) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isThere()) throw error;
  }
}

function refuseIfOpen(path: string): void {
  const stats = statSync(path);
  if (!IS_POSIX || (stats.mode & 0o077) === 0) return;
  const mode = stats.isDirectory() ? '700' : '600';
  throw new UsageError(`${path} is open to other users (mode ${(stats.mode & 0o777).toString(8).padStart(4, '0')})`, {
    code: 'config_not_private',
    hint: `It may hold API keys. Close it: ${quote(['chmod', mode, path])}`,
  });
}

/**
 * Makes a private file that was not there, whole, and so that it survives a power cut.
 * @returns false when there is one of this name, which is left as it is
 */
export function createPrivateFile(folder: string, name: string, text: string): boolean {
  const path = join(folder, name);
  const draft = join(folder, `draft-${randomUUID()}`);
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: FILE_MODE, flush: true });
    try {
      linkSync(draft, path);
    } catch (error) {
      if (fileErrorCode(error) === 'EEXIST') throw error;
      // A file system without hard links. A reader who comes too early sees a part, and takes it for broken.
      copyFileSync(draft, path, constants.COPYFILE_EXCL);
    }
    if (IS_POSIX) {
      const file = openSync(folder, 'r');
      fsyncSync(file);
      closeSync(file);
    }
    return true;
  } catch (error) {
    if (fileErrorCode(error) === 'EEXIST') return false;
    throw fileFault('write', path, error);
  } finally {
    removeQuietly(draft);
  }
}

/** On Windows, what is open elsewhere cannot be removed: it is left to the next sweep. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (fileErrorCode(error) === undefined) throw error;
  }
}

/** A million ids, one a line, in bytes. What holds more is the wrong file, or one without an end. */
const LONGEST_INPUT = 20 * 1024 * 1024;

/**
 * Reads the text of a file that a user names, which may be a pipe as well (`<(pass show key)`). Where its writer is
 * silent, reading ends by the signal: no thread is blocked, as `readFile` has one wait for the writer of a FIFO.
 * @param where it was named: the path is not shown, since it may be a key that was put in the wrong place
 */
export async function readInput(path: string, where: string, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted();
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const isPipe = fstatSync(file).isFIFO();
    const stream = isPipe ? new Socket({ fd: file, writable: false }) : createReadStream('', { fd: file });
    if (signal) addAbortSignal(signal, stream);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > LONGEST_INPUT) throw new Error('it is too long');
      chunks.push(chunk);
    }
  } catch (error) {
    signal?.throwIfAborted();
    const why = fileErrorCode(error) ?? (error instanceof Error ? error.message : '');
    throw new UsageError(`${where}: cannot read the file that it names (${why})`, { code: 'file_unreadable' });
  }
  const bytes = Buffer.concat(chunks);
  // Windows PowerShell writes UTF-16 with `>`, which its first two bytes say.
  return bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8');
}
