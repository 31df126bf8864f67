import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Clock } from '../core/clock.js';
import { LdctlError } from '../core/errors.js';
import { type RunJournal, type RunRecord } from '../core/journal.js';
import { decodeRecord, encodeRecord } from './journal-record.js';
import { withLock, type HeldLock } from './lock.js';
import {
  ensurePrivateFolder,
  fileFault,
  flushFolder,
  NOT_A_FILE,
  readPrivateFile,
  writePrivateFile,
} from './private-files.js';

/** Far longer than the server remembers a key (10 minutes), and than a CI step waits before it is run again. */
const KEPT_MS = 24 * 60 * 60_000;

/** Of old files, how many one run removes: a roll leaves one for each node, and nobody waits for thousands. */
const SWEPT_AT_ONCE = 50;

/** Names of records and of their drafts. Whatever else is in the folder is not the journal's. */
const RECORD = /^[\da-f]{64}\.json$/;
const RECORD_OR_DRAFT = /^[\da-f]{64}\.json(\.[\da-f-]{36}\.tmp)?$/;

/**
 * The run journal as files: `runs/` beside the profiles, one private file for each wire key, named by its hash. What
 * was written survives a power cut. Whoever changes a record holds its lock.
 *
 * A record that cannot be read is an error with exit 7, and not "no record": an earlier run may have sent the trigger.
 */
export class FileJournal implements RunJournal {
  readonly #configFolder: string;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  #swept = false;

  /**
   * @param configFolder see `configDir`; it need not exist
   * @param signal ends the waiting for a lock that another process holds
   */
  constructor(configFolder: string, clock: Clock, signal?: AbortSignal) {
    this.#configFolder = configFolder;
    this.#folder = join(configFolder, 'runs');
    this.#clock = clock;
    this.#signal = signal;
  }

  async read(wireKey: string): Promise<RunRecord | null> {
    // What is read at once must still reject, and not throw.
    return Promise.resolve().then(() => this.#load(wireKey));
  }

  async update(wireKey: string, change: (known: RunRecord | null) => RunRecord | null): Promise<RunRecord | null> {
    ensurePrivateFolder(this.#configFolder);
    ensurePrivateFolder(this.#folder);
    await this.#sweep();
    const path = this.#pathOf(wireKey);
    return this.#locked(path, (lock) => {
      const known = this.#load(wireKey);
      const next = change(known);
      if (next === known) return known;
      lock.assertHeld();
      if (next) writePrivateFile(path, encodeRecord(next));
      else this.#remove(path);
      return known;
    });
  }

  #pathOf(wireKey: string): string {
    return join(this.#folder, `${createHash('sha256').update(wireKey).digest('hex')}.json`);
  }

  #locked<T>(path: string, work: (lock: HeldLock) => T): Promise<T> {
    return withLock(lockOf(path), this.#clock, work, this.#signal);
  }

  #load(wireKey: string): RunRecord | null {
    const path = this.#pathOf(wireKey);
    const text = readRecord(path);
    if (text === null) return null;
    const record = decodeRecord(text);
    if (record?.wireKey !== wireKey) throw broken(path);
    return this.#clock.now() - record.firstPostAt > KEPT_MS ? null : record;
  }

  #remove(path: string): void {
    try {
      rmSync(path, { force: true });
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
    if (this.#swept) return;
    this.#swept = true;
    try {
      if (lstatSync(this.#folder).isSymbolicLink()) return;
      const names = readdirSync(this.#folder).filter((name) => RECORD_OR_DRAFT.test(name));
      const old = names.map((name) => join(this.#folder, name)).filter(isOldFile);
      for (const path of old.slice(0, SWEPT_AT_ONCE)) {
        const removeIfOld = (): void => {
          if (isOldFile(path)) rmSync(path, { force: true });
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

const lockOf = (path: string): string => `${path}.lock`;

function isOldFile(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.isFile() && Date.now() - stats.mtimeMs > KEPT_MS;
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
  return new LdctlError('unconfirmed', 'journal_broken', `the record of an earlier run with this key is broken: ${path}`, {
    hint:
      'That run may have sent this trigger. Look at `ldctl activities list`; if it did not, remove the file and run ' +
      'the command again.',
  });
}
