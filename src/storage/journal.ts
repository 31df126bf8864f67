import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type Clock } from '../core/clock.js';
import { LdctlError } from '../core/errors.js';
import { stringifyJson } from '../core/stringify-json.js';
import { type RunJournal, type RunRecord } from '../core/journal.js';
import { idText } from './id-text.js';
import { withLock } from './lock.js';
import { ensurePrivateFolder, fileFault, flushFolder, readPrivateFile, writePrivateFile } from './private-files.js';

/** Far longer than the server remembers a key (10 minutes), and than a CI step waits before it is run again. */
const KEPT_MS = 24 * 60 * 60_000;

const recordOnDisk = v.object({
  wire_key: v.string(),
  baseline: v.object({ highest_id: idText, nodes: v.array(idText) }),
  first_post_at: v.pipe(v.number(), v.safeInteger()),
  state: v.picklist(['posting', 'accepted', 'passed']),
});

/**
 * The run journal as files: `runs/` beside the profiles, one private file for each wire key, named by its hash. What
 * was written survives a power cut. Two processes with one key are kept apart by a lock while they claim it.
 *
 * A record that cannot be read is an error with exit 7, and not "no record": an earlier run may have sent the trigger.
 */
export class FileJournal implements RunJournal {
  readonly #configFolder: string;
  readonly #folder: string;
  readonly #clock: Clock;
  #swept = false;

  /** @param configFolder see `configDir`; it need not exist */
  constructor(configFolder: string, clock: Clock) {
    this.#configFolder = configFolder;
    this.#folder = join(configFolder, 'runs');
    this.#clock = clock;
  }

  async claim(record: RunRecord): Promise<RunRecord | null> {
    this.#prepare();
    return withLock(`${this.#pathOf(record.wireKey)}.lock`, this.#clock, (lock) => {
      const first = this.#load(record.wireKey);
      if (first) return first;
      lock.assertHeld();
      this.#save(record);
      return null;
    });
  }

  read(wireKey: string): Promise<RunRecord | null> {
    return soon(() => this.#load(wireKey));
  }

  write(record: RunRecord): Promise<void> {
    return soon(() => {
      this.#prepare();
      this.#save(record);
    });
  }

  remove(wireKey: string): Promise<void> {
    return soon(() => {
      const path = this.#pathOf(wireKey);
      if (readPrivateFile(path) === null) return;
      try {
        rmSync(path, { force: true });
        flushFolder(this.#folder);
      } catch (error) {
        throw fileFault('write', path, error);
      }
    });
  }

  #pathOf(wireKey: string): string {
    return join(this.#folder, `${createHash('sha256').update(wireKey).digest('hex')}.json`);
  }

  #load(wireKey: string): RunRecord | null {
    const path = this.#pathOf(wireKey);
    const text = readPrivateFile(path);
    if (text === null) return null;
    const record = decode(text);
    if (record?.wireKey !== wireKey) throw broken(path);
    return this.#clock.now() - record.firstPostAt > KEPT_MS ? null : record;
  }

  #save(record: RunRecord): void {
    writePrivateFile(this.#pathOf(record.wireKey), encode(record));
  }

  #prepare(): void {
    ensurePrivateFolder(this.#configFolder);
    ensurePrivateFolder(this.#folder);
    if (this.#swept) return;
    this.#swept = true;
    this.#sweep();
  }

  /** Removes what is too old to matter, by the clock that the files' times come from. */
  #sweep(): void {
    try {
      for (const name of readdirSync(this.#folder)) {
        const path = join(this.#folder, name);
        const stats = statSync(path, { throwIfNoEntry: false });
        if (stats && Date.now() - stats.mtimeMs > KEPT_MS) rmSync(path, { recursive: true, force: true });
      }
    } catch (error) {
      throw fileFault('write', this.#folder, error);
    }
  }
}

function encode(record: RunRecord): string {
  const onDisk = {
    wire_key: record.wireKey,
    baseline: { highest_id: record.baseline.highestId, nodes: record.baseline.nodes },
    first_post_at: record.firstPostAt,
    state: record.state,
  };
  return `${stringifyJson(onDisk, { indent: 2, stringIds: true })}\n`;
}

function decode(text: string): RunRecord | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const result = v.safeParse(recordOnDisk, json);
  if (!result.success) return null;
  const { wire_key, baseline, first_post_at, state } = result.output;
  return {
    wireKey: wire_key,
    baseline: { highestId: baseline.highest_id, nodes: baseline.nodes },
    firstPostAt: first_post_at,
    state,
  };
}

function broken(path: string): LdctlError {
  return new LdctlError('unconfirmed', 'journal_broken', `the record of an earlier run with this key is broken: ${path}`, {
    hint:
      'That run may have sent this trigger. Look at `ldctl activities list`; if it did not, remove the file and run ' +
      'the command again.',
  });
}

/** The files are small and read at once; what goes wrong must still arrive as a rejection. */
function soon<T>(work: () => T): Promise<T> {
  return Promise.resolve().then(work);
}
