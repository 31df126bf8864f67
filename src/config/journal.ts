import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type Clock } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import { type Id } from '../base/ids.js';
import { type KeptRun, type RollJournal, type RollRecord, type RunJournal, type RunRecord } from '../base/journal.js';
import { stringifyJson } from '../base/json.js';
import {
  createPrivateFile,
  ensurePrivateFolder,
  fileErrorCode,
  fileFault,
  readPrivateFile,
  removeQuietly,
} from './files.js';
import { idText } from './profiles.js';

/*
 * The journal on the disk. A record is a file `HASH.GENERATION`, after the hash of its key; a mark is one beside it, such
 * as `HASH.1.accepted`. Each is made once and never changed, so that no lock is needed: a new record goes into the next
 * generation, which only one process can make, and one that slept replaces nothing.
 */

const VALID_MS = 24 * 60 * 60_000;
/** Far longer than records are valid: a machine whose clock is a day ahead must not forget what it did. */
const KEPT_MS = 30 * VALID_MS;

const RECORD = /^([\da-f]{64})\.(\d{1,9})$/;
const MARK = /^([\da-f]{64})\.(\d{1,9})\.(accepted|redirected|resent|passed|refused|finished)$/;
/** With them, what a killed process left, and nodes that earlier versions kept for a command. */
const SWEPT = /^(draft-[\da-f-]{36}|[\da-f]{64}\.(\d{1,9}(\.[a-z]+)?|json))$/;

const instant = v.pipe(v.number(), v.safeInteger());
// Strict: what a later version wrote may forbid to send.
const runSchema = v.strictObject({
  key: v.string(),
  deploymentId: idText,
  runtime: v.string(),
  action: v.string(),
  nodes: v.nullable(v.array(idText)),
  baseline: idText,
  known: v.array(idText),
  postedAt: instant,
});
const rollSchema = v.strictObject({ key: v.string(), deploymentId: idText, begunAt: instant, request: v.unknown() });

interface Kept<T> {
  record: T;
  generation: number;
  marks: ReadonlySet<string>;
}

/** Records of one kind, and their marks, in a folder. */
class Records<T extends { key: string }> {
  readonly #folder: string;
  readonly #parent: string;
  readonly #schema: v.GenericSchema<unknown, T>;
  readonly #clock: Pick<Clock, 'now'>;
  #isSwept = false;

  constructor(parent: string, name: string, schema: v.GenericSchema<unknown, T>, clock: Pick<Clock, 'now'>) {
    this.#parent = parent;
    this.#folder = join(parent, name);
    this.#schema = schema;
    this.#clock = clock;
  }

