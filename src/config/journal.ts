/*
 * The journal on the disk. A record is a file `HASH.GENERATION`, after the hash of its key; a mark
 * is one beside it, such as `HASH.1.accepted`. Each is made once and never changed, so that no lock
 * is needed: the record of each POST goes into the next generation, which only one process can
 * make, and one that slept replaces nothing.
 */

import { lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Clock } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import { hexHash } from '../base/hash.js';
import type { Id } from '../base/ids.js';
import {
  MARKS,
  runRecord,
  type KeptRun,
  type RunJournal,
  type RunRecord,
} from '../base/journal.js';
import { stringifyJson } from '../base/json.js';
import {
  createPrivateFile,
  ensurePrivateFolder,
  fileErrorCode,
  filesIn,
  parseStored,
  readPrivateFile,
  sweep,
  writtenAt,
  type StoredFile,
} from './files.js';

/** How long a record counts: far longer than a server remembers its key. */
const VALID_MS = 24 * 60 * 60_000;
/**
 * How long records are kept: a machine whose clock is a day ahead must not forget what it did.
 */
const KEPT_MS = 30 * VALID_MS;

const RECORD = /^[\da-f]{64}\.\d+$/;
/** The records of one key: no trigger is sent more often, and a longer number is not ours. */
const LAST_GENERATION = 999_999;
/** Records, marks, and what a killed process left. */
const SWEPT = /^(draft-|[\da-f]{64}\.)/;

/** New records go into the first, and what is in the others counts as well. */
export type JournalFolders = readonly [string, ...string[]];

const below = ([first, ...others]: JournalFolders, ...path: string[]): JournalFolders => [
  join(first, ...path),
  ...others.map((one) => join(one, ...path)),
];

export interface RollRecord<T = unknown> {
  key: string;
  /** When its first process started: wall clock, ms UTC. */
  startedAt: number;
  /** What to do to which nodes, and how. */
  request: T;
}

/**
 * Records of one kind, and their marks. What counts is a record of the last 24 hours that was not
 * refused.
 * @param madeAt when a record was made, by the wall clock, ms UTC; gets the path of its file, too
 */
function openRecords<T>(
  folders: JournalFolders,
  schema: v.GenericSchema<unknown, T>,
  madeAt: (record: T, path: string) => number,
  clock: Pick<Clock, 'now'>,
) {
  let isSwept = false;

  /** The records among these files that count, oldest first. */
  const keptOf = (files: readonly StoredFile[]) => {
    const names = new Set(files.map(({ name }) => name));
    const kept = files.flatMap(({ name, path }) => {
      const has = (mark: string) => names.has(`${name}.${mark}`);
      // `accepted` wins over `refused`: another process may have followed this record, and sent it
      // again, or found that it ran.
      if (!RECORD.test(name) || (has('refused') && !has('accepted'))) return [];
      const record = load(path, schema);
      if (!record || clock.now() - madeAt(record, path) > VALID_MS) return [];
      return [{ record, generation: generationOf(name), has }];
    });
    return kept.sort((a, b) => a.generation - b.generation);
  };

  const create = (name: string, text: string) => {
    const [folder] = folders;
    ensurePrivateFolder(folder);
    if (!isSwept) {
      isSwept = true;
      const own = filesIn(folders).filter((one) => SWEPT.test(one.name));
      sweep(own, clock.now() - KEPT_MS);
    }
    return createPrivateFile(folder, name, text);
  };

  return {
    /** What counts of one key, oldest first; and the generation that the next record will be. */
    find(key: string) {
      const prefix = `${hexHash(key)}.`;
      const files = filesIn(folders).filter(({ name }) => name.startsWith(prefix));
      // Its marks too: they may outlive a record that was swept.
      const last = Math.max(0, ...files.map(({ name }) => generationOf(name)));
      if (last > LAST_GENERATION) throw broken(join(folders[0], `${prefix}*`));
      return { kept: keptOf(files), next: last + 1 };
    },

    /** What counts of all keys, of each oldest first. */
    all: () => keptOf(filesIn(folders)),

    /** @returns false when another process has made this generation */
    make: (key: string, generation: number, record: T) =>
      create(`${hexHash(key)}.${generation}`, stringifyJson(record, { stringIds: true })),

    mark: (key: string, generation: number, mark: string, text = '') =>
      create(`${hexHash(key)}.${generation}.${mark}`, text),

    /** What a mark says; null for none. */
    textOf: (key: string, generation: number, mark: string) =>
      textIn(folders, `${hexHash(key)}.${generation}.${mark}`),
  };
}

/** What the first file of this name says; null where there is none. */
const textIn = (folders: readonly string[], name: string) =>
  folders.reduce<string | null>(
    (text, folder) => text ?? readPrivateFile(join(folder, name)),
    null,
  );

/** Of what is there: a folder, a FIFO, or a link to itself. */
function isNoFile(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === false;
  } catch (error) {
    if (fileErrorCode(error) === 'ELOOP') return true;
    throw error;
  }
}

/** @returns null for one that has gone since its name was read */
function load<T>(path: string, schema: v.GenericSchema<unknown, T>): T | null {
  if (isNoFile(path)) throw broken(path);
  const text = readPrivateFile(path);
  // A link to nothing is there, and says nothing.
  if (text === null && !lstatSync(path, { throwIfNoEntry: false })) return null;
  const record = parseStored(text ?? '', schema);
  if (record.success) return record.output;
  throw broken(path);
}

