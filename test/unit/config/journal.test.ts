import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { LdctlError } from '../../../src/base/errors.js';
import { type RollRecord, type RunRecord } from '../../../src/base/journal.js';
import { openRollJournal, openRunJournal } from '../../../src/config/journal.js';
import { failureOf } from '../../helpers/failure.js';
import { itOnPosix } from '../../helpers/platform.js';
import { together } from './children.js';
import { privateFolder, removeFolders, withoutPrivileges } from './fixtures.js';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** A wall clock that is so much ahead. */
const clockAt = (aheadMs = 0) => ({ now: () => Date.now() + aheadMs });
const START = Date.now();
const clock = { now: () => START };

function recordOf(key: string, fields: Partial<RunRecord> = {}): RunRecord {
  const known = [610809900976570889n, 7261845022003200001n];
  const facts = { deploymentId: 7n, runtime: 'iggy', action: 'reconfigure:18446744073709551615', nodes: null, known };
  return { key, ...facts, baseline: 18446744073709551615n, postedAt: START, ...fields };
}

const rollOf = (key: string, fields: Partial<RollRecord> = {}): RollRecord => ({
  ...{ key, deploymentId: 7n, begunAt: START, finished: false },
  request: { nodes: ['18446744073709551615', '5'], gate: 'echo "$LDCTL_NODE_ID"\n', pauseMs: 0 },
  ...fields,
});

const namesIn = (folder: string, kind = 'runs'): string[] => readdirSync(join(folder, kind)).sort();
/** The files of a key: `1`, `1.accepted`, `2` … */
const filesOf = (folder: string, kind = 'runs'): string[] => namesIn(folder, kind).map((name) => name.slice(65));

const failure = (step: Promise<unknown>): Promise<LdctlError> => failureOf(step, LdctlError);

