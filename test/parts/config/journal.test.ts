import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { hexHash } from '../../../src/base/hash.js';
import type { RunRecord } from '../../../src/base/journal.js';
import { openRollJournal, openRunJournal, type RollRecord } from '../../../src/config/journal.js';
import { LOADER } from '../../helpers/loader.js';
import { itOnPosix } from '../../helpers/platform.js';
import { privateFolder, removeFolders } from './fixtures.js';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.now();
const clock = { now: () => START };
/** A wall clock that is ahead by this. */
const clockAt = (aheadMs: number) => ({ now: () => START + aheadMs });

function recordOf(key: string, fields: Partial<RunRecord> = {}): RunRecord {
  const listed = { here: [610809900976570889n, 7261845022003200001n], elsewhere: [18n] };
  const facts = { apiKey: '0f1e2d3c', date: START, expect: 3, core: null, listed };
  return { key, ...facts, baseline: 18446744073709551615n, postedAt: START, ...fields };
}

const ROLL = { nodes: ['18446744073709551615', '5'], gate: 'echo "$LDCTL_NODE_ID"\n', pauseMs: 0 };
const rollOf = (key: string, fields: Partial<RollRecord> = {}): RollRecord => ({
  ...{ key, startedAt: START, request: ROLL },
  ...fields,
});
/** The rolls of a deployment, by a clock that is ahead by this. */
const rollsIn = (folder: string, aheadMs = 0, deployment = 7n) =>
  openRollJournal([folder], deployment, v.looseObject({}), clockAt(aheadMs));

const namesIn = (folder: string, kind = 'runs'): string[] => readdirSync(join(folder, kind)).sort();
/** The path of the first file. */
const pathIn = (folder: string, kind = 'runs'): string =>
  join(folder, kind, namesIn(folder, kind)[0] ?? '');
const writtenAt = (path: string, at: number): void => utimesSync(path, at / 1000, at / 1000);
/** The files of a single key, without its hash: `1`, `1.accepted`, `2` … */
const filesOf = (folder: string, kind = 'runs'): string[] =>
  namesIn(folder, kind).map((name) => name.slice(65));