/** @param places see `Folders`; none need exist */
export function openRunJournal(places: JournalFolders, clock: Pick<Clock, 'now'>): RunJournal {
  const runs = below(places, 'runs');
  // Or by the time of its file: the clock may have been wrong when the record was made.
  const madeAt = ({ postedAt }: RunRecord, path: string) => Math.max(postedAt, writtenAt(path));
  const records = openRecords(runs, runRecord, madeAt, clock);

  const look = (key: string): { found: KeptRun | null; next: number } => {
    const { kept, next } = records.find(key);
    // One that was accepted decides, also where another process has made a newer one since.
    const newest = kept.findLast(({ has }) => has('accepted')) ?? kept.at(-1);
    if (!newest) return { found: null, next };
    const { record, generation } = newest;
    const settled = records.textOf(key, generation, 'settled') ?? '';
    const found = {
      record,
      generation,
      ageMs: clock.now() - record.postedAt,
      marks: new Set(MARKS.filter((mark) => kept.some((one) => one.has(mark)))),
      newestWhenSettled: /^\d{1,20}$/.test(settled) ? BigInt(settled) : null,
    };
    return { found, next };
  };
  /**
   * The run to follow; null if this one has to send. A record that was accepted needs no POST. Any
   * other is followed if it is newer than what this run knows: a process that was faster made it.
   * @param mine the generation that this run continues from, or has just made
   */
  const othersRun = (found: KeptRun | null, mine: number) =>
    found?.generation === mine && !found.marks.has('accepted') ? null : found;

  return {
    read: (key) => look(key).found,
    claim(record, after) {
      const { key } = record;
      for (;;) {
        const { found, next } = look(key);
        const other = othersRun(found, after);
        if (other) return { found: other };
        if (!records.make(key, next, record)) continue;
        // Writing may have taken long, and another run may have been accepted meanwhile.
        const later = othersRun(look(key).found, next);
        return later ? { found: later } : { made: next };
      }
    },
    mark: (key, generation, mark, newest) => {
      records.mark(key, generation, mark, newest?.toString());
    },
  };
}

/**
 * The records of a deployment's rolls, in a folder for each deployment, since one key on two
 * deployments is two rolls. Each process makes its own, and the newest says how the roll continues.
 * Throws as `RunJournal` does.
 * @param places see `Folders`; none need exist
 * @param request what a record holds, with ids as text
 */
export function openRollJournal<T>(
  places: JournalFolders,
  deployment: Id,
  request: v.GenericSchema<unknown, T>,
  clock: Pick<Clock, 'now'>,
) {
  const rolls = below(places, 'rolls', String(deployment));
  const schema = v.strictObject({
    key: v.string(),
    startedAt: v.pipe(v.number(), v.safeInteger()),
    request,
  });
  // Resumed after 23 hours, it must not last longer than the records of its nodes.
  const records = openRecords(rolls, schema, (record) => record.startedAt, clock);
  const read = (key: string) => records.find(key).kept.at(-1)?.record;

  return {
    read,

    /**
     * Makes the record of this process.
     * @param check takes the newest one of the same key first, and throws where it is of another
     * roll
     * @returns its generation
     */
    start(key: string, request: T, check: (before: RollRecord<T>) => void): number {
      for (;;) {
        const { kept, next } = records.find(key);
        const before = kept.at(-1)?.record;
        if (before) check(before);
        // The records of its nodes are as old as the first process: so is the roll.
        const startedAt = before?.startedAt ?? clock.now();
        if (records.make(key, next, { key, startedAt, request })) return next;
      }
    },

    /**
     * Marks the record of this process, if that can be written.
     * @param mark `finished`: nothing is left to resume; `refused`: nothing was sent, so the record
     * counts as none
     */
    end(key: string, generation: number, mark: 'finished' | 'refused') {
      try {
        records.mark(key, generation, mark);
      } catch {
        // The roll is offered for a day more.
      }
    },

    /** Of each roll that has not ended, the newest record; the newest roll first. */
    unfinished(): Array<RollRecord<T>> {
      // A map keeps the last record of a key: its newest.
      const newest = new Map(records.all().map((one) => [one.record.key, one]));
      return [...newest.values()]
        .flatMap(({ record, has }) => (has('finished') ? [] : record))
        .sort((a, b) => b.startedAt - a.startedAt);
    },
  };
}

/** The deployments whose rolls have left a record. @param places see `Folders` */
export const rolledDeployments = (places: JournalFolders): Id[] => [
  ...new Set(
    filesIn(below(places, 'rolls')).flatMap(({ name }) =>
      /^\d{1,20}$/.test(name) ? BigInt(name) : [],
    ),
  ),
];

function broken(path: string) {
  return new LdctlError(
    'unconfirmed',
    'journal_broken',
    `the record of an earlier run is broken: ${path}`,
    {
      hint: 'That run may have sent this trigger: look at `ldctl activities list`. If it did not, remove the file, and try again.',
    },
  );
}

/** 0 for what is neither a record nor a mark. */
const generationOf = (name: string) => Number(/^[\da-f]{64}\.(\d+)/.exec(name)?.[1] ?? 0);
