import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Clock } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import { type Journal, RECORD_KEPT_MS } from '../base/old-journal.js';
import { unlessBusy, untilFree } from './busy-files.js';
import { fileFault } from './file-faults.js';
import { withLock, type HeldLock } from './lock.js';
import { ensurePrivateFolder, flushFolder, NOT_A_FILE, readPrivateFile, writePrivateFile } from './private-files.js';

/** Of old files, how many go with each record that is written: a roll leaves one for each node, and nobody waits for thousands. */
const SWEPT_AT_ONCE = 50;

/** Names of records and of their drafts. Whatever else is in the folder is not the journal's. */
const RECORD = /^[\da-f]{64}\.json$/;
const RECORD_OR_DRAFT = /^[\da-f]{64}\.json(\.[\da-f-]{36}\.tmp)?$/;

/** What the records of a journal are on the disk. */
export interface RecordFormat<T> {
  encode(record: T): string;
  /** @returns null for text that is no record */
  decode(text: string): T | null;
  /** What a record is of, and when that began: local wall clock, ms, UTC. */
  about(record: T): { key: string; since: number };
  /** After this time it is none any more. At most as long as a file is kept; ms. */
  keptMs: number;
}

/**
 * A journal as files: `runs/` beside the profiles, one private file for each key, named by its hash. What
 * was written survives a power cut. Whoever changes a record holds its lock.
 *
 * A record that cannot be read is an error with exit 7, and not "no record": an earlier run may have sent the trigger.
 */
export class RecordFiles<T> implements Journal<T> {
  readonly #format: RecordFormat<T>;
  readonly #configFolder: string;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  /** Files that are too old, and not removed yet; null before they were looked for. */
  #old: string[] | null = null;

  /**
   * @param configFolder see `configDir`; it need not exist
   * @param signal ends the waiting for a lock that another process holds
   */
  constructor(format: RecordFormat<T>, configFolder: string, clock: Clock, signal?: AbortSignal) {
    this.#format = format;
    this.#configFolder = configFolder;
    this.#folder = join(configFolder, 'runs');
    this.#clock = clock;
    this.#signal = signal;
  }

  async read(key: string): Promise<T | null> {
    // What is read at once must still reject, and not throw.
    return Promise.resolve().then(() => this.#load(key));
  }

  async update(key: string, change: (known: T | null) => T | null): Promise<T | null> {
    ensurePrivateFolder(this.#configFolder);
    ensurePrivateFolder(this.#folder);
    await this.#sweep();
    const path = this.#pathOf(key);
    return this.#locked(path, (lock) => {
      const known = this.#load(key);
      const next = change(known);
      if (next === known) return known;
      lock.assertHeld();
      if (next) writePrivateFile(path, this.#format.encode(next));
      else this.#remove(path);
      return known;
    });
  }

  #pathOf(key: string): string {
    return join(this.#folder, `${createHash('sha256').update(key).digest('hex')}.json`);
  }

  #locked<R>(path: string, work: (lock: HeldLock) => R): Promise<R> {
    return withLock(lockOf(path), this.#clock, work, this.#signal);
  }

  #load(wanted: string): T | null {
    const path = this.#pathOf(wanted);
    const text = readRecord(path);
    if (text === null) return null;
    const record = this.#format.decode(text);
    if (record === null) throw broken(path);
    const { key, since } = this.#format.about(record);
    if (key !== wanted) throw broken(path);
    return this.#clock.now() - since > this.#format.keptMs ? null : record;
  }

  #remove(path: string): void {
    try {
      untilFree(() => rmSync(path, { force: true }));
      flushFolder(this.#folder);
    } catch (error) {
      throw fileFault('write', path, error);
    }
  }

  /**
   * Removes what is too old to matter, by the clock that the files' times come from: the journal's own files, and only
   * in a folder of its own. A record may be replaced by a new one at any time, so that its lock is taken first.
   */
  async #sweep(): Promise<void> {
    try {
      this.#old ??= oldFilesIn(this.#folder);
      for (const path of this.#old.splice(0, SWEPT_AT_ONCE)) {
        const removeIfOld = (): void => {
          if (isOldFile(path)) unlessBusy(() => rmSync(path, { force: true }));
        };
        if (!RECORD.test(basename(path))) removeIfOld();
        // One that is being written, or whose writer was killed, is left to whoever uses that key next.
        else if (!existsSync(lockOf(path))) await this.#locked(path, removeIfOld);
      }
    } catch (error) {
      throw fileFault('write', this.#folder, error);
    }
  }
}

function oldFilesIn(folder: string): string[] {
  if (lstatSync(folder).isSymbolicLink()) return [];
  const names = readdirSync(folder).filter((name) => RECORD_OR_DRAFT.test(name));
  return names.map((name) => join(folder, name)).filter(isOldFile);
}

const lockOf = (path: string): string => `${path}.lock`;

function isOldFile(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.isFile() && Date.now() - stats.mtimeMs > RECORD_KEPT_MS;
}

/** @throws LdctlError for what is no file: the journal itself makes nothing else */
function readRecord(path: string): string | null {
  try {
    return readPrivateFile(path, { follow: false });
  } catch (error) {
    throw error instanceof LdctlError && error.code === NOT_A_FILE ? broken(path) : error;
  }
}

function broken(path: string): LdctlError {
  return new LdctlError(
    'unconfirmed',
    'journal_broken',
    `the record of an earlier run with this key is broken: ${path}`,
    {
      hint:
        'That run may have sent this trigger. Look at `ldctl activities list`; if it did not, remove the file and run ' +
        'the command again.',
    },
  );
}
