/*
 * Private files, of mode 0600 in a folder of mode 0700, and files that a user names. Windows has no
 * mode bits: there the folders of a user are private by inheritance.
 */

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
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import * as v from 'valibot';
import { usageError } from '../base/errors.js';
import { readUpTo } from '../base/streams.js';
import { shellWord } from '../base/text.js';

export const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
export const IS_POSIX = process.geteuid !== undefined;

/** Undefined for anything but an error of the file system. */
export function fileErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error
    ? String(error.code)
    : undefined;
}

/**
 * An error of the file system as a UsageError; any other unchanged. Where it ends a command (exit
 * 2), nothing was sent: after a POST, a job turns it into another error.
 */
export function fileFault(verb: 'read' | 'write', path: string, error: unknown): unknown {
  const code = fileErrorCode(error);
  if (code === undefined) return error;
  // `Error: ENOTDIR: not a directory, mkdir '…'`
  const reason = /^Error: \w+: (.*?),/.exec(String(error))?.[1] ?? 'the file system refuses';
  return usageError(
    verb === 'read' ? 'config_unreadable' : 'config_unwritable',
    `cannot ${verb} ${path}: ${reason} (${code})`,
    'ldctl keeps its profiles and its run journal there. LDCTL_CONFIG_DIR can set another folder.',
  );
}

/**
 * Checks what a private file holds.
 * @returns as `safeParse`: a failure also for what is not JSON
 */
export const parseStored = <T>(text: string, schema: v.GenericSchema<unknown, T>) =>
  v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);

/** @returns null when there is no such file */
export function readPrivateFile(path: string): string | null {
  try {
    // A FIFO or a device could block this thread, and no signal would be heard.
    if (!statSync(path).isFile()) {
      throw usageError(
        'config_unreadable',
        `cannot read ${path}: it is not a regular file`,
        `ldctl keeps a file of its own there. Move this away: mv ${shellWord(path)} ${shellWord(`${path}.old`)}`,
      );
    }
    assertPrivate(path);
    assertPrivate(dirname(path));
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = fileErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw fileFault('read', path, error);
  }
}

export function ensurePrivateFolder(path: string) {
  try {
    makeFolder(path);
    assertPrivate(path);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw fileFault('write', path, error);
  }
}

/**
 * With its parents; not by `recursive`, which never ends where the system denies what is above, as
 * below /proc.
 */
function makeFolder(path: string): void {
  const isThere = () => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isThere() || dirname(path) === path) return;
  if (!existsSync(dirname(path))) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isThere()) throw error;
  }
}

function assertPrivate(path: string) {
  const stats = statSync(path);
  if (!IS_POSIX || (stats.mode & 0o077) === 0) return;
  const mode = stats.isDirectory() ? '700' : '600';
  throw usageError(
    'config_not_private',
    `${path} is open to other users (mode ${(stats.mode & 0o777).toString(8).padStart(4, '0')})`,
    `It may hold API keys. Make it private: chmod ${mode} ${shellWord(path)}`,
  );
}

/**
 * Makes a private file as a whole, so that it survives a power cut.
 * @returns false when the name is taken: that file is left as it is
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
      // The file system has no hard links. Another process may see a part of the file, and refuse
      // it as broken.
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

export interface StoredFile {
  name: string;
  path: string;
}

/** All that is in these folders; nothing where there is none. */
export const filesIn = (folders: readonly string[]): StoredFile[] =>
  folders.flatMap((folder) => {
    try {
      return readdirSync(folder).map((name) => ({ name, path: join(folder, name) }));
    } catch (error) {
      if (fileErrorCode(error) === 'ENOENT') return [];
      throw fileFault('read', folder, error);
    }
  });

/** When a file was last written: wall clock, ms UTC; Infinity for one that has gone. */
export const writtenAt = (path: string) =>
  statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;

/** Removes those of these files that were last written before a time. @param before ms UTC */
export function sweep(files: readonly StoredFile[], before: number) {
  for (const { path } of files) if (writtenAt(path) < before) removeQuietly(path);
}

export function removeQuietly(path: string) {
  try {
    rmSync(path, { force: true });
  } catch {
    // On Windows a file that another process has open is left to the next sweep.
  }
}

/** A file that is given to ldctl: a million ids, one a line. A longer one is wrong, or has no end. */
const LONGEST_INPUT = 20 * 1024 * 1024;

/**
 * Reads a file that a user names, or a pipe (`<(pass show key)`). The signal ends it even while a
 * pipe is silent, where `readFile` would block a thread.
 * @param where the file was named, for errors
 * @param shown of its path; '' where that may be a secret
 */
export async function readInput(
  path: string,
  where: string,
  signal?: AbortSignal,
  shown = path,
): Promise<string> {
  let bytes: Buffer | null;
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const isPipe = fstatSync(file).isFIFO();
    // Not as a file: each read of a silent pipe would block one of the four threads of Node.
    const stream = isPipe ? new Socket({ fd: file }) : createReadStream('', { fd: file });
    if (signal) addAbortSignal(signal, stream);
    bytes = await readUpTo(LONGEST_INPUT, stream);
    if (!bytes) throw new Error('it is too long');
  } catch (error) {
    signal?.throwIfAborted();
    throw inputFault(where, shown, error);
  }
  // The `>` of Windows PowerShell writes UTF-16 with a byte order mark.
  return bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8');
}

function inputFault(where: string, shown: string, error: unknown) {
  const code = fileErrorCode(error);
  const why = code ?? (error instanceof Error ? error.message : '');
  return usageError(
    'file_unreadable',
    code === 'ENOENT'
      ? `${where}: there is no file ${shown}`.trimEnd()
      : `${where}: cannot read ${shown || 'its file'} (${why})`,
    'Check the path, and who may read it.',
  );
}
