import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Clock } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { idText, runRecord, type KeptRun, type RunJournal } from '../base/journal.js';
import { stringifyJson } from '../base/json.js';
import {
  createPrivateFile,
  ensurePrivateFolder,
  fileErrorCode,
  fileFault,
  readPrivateFile,
  removeQuietly,
} from './files.js';

/*
 * The journal on the disk. A record is a file `HASH.GENERATION`, after the hash of its key; a mark
 * is one beside it, such as `HASH.1.accepted`. Each is made once and never changed, so that no lock
 * is needed: the record of each POST goes into the next generation, which only one process can
 * make, and one that slept replaces nothing.
 */

const VALID_MS = 24 * 60 * 60_000;
/**
 * Far longer than records are valid: a machine whose clock is a day ahead must not forget what it
 * did.
 */
const KEPT_MS = 30 * VALID_MS;

const RECORD = /^[\da-f]{64}\.\d+$/;
/** Nobody sends a trigger more often. A number too long to count on from is not ours. */
const LAST_GENERATION = 999_999;
/** Records, marks, and what a killed process left. */
const SWEPT = /^(draft-|[\da-f]{64}\.)/;

const rollRecord = v.strictObject({
  key: v.string(),
  deploymentId: idText,
  /** Wall clock, ms UTC. */
  begunAt: v.pipe(v.number(), v.safeInteger()),
  /** What was asked, as plain JSON with ids as text: what `--resume` runs again. */
  request: v.unknown(),
});
export type RollRecord = v.InferOutput<typeof rollRecord>;

/** Records of one kind, and their marks, in a folder. */
function openRecords<T extends { key: string }>(
  folder: string,
  schema: v.GenericSchema<unknown, T>,
  madeAt: (record: T) => number,
  clock: Pick<Clock, 'now'>,
) {
  let isSwept = false;

  function allNames(): string[] {
    try {
      return readdirSync(folder);
    } catch (error) {
      if (fileErrorCode(error) === 'ENOENT') return [];
      throw fileFault('read', folder, error);
    }
  }

  /**
   * @param deploymentId a record of another deployment is not needed, even where it is broken
   * @returns null for one that has gone since its name was read, or is not needed
   */
  function load(path: string, deploymentId?: Id): T | null {
    const text = readPrivateFile(path);
    if (text === null) return null;
    const result = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
    if (result.success) return result.output;
    const owner = /"deploymentId": *"(\d+)"/.exec(text)?.[1] ?? deploymentId;
    if (deploymentId !== undefined && String(owner) !== String(deploymentId)) return null;
    throw broken(path);
  }

  function create(name: string, text: string): boolean {
    ensurePrivateFolder(folder);
    if (!isSwept) sweep();
    return createPrivateFile(folder, name, text);
  }

  function sweep(): void {
    isSwept = true;
    for (const name of allNames().filter((one) => SWEPT.test(one))) {
      const path = join(folder, name);
      const writtenAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
      if (clock.now() - writtenAt > KEPT_MS) removeQuietly(path);
    }
  }

  /**
   * What is valid and was not refused, of one key or of all, the newest first; and the generation
   * that was made last.
   */
  function find(of: { key: string } | { deploymentId: Id }) {
    const prefix = 'key' in of ? `${hashOf(of.key)}.` : '';
    const names = new Set(allNames().filter((name) => name.startsWith(prefix)));
    // Its marks too: they may outlive a record that was swept.
    const last = Math.max(0, ...[...names].map(generationOf));
    if ('key' in of && last > LAST_GENERATION) throw broken(join(folder, `${prefix}*`));
    const kept = [...names].flatMap((name) => {
      if (!RECORD.test(name)) return [];
      const has = (mark: string): boolean => names.has(`${name}.${mark}`);
      // Another process may have followed this record, and sent, or found that it was carried out.
      if (has('refused') && !has('accepted') && !has('redirected') && !has('joined')) return [];
      const record = load(join(folder, name), 'key' in of ? undefined : of.deploymentId);
      if (record === null || clock.now() - madeAt(record) > VALID_MS) return [];
      return [{ record, generation: generationOf(name), has }];
    });
    return { kept: kept.sort((a, b) => b.generation - a.generation), last };
  }

  return {
    find,
    /** @returns false when another process has made this generation */
    make: (record: T, generation: number): boolean =>
      create(`${hashOf(record.key)}.${generation}`, stringifyJson(record, { stringIds: true })),
    mark: (key: string, generation: number, mark: string): unknown =>
      create(`${hashOf(key)}.${generation}.${mark}`, ''),
  };
}