describe('the run journal', () => {
  after(removeFolders);

  it('gives another process what this one recorded, digit for digit, with its marks', () => {
    const folder = join(privateFolder(), 'ldctl');
    const here = openRunJournal([folder], clock);
    const record = recordOf('deploy-7.0123456789abcdef');
    assert.equal(here.read(record.key), null);
    assert.equal(existsSync(folder), false);
    assert.deepEqual(here.claim(record, 0), { made: 1 });
    const there = openRunJournal([folder], clockAt(5000));
    const fresh = {
      record,
      generation: 1,
      ageMs: 5000,
      marks: new Set(),
      newestWhenSettled: null,
    };
    assert.deepEqual(there.read(record.key), fresh);
    const marks = ['accepted', 'passed', 'paused', 'rejected', 'unconfirmed'] as const;
    for (const mark of marks) {
      here.mark(record.key, 1, mark);
      there.mark(record.key, 1, mark);
    }
    here.mark(record.key, 1, 'settled', 18446744073709551615n);
    there.mark(record.key, 1, 'settled', 1n);
    assert.deepEqual(there.read(record.key), {
      ...fresh,
      marks: new Set([...marks, 'settled']),
      newestWhenSettled: 18446744073709551615n,
    });
    const files = [...marks, 'settled'].map((mark) => `1.${mark}`).sort();
    assert.deepEqual(filesOf(folder), ['1', ...files]);
    assert.match(readFileSync(pathIn(folder), 'utf8'), /"18446744073709551615"/);
  });

  it('has a record for each key, whatever its characters', () => {
    const folder = privateFolder();
    const journal = openRunJournal([folder], clock);
    const keys = ['../../x', 'a/b', '.', 'A', 'a', 'k'.repeat(233)];
    for (const key of keys) assert.deepEqual(journal.claim(recordOf(key), 0), { made: 1 });
    for (const key of keys) assert.equal(journal.read(key)?.record.key, key);
    assert.deepEqual(readdirSync(folder), ['runs']);
  });

  itOnPosix('is private: folders 0700, files 0600', 'it keeps no modes', () => {
    const folder = join(privateFolder(), 'ldctl');
    const umask = process.umask(0);
    try {
      openRunJournal([folder], clock).claim(recordOf('a'), 0);
    } finally {
      process.umask(umask);
    }
    const modes = [folder, join(folder, 'runs'), pathIn(folder)].map(
      (path) => statSync(path).mode & 0o777,
    );
    assert.deepEqual(modes, [0o700, 0o700, 0o600]);
  });

  // journal-model.test.ts plays which record counts, and who may make the next one.
  it('reads a record for a day, by the time in it or by that of its file', () => {
    for (const { ageMs, fileAgeMs = ageMs, isKnown } of [
      { ageMs: -HOUR_MS, isKnown: true },
      { ageMs: 0, isKnown: true },
      { ageMs: DAY_MS, isKnown: true },
      { ageMs: DAY_MS + 1, isKnown: false },
      // The clock was a year behind, or ahead, when the record was made.
      { ageMs: 365 * DAY_MS, fileAgeMs: HOUR_MS, isKnown: true },
      { ageMs: -365 * DAY_MS, fileAgeMs: 2 * DAY_MS, isKnown: true },
    ]) {
      const folder = privateFolder();
      const journal = openRunJournal([folder], clock);
      journal.claim(recordOf('a', { postedAt: START - ageMs }), 0);
      writtenAt(pathIn(folder), START - fileAgeMs);
      const what = `a record ${ageMs / HOUR_MS} hours old, in a file ${fileAgeMs / HOUR_MS} hours old`;
      assert.equal(journal.read('a')?.ageMs, isKnown ? ageMs : undefined, what);
    }
  });

  it('claims no key whose earlier record is marked as accepted while this one is written', () => {
    const folder = privateFolder();
    const other = openRunJournal([folder], clock);
    const record = recordOf('a');
    other.claim(record, 0);
    // It asks for the time after it has read the names, so it sees this mark only when it looks again.
    const slow = openRunJournal([folder], {
      now: () => {
        other.mark('a', 1, 'accepted');
        return START;
      },
    });
    const claim = slow.claim(record, 1);
    assert.ok('found' in claim, 'it would send, though the other was accepted');
    const { generation, marks } = claim.found;
    assert.deepEqual({ generation, marks }, { generation: 1, marks: new Set(['accepted']) });
  });

  it('counts the tenth record of a key as newer than the ninth', () => {
    const journal = openRunJournal([privateFolder()], clock);
    for (let before = 0; before < 10; before += 1) {
      assert.deepEqual(journal.claim(recordOf('a'), before), { made: before + 1 });
    }
    assert.equal(journal.read('a')?.generation, 10);
  });

  it('has a record on the disk before anything is sent: flushed, named, and its folder synced', () => {
    const steps: string[] = [];
    const { writeFileSync: write, linkSync: link, fsyncSync: sync } = fs;
    Object.assign(fs, {
      writeFileSync: (...args: Parameters<typeof write>) => {
        const [, , options] = args;
        const isFlushed = typeof options === 'object' && options?.flush === true;
        steps.push(isFlushed ? 'flushed' : 'written');
        write(...args);
      },
      linkSync: (...args: Parameters<typeof link>) => {
        steps.push('named');
        link(...args);
      },
      fsyncSync: (file: number) => {
        if (fs.fstatSync(file).isDirectory()) steps.push('synced');
        sync(file);
      },
    });
    syncBuiltinESMExports();
    try {
      openRunJournal([privateFolder()], clock).claim(recordOf('a'), 0);
    } finally {
      Object.assign(fs, { writeFileSync: write, linkSync: link, fsyncSync: sync });
      syncBuiltinESMExports();
    }
    assert.deepEqual(steps, [
      'flushed',
      'named',
      ...(process.platform === 'win32' ? [] : ['synced']),
    ]);
  });

  it('lets one of 3 processes that claim a key at once make its record, and gives that to the others', async function () {
    this.timeout(120_000);
    const folder = privateFolder();
    const script = fileURLToPath(import.meta.resolve('./child.js'));
    const children = Array.from({ length: 3 }, (_, n) => {
      const args = [...LOADER, script, folder, String(n)];
      const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      return { stdin: child.stdin, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
    });
    /** Of each process its next line: `ready`, and then `KEY mine` or `KEY WINNER`. */
    const nextLines = () =>
      Promise.all(children.map(async ({ lines }) => String((await lines.next()).value)));
    await nextLines();
    for (const { stdin } of children) stdin.write('go\n');
    for (let n = 0; n < 20; n++) {
      const answers = await nextLines();
      const winner = answers.indexOf(`${n} mine`);
      assert.deepEqual(
        answers,
        children.map((_, child) => (child === winner ? `${n} mine` : `${n} ${winner}`)),
      );
    }
    assert.equal(namesIn(folder).length, 20);
  });

  it('when it writes, deletes its own files of more than 30 days ago, and no others', () => {
    const HASH = 'a'.repeat(64);
    const own = [`${HASH}.1`, `${HASH}.1.accepted`, 'draft-1b4e28ba-2fa1-41d2-883f-0016d3cca427'];
    const others = ['thesis.tex', `${HASH.slice(1)}.1`];
    const folder = privateFolder();
    mkdirSync(join(folder, 'runs'), { mode: 0o700 });
    for (const name of [...own, ...others]) {
      writeFileSync(join(folder, 'runs', name), '{}');
      utimesSync(join(folder, 'runs', name), START / 1000, START / 1000);
    }
    openRunJournal([folder], clockAt(29.9 * DAY_MS)).claim(recordOf('new'), 0);
    assert.equal(namesIn(folder).length, 6);
    openRunJournal([folder], clockAt(30.1 * DAY_MS)).claim(recordOf('new'), 0);
    assert.deepEqual(
      [...own, ...others].filter((name) => existsSync(join(folder, 'runs', name))),
      others,
    );
  });

  it('makes no record under the number of one that is gone, whose mark is still there', () => {
    const folder = privateFolder();
    openRunJournal([folder], clock).claim(recordOf('a'), 0);
    const path = pathIn(folder);
    writeFileSync(`${path}.accepted`, '');
    rmSync(path);
    const journal = openRunJournal([folder], clock);
    assert.deepEqual(journal.claim(recordOf('a'), 0), { made: 2 });
    assert.deepEqual(journal.read('a')?.marks, new Set());
  });

  describe('what cannot be read is an error, never "no record"', () => {
    const folderWithRecord = () => {
      const folder = privateFolder();
      const journal = openRunJournal([folder], clock);
      journal.claim(recordOf('a'), 0);
      return { journal, path: pathIn(folder) };
    };

    it('a damaged record: exit 7 with its path, whether it is read or claimed, and left as it is', () => {
      const damages: Record<string, (text: string) => string> = {
        'an empty file': () => '',
        'cut JSON': (text) => text.slice(0, 60),
        'another shape': () => '{}',
        'a number for an id': (text) => text.replace('"18"', '18'),
        'a record of an earlier version': (text) => text.replace('"apiKey":"0f1e2d3c",', ''),
        'a field of a later version': (text) => text.replace('{', '{"isShared":true,'),
      };
      const { journal, path } = folderWithRecord();
      const whole = readFileSync(path, 'utf8');
      for (const [what, damage] of Object.entries(damages)) {
        writeFileSync(path, damage(whole));
        for (const step of [() => journal.read('a'), () => journal.claim(recordOf('a'), 0)]) {
          const message = `the record of an earlier run is broken: ${path}`;
          const hint = /ldctl activities list/;
          assert.throws(step, { code: 'journal_broken', exitCode: 7, message, hint }, what);
        }
        assert.equal(readFileSync(path, 'utf8'), damage(whole));
      }
    });

    it('a folder: exit 7, since to move it away would send the trigger again', () => {
      const { journal, path } = folderWithRecord();
      rmSync(path);
      mkdirSync(path);
      assert.throws(() => journal.read('a'), { code: 'journal_broken', exitCode: 7 });
    });

    for (const [what, end] of [
      ['nowhere', '.gone'],
      ['to itself', ''],
    ] as const) {
      itOnPosix(`a link that leads ${what}: exit 7 with its path`, 'links need a privilege', () => {
        const { journal, path } = folderWithRecord();
        rmSync(path);
        symlinkSync(`${path}${end}`, path);
        const error = { code: 'journal_broken', exitCode: 7, message: /broken: .*[\da-f]{64}\.1$/ };
        for (const step of [() => journal.read('a'), () => journal.claim(recordOf('a'), 0)]) {
          assert.throws(step, error);
        }
      });
    }
  });
});

describe('the journal of rolls', () => {
  after(removeFolders);
  /** Allows whatever the record before asks for. */
  const allow = (): void => undefined;

  it('gives back the newest record of a roll, with the start of the first', () => {
    const folder = privateFolder();
    assert.equal(rollsIn(folder).start('r', ROLL, allow), 1);
    const journal = rollsIn(folder, HOUR_MS);
    assert.deepEqual(journal.read('r'), rollOf('r'));
    const seen: RollRecord[] = [];
    const request = { gate: 'true' };
    assert.equal(
      journal.start('r', request, (before) => void seen.push(before)),
      2,
    );
    assert.deepEqual(seen, [rollOf('r')]);
    assert.deepEqual(journal.read('r'), rollOf('r', { request }));
    journal.end('r', 2, 'finished');
    assert.deepEqual(filesOf(folder, 'rolls/7'), ['1', '2', '2.finished']);
  });

  it('makes no record if the check of the one before throws', () => {
    const folder = privateFolder();
    const journal = rollsIn(folder);
    journal.start('r', ROLL, allow);
    const refuse = (): never => {
      throw new Error('it is another roll');
    };
    assert.throws(() => journal.start('r', {}, refuse), /it is another roll/);
    assert.deepEqual(filesOf(folder, 'rolls/7'), ['1']);
  });

  it('lists the unfinished rolls of a deployment, the newest first', () => {
    const folder = privateFolder();
    const journal = rollsIn(folder);
    const keys = (): string[] => journal.unfinished().map(({ key }) => key);
    assert.deepEqual(keys(), []);
    const ages = { old: DAY_MS + 1, first: 3 * HOUR_MS, second: 2 * HOUR_MS, done: HOUR_MS };
    for (const [key, age] of Object.entries(ages)) {
      rollsIn(folder, -age).start(key, ROLL, allow);
      writtenAt(join(folder, 'rolls/7', `${hexHash(key)}.1`), START - age);
    }
    rollsIn(folder, 0, 8n).start('elsewhere', ROLL, allow);
    journal.end('done', 1, 'finished');
    assert.deepEqual(keys(), ['second', 'first']);
    journal.end('second', 1, 'finished');
    assert.deepEqual(keys(), ['first']);
    // Resumed with a gate, which has not passed yet, it is unfinished again.
    journal.start('second', ROLL, allow);
    assert.deepEqual(keys(), ['second', 'first']);
  });

  it('starts a roll anew after 24 hours, or if nothing was sent', () => {
    const folder = privateFolder();
    const journal = rollsIn(folder);
    rollsIn(folder, -DAY_MS - 1).start('r', ROLL, allow);
    writtenAt(pathIn(folder, 'rolls/7'), START - DAY_MS - 1);
    assert.deepEqual([journal.read('r'), journal.unfinished()], [undefined, []]);
    // So does one that was resumed an hour before: the records of its nodes are too old.
    rollsIn(folder, -DAY_MS - 1).start('s', ROLL, allow);
    rollsIn(folder, -2 * HOUR_MS).start('s', ROLL, allow);
    assert.deepEqual([journal.read('s'), journal.unfinished()], [undefined, []]);
    assert.equal(journal.start('r', ROLL, allow), 2);
    journal.end('r', 2, 'refused');
    assert.deepEqual([journal.read('r'), journal.unfinished()], [undefined, []]);
    assert.equal(journal.start('r', ROLL, allow), 3);
    assert.deepEqual(journal.unfinished(), [rollOf('r')]);
  });

  it('lists a roll that a second process continues, though the first one sent nothing', () => {
    const folder = privateFolder();
    const [first, second] = [rollsIn(folder), rollsIn(folder)];
    first.start('r', ROLL, allow);
    second.start('r', ROLL, allow);
    first.end('r', 1, 'refused');
    assert.deepEqual(second.unfinished(), [rollOf('r')]);
  });

  it('lists the rolls of a deployment though one of another deployment is broken', () => {
    const folder = privateFolder();
    const [journal, other] = [rollsIn(folder), rollsIn(folder, 0, 8n)];
    other.start('elsewhere', ROLL, allow);
    const path = pathIn(folder, 'rolls/8');
    const text = readFileSync(path, 'utf8');
    journal.start('r', ROLL, allow);
    for (const broken of [
      text.replace('{', '{"isShared":true,'),
      text.replace(/\{"nodes.*/, '7}'),
      text.slice(0, -10),
    ]) {
      writeFileSync(path, broken);
      assert.deepEqual(journal.unfinished(), [rollOf('r')]);
      assert.throws(() => other.unfinished(), { code: 'journal_broken' });
    }
  });
});