  /** The records of a key that were not refused, newest first, however old; and the generation of what was written last. */
  find(key: string): { kept: Kept<T>[]; last: number } {
    const hash = hashOf(key);
    const marks = new Map<number, Set<string>>();
    const records: number[] = [];
    for (const name of this.names()) {
      if (!name.startsWith(`${hash}.`)) continue;
      const mark = MARK.exec(name);
      const generation = Number((mark ?? RECORD.exec(name))?.[2] ?? Number.NaN);
      if (Number.isNaN(generation)) throw broken(join(this.#folder, name));
      const marked = marks.get(generation) ?? new Set();
      marks.set(generation, mark?.[3] === undefined ? marked : marked.add(mark[3]));
      if (!mark) records.push(generation);
    }
    const last = Math.max(0, ...marks.keys());
    const kept: Kept<T>[] = [];
    for (const generation of records.sort((a, b) => b - a)) {
      const made = marks.get(generation) ?? new Set();
      // Another run may have followed this record, and posted.
      if (made.has('refused') && !['accepted', 'redirected', 'resent'].some((mark) => made.has(mark))) continue;
      const record = this.load(`${hash}.${generation}`);
      if (record === null) continue;
      if (record.key !== key) throw broken(join(this.#folder, `${hash}.${generation}`));
      kept.push({ record, generation, marks: made });
    }
    return { kept, last };
  }

  /** @returns null for one that has gone since its name was read */
  load(name: string): T | null {
    const path = join(this.#folder, name);
    const text = this.#text(path);
    if (text === null) return null;
    const result = v.safeParse(this.#schema, jsonOf(text));
    if (!result.success) throw broken(path);
    return result.output;
  }

  /** Makes the next record of a key, unless `look` finds one that counts. @returns its generation, or what was found */
  begin<K extends object>(record: T, look: (key: string) => { kept: K | null; last: number }): number | K {
    // Another process may be faster a few times; a folder that takes files and shows none is no place for records.
    for (let tries = 0; tries < 100; tries++) {
      const { kept, last } = look(record.key);
      if (kept) return kept;
      this.#prepare();
      const text = `${stringifyJson(record, { stringIds: true })}\n`;
      if (createPrivateFile(this.#folder, `${hashOf(record.key)}.${last + 1}`, text)) return last + 1;
    }
    throw new LdctlError('usage', 'journal_not_written', `no record can be kept in ${this.#parent}`, {
      hint: 'Set LDCTL_CONFIG_DIR to a folder of your own.',
    });
  }

  mark(key: string, generation: number, mark: string): void {
    this.#prepare();
    const text = `${JSON.stringify({ at: this.#clock.now() })}\n`;
    createPrivateFile(this.#folder, `${hashOf(key)}.${generation}.${mark}`, text);
  }

  names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch (error) {
      if (fileErrorCode(error) === 'ENOENT') return [];
      throw fileFault('read', this.#folder, error);
    }
  }

  #text(path: string): string | null {
    try {
      return readPrivateFile(path);
    } catch (error) {
      throw error instanceof LdctlError && error.code === 'not_a_file' ? broken(path) : error;
    }
  }

  #prepare(): void {
    ensurePrivateFolder(this.#parent);
    ensurePrivateFolder(this.#folder);
    if (this.#isSwept) return;
    this.#isSwept = true;
    const now = this.#clock.now();
    for (const name of this.names().filter((one) => SWEPT.test(one))) {
      const path = join(this.#folder, name);
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats?.isFile() && now - stats.mtimeMs > KEPT_MS) removeQuietly(path);
    }
  }
}

/** @param folder see `configDir`; it need not exist */
export function openRunJournal(folder: string, clock: Pick<Clock, 'now'>): RunJournal {
  const records = new Records<RunRecord>(folder, 'runs', runSchema, clock);
  /** The generation that each key was read or begun at, so that a mark lands on the record that it is about. */
  const used = new Map<string, number>();
  const begun = new Set<string>();

  const keptOf = ({ record, marks }: Kept<RunRecord>): KeptRun | null => {
    const ageMs = clock.now() - record.postedAt;
    if (ageMs > VALID_MS) return null;
    return {
      record,
      ageMs,
      accepted: marks.has('accepted'),
      redirected: marks.has('redirected'),
      passed: marks.has('passed'),
      resent: marks.has('resent') && begun.has(record.key),
    };
  };

  const look = (key: string): { kept: KeptRun | null; last: number } => {
    const { kept: all, last } = records.find(key);
    // One that was accepted decides, also where another process has begun a newer one since.
    const live = all.filter((one) => keptOf(one) !== null);
    const newest = live.find(({ marks }) => marks.has('accepted')) ?? live[0] ?? null;
    const kept = newest && keptOf(newest);
    if (newest && kept && used.get(key) !== newest.generation) {
      used.set(key, newest.generation);
      begun.delete(key);
    }
    // It is not this process's any more.
    if (kept?.resent) begun.delete(key);
    return { kept, last };
  };

  return {
    read: async (key) => Promise.resolve().then(() => look(key).kept),

    beforePost: async (key) =>
      Promise.resolve().then(() => {
        const followed = used.get(key);
        // Another may have been accepted meanwhile; or the maker of what is followed was refused, and has begun anew.
        const other = (): KeptRun | null => {
          const { kept } = look(key);
          const isOther = kept && (kept.accepted || kept.redirected || kept.resent || used.get(key) !== followed);
          return isOther ? kept : null;
        };
        const found = other();
        if (found || followed === undefined || begun.has(key)) return found;
        records.mark(key, followed, 'resent');
        return other();
      }),

    begin: async (record) =>
      Promise.resolve().then(() => {
        const begunAs = records.begin(record, look);
        if (typeof begunAs !== 'number') return begunAs;
        used.set(record.key, begunAs);
        begun.add(record.key);
        return null;
      }),

    mark: async (key, state) =>
      Promise.resolve().then(() => {
        if (state === 'refused' && !begun.has(key)) return;
        const generation = used.get(key) ?? Math.max(1, records.find(key).last);
        records.mark(key, generation, state);
      }),
  };
}

/** @param folder see `configDir`; it need not exist */
export function openRollJournal(folder: string, clock: Pick<Clock, 'now'>): RollJournal {
  const records = new Records(folder, 'rolls', rollSchema, clock);
  type Stored = v.InferOutput<typeof rollSchema>;
  const isValid = ({ begunAt }: Stored): boolean => clock.now() - begunAt <= VALID_MS;

  const look = (key: string): { kept: RollRecord | null; last: number } => {
    const { kept, last } = records.find(key);
    const [newest] = kept;
    if (!newest || !isValid(newest.record)) return { kept: null, last };
    return { kept: { ...newest.record, finished: newest.marks.has('finished') }, last };
  };

  return {
    read: async (key) => Promise.resolve().then(() => look(key).kept),

    begin: async ({ key, deploymentId, begunAt, request }) =>
      Promise.resolve().then(() => {
        const begunAs = records.begin({ key, deploymentId, begunAt, request }, look);
        return typeof begunAs === 'number' ? null : begunAs;
      }),

    finish: async (key, wasSent) =>
      Promise.resolve().then(() => {
        records.mark(key, Math.max(1, records.find(key).last), wasSent ? 'finished' : 'refused');
      }),

    last: async (deploymentId: Id) =>
      Promise.resolve().then(() => {
        const names = records.names();
        const finished = new Set(names.map((name) => /^(.*)\.(finished|refused)$/.exec(name)?.[1]));
        const open = names.filter((name) => RECORD.test(name) && !finished.has(name));
        const rolls = open.map((name) => records.load(name)).filter((roll) => roll !== null);
        const [newest] = rolls
          .filter((roll) => roll.deploymentId === deploymentId && isValid(roll))
          .sort((a, b) => b.begunAt - a.begunAt);
        return newest ? { ...newest, finished: false } : null;
      }),
  };
}

/** The keys of the valid records of a kind, for completion; a broken record has none. @throws UsageError where none can be read */
export function recordedKeys(folder: string, kind: 'runs' | 'rolls', clock: Pick<Clock, 'now'>): string[] {
  type Stored = RunRecord | v.InferOutput<typeof rollSchema>;
  const records = new Records<Stored>(folder, kind, kind === 'runs' ? runSchema : rollSchema, clock);
  return records.names().flatMap((name) => {
    try {
      const record = RECORD.test(name) ? records.load(name) : null;
      if (!record) return [];
      const madeAt = 'postedAt' in record ? record.postedAt : record.begunAt;
      return clock.now() - madeAt < VALID_MS ? [record.key] : [];
    } catch {
      return [];
    }
  });
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
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