/** @param folder see `configDir`; it need not exist */
export function openRunJournal(folder: string, clock: Pick<Clock, 'now'>): RunJournal {
  const records = openRecords(join(folder, 'runs'), runRecord, ({ postedAt }) => postedAt, clock);

  const look = (key: string): { found: KeptRun | null; last: number } => {
    const { kept, last } = records.find({ key });
    // One that was accepted decides, also where another process has made a newer one since.
    const newest = kept.find(({ has }) => has('accepted')) ?? kept[0];
    if (!newest) return { found: null, last };
    const { record, generation } = newest;
    const any = (mark: string): boolean => kept.some(({ has }) => has(mark));
    const marks = {
      accepted: any('accepted'),
      redirected: any('redirected'),
      passed: any('passed'),
    };
    return { found: { record, generation, ageMs: clock.now() - record.postedAt, ...marks }, last };
  };

  return {
    read: (key) => look(key).found,
    begin(record, after) {
      let mine: number | null = null;
      for (;;) {
        const { found, last } = look(record.key);
        if (found && (found.accepted || found.redirected || found.generation !== (mine ?? after))) {
          return { found };
        }
        // It is looked last: writing may have taken long, and another run be accepted meanwhile.
        if (mine !== null) return { made: mine };
        if (records.make(record, last + 1)) mine = last + 1;
      }
    },
    mark: (key, generation, mark) => void records.mark(key, generation, mark),
  };
}

/**
 * The records of rolls, beside those of runs. Throws as `RunJournal` does.
 * @param folder see `configDir`; it need not exist
 */
export function openRollJournal(folder: string, clock: Pick<Clock, 'now'>) {
  const records = openRecords(join(folder, 'rolls'), rollRecord, ({ begunAt }) => begunAt, clock);
  return {
    read: (key: string): RollRecord | null => records.find({ key }).kept[0]?.record ?? null,

    /**
     * @returns null when made; else the one that is there already, which then counts though its
     * maker sends nothing
     */
    begin(record: RollRecord): RollRecord | null {
      for (;;) {
        const { kept, last } = records.find({ key: record.key });
        const [found] = kept;
        if (found) records.mark(record.key, found.generation, 'joined');
        if (found) return found.record;
        if (records.make(record, last + 1)) return null;
      }
    },

    /**
     * Where nothing was sent to any node, the record counts as none. What cannot be noted only
     * keeps it for a day.
     */
    finish(key: string, wasSent: boolean): void {
      try {
        records.mark(key, records.find({ key }).last, wasSent ? 'finished' : 'refused');
      } catch (error) {
        if (!(error instanceof LdctlError)) throw error;
      }
    },

    /** The newest unfinished roll of a deployment. */
    last(deploymentId: Id): RollRecord | null {
      const { kept } = records.find({ deploymentId });
      const open = kept.flatMap(({ record, has }) => (has('finished') ? [] : [record]));
      const [newest] = open
        .filter((roll) => roll.deploymentId === deploymentId)
        .sort((a, b) => b.begunAt - a.begunAt);
      return newest ?? null;
    },
  };
}

function broken(path: string): LdctlError {
  return new LdctlError(
    'unconfirmed',
    'journal_broken',
    `the record of an earlier run is broken: ${path}`,
    {
      hint: 'It may have sent this trigger: look at `ldctl activities list`. If it did not, remove the file, and try again.',
    },
  );
}

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** 0 for what is neither a record nor a mark. */
const generationOf = (name: string): number => Number(/^[\da-f]{64}\.(\d+)/.exec(name)?.[1] ?? 0);
