import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  createReadStream,
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
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { isatty, ReadStream } from 'node:tty';
import { quote } from 'shell-quote';
import { UsageError } from '../base/errors.js';

/*
 * Files that only their owner may read: mode 0600 in a folder of mode 0700. Windows keeps no mode bits; there, a user's
 * folders are private by inheritance. And files that a user names.
 */

export const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const HAS_MODES = process.geteuid !== undefined;

/** The code of an error of the file system, or undefined for any other. */
export function fileErrorCode(error: unknown): string | undefined {
  const isFileError = error instanceof Error && 'syscall' in error && 'code' in error;
  return isFileError && typeof error.code === 'string' ? error.code : undefined;
}

/** A foreseen error of the file system as one of ours (exit 2: nothing was sent yet); any other as it came. */
export function fileFault(verb: 'read' | 'write', path: string, error: unknown): unknown {
  const code = fileErrorCode(error);
  if (code === undefined) return error;
  const isInWay = code === 'EEXIST' || code === 'ENOTDIR';
  const reason = isInWay ? 'a part of the path is not a folder' : /^\w+: (.*?),/.exec(String(error).slice(7))?.[1];
  const why = `${reason ?? 'the file system refuses'} (${code})`;
  return verb === 'write' ? unwritable(path, why) : fault('config_unreadable', `cannot read ${path}: ${why}`);
}

function unwritable(path: string, why: string): UsageError {
  return fault('config_unwritable', `cannot write ${path}: ${why}`);
}

function fault(code: string, message: string): UsageError {
  const hint = 'ldctl keeps its profiles and its run journal there. LDCTL_CONFIG_DIR names another folder.';
  return new UsageError(message, { code, hint });
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
  return fault('not_a_file', `${path} is not a regular file`);
}

/** Makes a folder with its parents. @throws UsageError when it is open to others, or cannot be made, or written */
export function ensurePrivateFolder(path: string): void {
  try {
    makeFolder(path);
    const stats = statSync(path);
    if (!stats.isDirectory()) throw unwritable(path, 'it is a file, and not a folder');
    refuseIfOpen(path, stats);
    accessSync(path, constants.W_OK | constants.X_OK);
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
    hint: `It may hold API keys. Close it: ${quote(['chmod', mode, path])}`,
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
    try {
      linkSync(draft, path);
    } catch (error) {
      if (fileErrorCode(error) === 'EEXIST') return false;
      // A file system without hard links. A reader who comes too early sees a part, and takes it for broken.
      copyFileSync(draft, path, constants.COPYFILE_EXCL);
    }
    if (HAS_MODES) flushFolder(folder);
    return true;
  } catch (error) {
    if (fileErrorCode(error) === 'EEXIST') return false;
    throw fileFault('write', path, error);
  } finally {
    removeQuietly(draft);
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

/** On Windows, what is open elsewhere cannot be removed: it is left to the next sweep. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (fileErrorCode(error) === undefined) throw error;
  }
}

/** It holds more than what is looked for could be: the wrong file, or one without an end. */
export class InputTooLong extends Error {}

/**
 * Reads the text of a file that a user names, which may be a pipe as well (`<(pass show key)`). Where its writer is
 * silent, reading ends by the signal: no thread is blocked, as `readFile` has one wait for the writer of a FIFO.
 * @param limit in bytes
 * @throws an error of the file system; InputTooLong; the signal's reason
 */
export async function readInput(path: string, { limit, signal }: { limit: number; signal?: AbortSignal | undefined }) {
  signal?.throwIfAborted();
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stream = fstatSync(file).isFIFO()
    ? new Socket({ fd: file, readable: true, writable: false })
    : isatty(file)
      ? new ReadStream(file)
      : createReadStream('', { fd: file });
  if (signal) addAbortSignal(signal, stream);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) throw new InputTooLong(`it holds more than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  const bytes = Buffer.concat(chunks);
  // Windows PowerShell writes UTF-16 with `>`, which its first two bytes say.
  return bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8');
}