describe('the run journal', () => {
  after(removeFolders);

  it('gives back in another process what was begun in this one, digit for digit, with its marks', async () => {
    const folder = privateFolder();
    const here = openRunJournal(folder, clock);
    const record = recordOf('deploy-7.0123456789abcdef', { nodes: [18446744073709551615n] });
    assert.equal(await here.begin(record), null);
    const there = openRunJournal(folder, { now: () => START + 5000 });
    const fresh = { record, ageMs: 5000, accepted: false, redirected: false, passed: false, resent: false };
    assert.deepEqual(await there.read(record.key), fresh);
    await here.mark(record.key, 'accepted');
    assert.deepEqual(await there.read(record.key), { ...fresh, accepted: true });
    await here.mark(record.key, 'passed');
    await here.mark(record.key, 'redirected');
    assert.deepEqual(await there.read(record.key), { ...fresh, accepted: true, passed: true, redirected: true });
    assert.match(readFileSync(join(folder, 'runs', namesIn(folder)[0] ?? ''), 'utf8'), /"18446744073709551615"/);
  });

  it('makes each mark once, from whichever process', async () => {
    const folder = privateFolder();
    await openRunJournal(folder, clock).begin(recordOf('a'));
    for (let times = 0; times < 2; times++) {
      await openRunJournal(folder, clock).mark('a', 'accepted');
      assert.deepEqual(filesOf(folder), ['1', '1.accepted']);
    }
  });

  it('keeps a mark that has no record, and knows no run by it', async () => {
    const folder = privateFolder();
    const journal = openRunJournal(folder, clock);
    await journal.mark('a', 'accepted');
    assert.equal(await journal.read('a'), null);
    assert.equal(await journal.begin(recordOf('a')), null);
    assert.deepEqual(filesOf(folder), ['1.accepted', '2']);
    assert.equal((await journal.read('a'))?.accepted, false);
  });

  it('creates nothing when it reads', async () => {
    const folder = join(privateFolder(), 'ldctl');
    assert.equal(await openRunJournal(folder, clock).read('a'), null);
    assert.equal(existsSync(folder), false);
  });

  it('has a record for each key, whatever its characters', async () => {
    const folder = privateFolder();
    const journal = openRunJournal(folder, clock);
    const keys = ['../../x', 'a/b', '.', 'A', 'a', 'k'.repeat(233)];
    for (const key of keys) assert.equal(await journal.begin(recordOf(key)), null);
    for (const key of keys) assert.equal((await journal.read(key))?.record.key, key);
    assert.equal(namesIn(folder).length, keys.length);
    assert.deepEqual(readdirSync(folder), ['runs']);
  });

  itOnPosix('is private: folders 0700, files 0600', 'it keeps no modes', async () => {
    const folder = join(privateFolder(), 'ldctl');
    const umask = process.umask(0);
    try {
      const journal = openRunJournal(folder, clock);
      await journal.begin(recordOf('a'));
      await journal.mark('a', 'accepted');
    } finally {
      process.umask(umask);
    }
    const modeOf = (path: string): number => statSync(path).mode & 0o777;
    assert.deepEqual([folder, join(folder, 'runs')].map(modeOf), [0o700, 0o700]);
    assert.deepEqual(
      namesIn(folder).map((name) => modeOf(join(folder, 'runs', name))),
      [0o600, 0o600],
    );
  });

  describe('right before a POST', () => {
    const two = async () => {
      const folder = privateFolder();
      const [maker, follower] = [openRunJournal(folder, clock), openRunJournal(folder, clock)];
      await maker.begin(recordOf('a'));
      await follower.read('a');
      return { folder, maker, follower };
    };

    it('lets the maker of a record send, and one that follows it, which leaves a mark', async () => {
      const { folder, maker, follower } = await two();
      assert.equal(await maker.beforePost('a'), null);
      assert.deepEqual(filesOf(folder), ['1']);
      assert.equal(await follower.beforePost('a'), null);
      assert.deepEqual(filesOf(folder), ['1', '1.resent']);
    });

    it('has the maker follow the other that has sent, and its record count though it was refused', async () => {
      const { folder, maker, follower } = await two();
      await follower.beforePost('a');
      await maker.mark('a', 'refused');
      assert.deepEqual((await openRunJournal(folder, clock).read('a'))?.record, recordOf('a'));

      const again = await two();
      await again.follower.beforePost('a');
      assert.equal((await again.maker.beforePost('a'))?.resent, true);
      await again.maker.mark('a', 'refused');
      assert.deepEqual(filesOf(again.folder), ['1', '1.resent']);
    });

    it('has one that follows take the newer record of a maker that has begun anew', async () => {
      const { maker, follower } = await two();
      await maker.mark('a', 'refused');
      await maker.begin(recordOf('a', { baseline: 5n }));
      assert.equal((await follower.beforePost('a'))?.record.baseline, 5n);
    });
  });

  describe('beginning a key that has a record', () => {
    it('gives that one, and leaves it', async () => {
      const folder = privateFolder();
      await openRunJournal(folder, clock).begin(recordOf('a'));
      const kept = await openRunJournal(folder, clock).begin(recordOf('a', { baseline: 5n }));
      assert.deepEqual(kept?.record, recordOf('a'));
      assert.deepEqual(filesOf(folder), ['1']);
    });

    for (const [ageMs, isKnown] of [
      [-HOUR_MS, true],
      [0, true],
      [DAY_MS, true],
      [DAY_MS + 1, false],
    ] as const) {
      const what = isKnown ? 'known, with its age' : 'no record: the next generation takes its place';
      it(`of ${ageMs / HOUR_MS} hours: it is ${what}`, async () => {
        const folder = privateFolder();
        const journal = openRunJournal(folder, clock);
        await journal.begin(recordOf('a', { postedAt: START - ageMs }));
        assert.equal((await journal.read('a'))?.ageMs, isKnown ? ageMs : undefined);
        assert.equal((await journal.begin(recordOf('a')))?.ageMs, isKnown ? ageMs : undefined);
        assert.deepEqual(filesOf(folder), isKnown ? ['1'] : ['1', '2']);
      });
    }

    it('that was refused takes its place, with marks of its own', async () => {
      const folder = privateFolder();
      const journal = openRunJournal(folder, clock);
      await journal.begin(recordOf('a'));
      await journal.mark('a', 'refused');
      assert.equal(await journal.read('a'), null);
      assert.equal(await openRunJournal(folder, clock).begin(recordOf('a', { baseline: 5n })), null);
      await openRunJournal(folder, clock).mark('a', 'accepted');
      assert.deepEqual(filesOf(folder), ['1', '1.refused', '2', '2.accepted']);
    });

    it('gives one that another run was accepted by, though its own was refused', async () => {
      const folder = privateFolder();
      const [first, second] = [openRunJournal(folder, clock), openRunJournal(folder, clock)];
      await first.begin(recordOf('a'));
      await second.read('a');
      await first.mark('a', 'refused');
      await second.mark('a', 'accepted');
      assert.equal((await first.begin(recordOf('a')))?.accepted, true);
    });

    it('is refused by none but the run that began it', async () => {
      const folder = privateFolder();
      await openRunJournal(folder, clock).begin(recordOf('a'));
      const other = openRunJournal(folder, clock);
      await other.begin(recordOf('a'));
      await other.mark('a', 'refused');
      assert.deepEqual(filesOf(folder), ['1']);
    });
  });

  it('lets a process that slept for a day replace nothing, and mark nothing but its own', async () => {
    const folder = privateFolder();
    const sleeper = openRunJournal(folder, clock);
    await sleeper.begin(recordOf('a'));
    const later = openRunJournal(folder, clockAt(DAY_MS + 60_000));
    const second = recordOf('a', { baseline: 5n, postedAt: START + DAY_MS + 60_000 });
    assert.equal(await later.begin(second), null);
    await sleeper.mark('a', 'accepted');
    await sleeper.mark('a', 'refused');
    assert.deepEqual(filesOf(folder), ['1', '1.accepted', '1.refused', '2']);
    assert.deepEqual((await later.read('a'))?.record, second);
    // By its own clock the first is valid still, and one that was accepted decides.
    assert.deepEqual([(await sleeper.read('a'))?.ageMs, (await sleeper.read('a'))?.accepted], [0, true]);
  });

  it('gives a key to one of 8 processes that begin it at once, and its record to the others', async function () {
    this.timeout(120_000);
    const folder = privateFolder();
    const children = await together(8, 'begin', folder);
    for (let n = 0; n < 20; n++) {
      const answers = children.map(({ lines }) => lines[1 + n]);
      const winner = answers.indexOf(`${n} mine`);
      assert.deepEqual(
        answers,
        children.map((_, child) => (child === winner ? `${n} mine` : `${n} ${winner}`)),
      );
      const { record } = (await openRunJournal(folder, clock).read(`key-${n}`)) ?? assert.fail('no record');
      assert.equal(record.baseline, BigInt(winner));
    }
    assert.equal(namesIn(folder).length, 20);
  });

  describe('sweeps what is older than 30 days, once, when it writes', () => {
    const HASH = 'a'.repeat(64);
    const DRAFT = 'draft-1b4e28ba-2fa1-41d2-883f-0016d3cca427';
    const FILES = [`${HASH}.1`, `${HASH}.1.accepted`, `${HASH}.json`, DRAFT];

    function folderWith(names: readonly string[]): string {
      const folder = privateFolder();
      mkdirSync(join(folder, 'runs'), { mode: 0o700 });
      for (const name of names) {
        writeFileSync(join(folder, 'runs', name), '{}');
        utimesSync(join(folder, 'runs', name), START / 1000, START / 1000);
      }
      return folder;
    }

    for (const [days, left] of [
      [25 / 24, FILES],
      [29.9, FILES],
      [30.1, []],
    ] as const) {
      it(`by a clock that is ${days.toFixed(1)} days ahead it leaves ${left.length} of ${FILES.length}`, async () => {
        const folder = folderWith(FILES);
        await openRunJournal(folder, clockAt(days * DAY_MS)).begin(recordOf('new'));
        assert.deepEqual(
          FILES.filter((name) => existsSync(join(folder, 'runs', name))),
          left,
        );
      });
    }

    it('knows after a run with a clock that was 25 hours ahead what was accepted before', async () => {
      const folder = privateFolder();
      const before = openRunJournal(folder, clock);
      await before.begin(recordOf('a'));
      await before.mark('a', 'accepted');
      await openRunJournal(folder, clockAt(25 * HOUR_MS)).begin(recordOf('b'));
      assert.equal((await openRunJournal(folder, clock).begin(recordOf('a')))?.accepted, true);
    });

    it('leaves what is named in another way, and folders', async () => {
      const others = ['thesis.tex', `${HASH}.1.accepted.bak`, `${HASH.slice(1)}.1`, `x${HASH}.1`, `${HASH}.tmp`];
      const folder = folderWith(others);
      mkdirSync(join(folder, 'runs', `${HASH}.2`));
      await openRunJournal(folder, clockAt(99 * DAY_MS)).begin(recordOf('new'));
      assert.equal(namesIn(folder).length, others.length + 2);
    });
  });

  describe('what cannot be read is an error, never "no record"', () => {
    const good = JSON.stringify(recordOf('a'), (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    const texts = {
      'an empty file': '',
      'cut JSON': good.slice(0, 60),
      'another shape': '{}',
      'a number for an id': good.replace('"7"', '7'),
      'a field of a later version': good.replace('{', '{"isShared":true,'),
      'the record of another key': good.replace('"a"', '"b"'),
    };
    for (const [what, text] of Object.entries(texts)) {
      it(`${what}: exit 7 with the path, for reading and beginning alike, and left as it is`, async () => {
        const folder = privateFolder();
        const journal = openRunJournal(folder, clock);
        await journal.begin(recordOf('a'));
        const path = join(folder, 'runs', namesIn(folder)[0] ?? '');
        writeFileSync(path, text);
        for (const step of [() => journal.read('a'), () => journal.begin(recordOf('a'))]) {
          const error = await failure(step());
          assert.deepEqual([error.code, error.exitCode], ['journal_broken', 7]);
          assert.ok(error.message.includes(path));
          assert.match(error.hint ?? '', /ldctl activities list/);
        }
        assert.equal(readFileSync(path, 'utf8'), text);
      });
    }

    const kinds: Record<string, (path: string) => void> = {
      'a FIFO': (path) => void execFileSync('mkfifo', ['-m', '600', path]),
      'a folder': (path) => mkdirSync(path, { mode: 0o700 }),
      'a mark that this version does not know': (path) => writeFileSync(`${path}.halved`, '{}'),
    };
    for (const [what, make] of Object.entries(kinds)) {
      itOnPosix(`${what}: exit 7`, 'it has no FIFOs', async () => {
        const folder = privateFolder();
        const journal = openRunJournal(folder, clock);
        await journal.begin(recordOf('a'));
        const path = join(folder, 'runs', namesIn(folder)[0] ?? '');
        rmSync(path);
        make(path);
        for (const step of [() => journal.read('a'), () => journal.begin(recordOf('a'))]) {
          assert.equal((await failure(step())).code, 'journal_broken');
        }
      });
    }

    itOnPosix('a record that others can read: exit 2 with the chmod', 'it keeps no modes', async () => {
      const folder = privateFolder();
      const journal = openRunJournal(folder, clock);
      await journal.begin(recordOf('a'));
      chmodSync(join(folder, 'runs', namesIn(folder)[0] ?? ''), 0o644);
      const error = await failure(journal.read('a'));
      assert.deepEqual([error.code, error.exitCode], ['config_not_private', 2]);
      assert.match(error.hint ?? '', /chmod 600/);
    });

    itOnPosix('a folder that is read-only: it reads, and begins nothing', 'it keeps no modes', async () => {
      const folder = privateFolder();
      await openRunJournal(folder, clock).begin(recordOf('a'));
      await withoutPrivileges(join(folder, 'runs'), () => Promise.resolve());
      await withoutPrivileges(folder, async () => {
        chmodSync(join(folder, 'runs'), 0o500);
        const journal = openRunJournal(folder, clock);
        assert.deepEqual((await journal.begin(recordOf('a')))?.record, recordOf('a'));
        const error = await failure(journal.begin(recordOf('b')));
        assert.deepEqual([error.code, error.exitCode], ['config_unwritable', 2]);
        await failure(journal.mark('a', 'accepted'));
        chmodSync(join(folder, 'runs'), 0o700);
      });
    });

    it('a file in place of the folder: exit 2', async () => {
      const file = join(privateFolder(), 'file');
      writeFileSync(file, '');
      const error = await failure(openRunJournal(file, clock).begin(recordOf('a')));
      // Windows finds out a step later.
      assert.match(error.code, /^config_un(read|writ)able$/);
      assert.equal(error.exitCode, 2);
    });
  });
});

describe('the journal of rolls', () => {
  after(removeFolders);

  it('gives a roll back as it was asked for, until it is finished', async () => {
    const folder = privateFolder();
    assert.equal(await openRollJournal(folder, clock).begin(rollOf('r')), null);
    const journal = openRollJournal(folder, clock);
    assert.deepEqual(await journal.read('r'), rollOf('r'));
    assert.deepEqual(await journal.begin(rollOf('r', { request: {} })), rollOf('r'));
    await journal.finish('r', true);
    await journal.finish('r', true);
    assert.deepEqual(await journal.read('r'), rollOf('r', { finished: true }));
    assert.deepEqual(filesOf(folder, 'rolls'), ['1', '1.finished']);
  });

  it('finds the newest unfinished roll of a deployment', async () => {
    const journal = openRollJournal(privateFolder(), clock);
    assert.equal(await journal.last(7n), null);
    const ages = { old: DAY_MS + 1, first: 3 * HOUR_MS, second: 2 * HOUR_MS, done: HOUR_MS };
    for (const [key, age] of Object.entries(ages)) await journal.begin(rollOf(key, { begunAt: START - age }));
    await journal.begin(rollOf('elsewhere', { deploymentId: 8n }));
    await journal.finish('done', true);
    assert.equal((await journal.last(7n))?.key, 'second');
    await journal.finish('second', true);
    assert.equal((await journal.last(7n))?.key, 'first');
    await journal.finish('first', true);
    assert.equal(await journal.last(7n), null);
  });

  it('begins a roll anew where nothing was sent, and finds it then', async () => {
    const journal = openRollJournal(privateFolder(), clock);
    await journal.begin(rollOf('r'));
    await journal.finish('r', false);
    assert.deepEqual([await journal.read('r'), await journal.last(7n)], [null, null]);
    assert.equal(await journal.begin(rollOf('r')), null);
    assert.equal((await journal.last(7n))?.key, 'r');
  });

  it('begins a roll of a key anew after 24 hours', async () => {
    const journal = openRollJournal(privateFolder(), clock);
    await journal.begin(rollOf('r', { begunAt: START - DAY_MS - 1 }));
    assert.equal(await journal.read('r'), null);
    assert.equal(await journal.begin(rollOf('r')), null);
    assert.deepEqual(await journal.last(7n), rollOf('r'));
  });

  it('takes what is broken for an error, also where it looks for the last one', async () => {
    const folder = privateFolder();
    const journal = openRollJournal(folder, clock);
    await journal.begin(rollOf('r'));
    writeFileSync(join(folder, 'rolls', namesIn(folder, 'rolls')[0] ?? ''), '{}');
    for (const step of [journal.read('r'), journal.begin(rollOf('r')), journal.last(7n)]) {
      assert.equal((await failure(step)).code, 'journal_broken');
    }
  });
});
