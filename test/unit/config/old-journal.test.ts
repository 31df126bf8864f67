import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { LdctlError } from '../../../src/base/errors.js';
import { type RollRecord, type RunRecord } from '../../../src/base/old-journal.js';
import { FileJournal, keepNodes, RollFiles } from '../../../src/config/old-journal.js';
import { VirtualClock } from '../../helpers/clock.js';
import { failureOf } from '../../helpers/failure.js';
import { privateFolder, removeFolders } from '../config/fixtures.js';
import { itOnPosix } from '../../helpers/platform.js';

const HOUR_MS = 60 * 60_000;

const clock = new VirtualClock();

function recordOf(wireKey: string, fields: Partial<RunRecord> = {}): RunRecord {
  const baseline = { highestId: 18446744073709551615n, nodes: [610809900976570889n, 7261845022003200001n] };
  return { wireKey, baseline, firstPostAt: clock.now(), state: 'posting', token: 'a run', ...fields };
}

const write = async (journal: FileJournal, record: RunRecord): Promise<void> => {
  await journal.update(record.wireKey, () => record);
};
const remove = (journal: FileJournal, wireKey: string) => journal.update(wireKey, () => null);
/** As a run does that is about to post: null when the record is now its own. */
const claim = (journal: FileJournal, record: RunRecord) => journal.update(record.wireKey, (known) => known ?? record);

/** The one file that holds a record. */
function onlyFile(folder: string): string {
  const names = readdirSync(join(folder, 'runs'));
  assert.equal(names.length, 1, names.join());
  return join(folder, 'runs', names[0] ?? '');
}

const failure = (step: Promise<unknown>): Promise<LdctlError> => failureOf(step, LdctlError);

describe('the run journal', () => {
  after(removeFolders);

  it('gives back in another process what was written in this one, digit for digit', async () => {
    const folder = privateFolder();
    const record = recordOf('deploy-7.0123456789abcdef');
    await write(new FileJournal(folder, clock), record);
    assert.deepEqual(await new FileJournal(folder, clock).read(record.wireKey), record);
    const text = readFileSync(onlyFile(folder), 'utf8');
    assert.match(text, /"18446744073709551615"/);
    assert.match(text, /"610809900976570889"/);
  });

  it('replaces the record of a key, and keeps those of others', async () => {
    const journal = new FileJournal(privateFolder(), clock);
    await write(journal, recordOf('a'));
    await write(journal, recordOf('b'));
    await write(journal, recordOf('a', { state: 'accepted' }));
    assert.equal((await journal.read('a'))?.state, 'accepted');
    assert.equal((await journal.read('b'))?.state, 'posting');
  });

  it('knows no record that was not written, and creates nothing when it reads', async () => {
    const folder = join(privateFolder(), 'ldctl');
    const journal = new FileJournal(folder, clock);
    assert.equal(await journal.read('a'), null);
    assert.equal(existsSync(folder), false);
    await remove(journal, 'a');
    assert.equal(await journal.read('a'), null);
  });

  it('forgets a key', async () => {
    const folder = privateFolder();
    const journal = new FileJournal(folder, clock);
    await write(journal, recordOf('a'));
    await remove(journal, 'a');
    assert.equal(await journal.read('a'), null);
    assert.deepEqual(readdirSync(join(folder, 'runs')), []);
  });

  it('takes any key for a file of its own, whatever its characters', async () => {
    const folder = privateFolder();
    const journal = new FileJournal(folder, clock);
    const keys = ['../../x', 'a/b', '.', 'A', 'a', 'k'.repeat(233)];
    for (const key of keys) await write(journal, recordOf(key));
    for (const key of keys) assert.equal((await journal.read(key))?.wireKey, key);
    assert.equal(readdirSync(join(folder, 'runs')).length, keys.length);
    assert.deepEqual(readdirSync(folder), ['runs']);
  });

  itOnPosix('is private: the folder 0700, the files 0600', 'it keeps no modes', async () => {
    const folder = privateFolder();
    const umask = process.umask(0);
    try {
      await write(new FileJournal(folder, clock), recordOf('a'));
    } finally {
      process.umask(umask);
    }
    assert.equal(statSync(join(folder, 'runs')).mode & 0o777, 0o700);
    assert.equal(statSync(onlyFile(folder)).mode & 0o777, 0o600);
  });

  it('writes nothing where nothing is to change', async () => {
    const folder = privateFolder();
    const journal = new FileJournal(folder, clock);
    await write(journal, recordOf('a'));
    const before = statSync(onlyFile(folder)).ino;
    assert.deepEqual(await journal.update('a', (known) => known), recordOf('a'));
    assert.equal(statSync(onlyFile(folder)).ino, before);
  });

  it('keeps that a 202 came without a time', async () => {
    const journal = new FileJournal(privateFolder(), clock);
    const record = recordOf('a', { state: 'accepted', acceptedAt: null });
    await write(journal, record);
    assert.deepEqual(await journal.read('a'), record);
  });

  it('keeps the time of the 202 and how a run ended; an end that is not known breaks no record', async () => {
    const folder = privateFolder();
    const journal = new FileJournal(folder, clock);
    const record = recordOf('a', { state: 'accepted', acceptedAt: 5000, ended: { outcome: 'timed_out', at: 9000 } });
    await write(journal, record);
    assert.deepEqual(await journal.read('a'), record);
    const path = onlyFile(folder);
    writeFileSync(path, readFileSync(path, 'utf8').replace('timed_out', 'toString'));
    const { ended, ...rest } = record;
    assert.deepEqual([ended, await journal.read('a')], [{ outcome: 'timed_out', at: 9000 }, rest]);
  });

  it('keeps the gate that let a roll go on', async () => {
    const journal = new FileJournal(privateFolder(), clock);
    const record = recordOf('a', { state: 'passed', gate: { exit_code: 0, timed_out: false, took_ms: 1200 } });
    await write(journal, record);
    assert.deepEqual(await journal.read('a'), record);
  });

  describe('of a roll', () => {
    const roll = (fields: Partial<RollRecord> = {}): RollRecord => ({
      rollKey: 'r',
      nodes: [18446744073709551615n, 610809900976570889n],
      options: { 'gate-cmd': 'echo "$LDCTL_NODE_ID"\n' },
      begunAt: clock.now(),
      isShared: false,
      ...fields,
    });

    it('gives its nodes back in their order, digit for digit, and its options', async () => {
      const folder = privateFolder();
      await new RollFiles(folder, clock).update('r', () => roll());
      assert.deepEqual(await new RollFiles(folder, clock).read('r'), roll());
    });

    it('forgets it before it forgets any of its nodes', async () => {
      const rolls = new RollFiles(privateFolder(), clock);
      for (const [hours, known] of [
        [23, true],
        [24, false],
      ] as const) {
        await rolls.update('r', () => roll({ begunAt: clock.now() - hours * HOUR_MS }));
        assert.equal((await rolls.read('r')) !== null, known, `${hours} hours`);
      }
    });

    it('takes no record of a trigger for one, nor one without nodes', async () => {
      const folder = privateFolder();
      await write(new FileJournal(folder, clock), recordOf('r'));
      assert.equal((await failure(new RollFiles(folder, clock).read('r'))).code, 'journal_broken');
      writeFileSync(onlyFile(folder), '{"roll_key":"r","nodes":[],"options":{},"begun_at":0,"is_shared":false}');
      assert.equal((await failure(new RollFiles(folder, clock).read('r'))).code, 'journal_broken');
    });
  });

  itOnPosix(
    'keeps nodes that are too many for a command in a private file that goes with the records',
    'it keeps no modes',
    () => {
      const folder = privateFolder();
      const path = keepNodes(folder, [18446744073709551615n, 7n]);
      assert.equal(path, onlyFile(folder));
      assert.match(path, /\/[\da-f]{64}\.json$/);
      assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { nodes: ['18446744073709551615', '7'] });
      assert.equal(statSync(path).mode & 0o777, 0o600);
    },
  );

  describe('a claim', () => {
    it('of a new key writes the record, and says so by null', async () => {
      const folder = privateFolder();
      const journal = new FileJournal(folder, clock);
      assert.equal(await claim(journal, recordOf('a')), null);
      assert.deepEqual(await journal.read('a'), recordOf('a'));
      onlyFile(folder);
    });

    it('of a key that has a record gives that one, and leaves it', async () => {
      const journal = new FileJournal(privateFolder(), clock);
      const first = recordOf('a', { state: 'accepted' });
      await write(journal, first);
      const second = recordOf('a', { baseline: { highestId: 5n, nodes: [] } });
      assert.deepEqual(await claim(journal, second), first);
      assert.deepEqual(await journal.read('a'), first);
    });

    it('is won by exactly one of many at once, and the others get its record', async () => {
      const folder = privateFolder();
      const claims = Array.from({ length: 20 }, (_, n) =>
        claim(new FileJournal(folder, clock), recordOf('a', { baseline: { highestId: BigInt(n), nodes: [] } })),
      );
      const results = await clock.run(Promise.all(claims));
      const winner = results.indexOf(null);
      assert.equal(results.filter((result) => result === null).length, 1);
      for (const result of results) if (result) assert.equal(result.baseline.highestId, BigInt(winner));
    });

    it('does not wait for the lock of another key', async () => {
      const folder = privateFolder();
      await claim(new FileJournal(folder, clock), recordOf('a'));
      const sleeps = clock.sleeps.length;
      await Promise.all(['b', 'c', 'd'].map((key) => claim(new FileJournal(folder, clock), recordOf(key))));
      assert.equal(clock.sleeps.length, sleeps);
    });

    it('of a key whose record is older than 24 hours takes its place', async () => {
      const journal = new FileJournal(privateFolder(), clock);
      await write(journal, recordOf('a', { firstPostAt: clock.now() - 24 * HOUR_MS - 1 }));
      assert.equal(await claim(journal, recordOf('a')), null);
      assert.equal((await journal.read('a'))?.firstPostAt, clock.now());
    });
  });

  describe('keeps a record for 24 hours', () => {
    for (const [age, known] of [
      [-HOUR_MS, true],
      [0, true],
      [24 * HOUR_MS, true],
      [24 * HOUR_MS + 1, false],
    ] as const) {
      it(`one of ${age / HOUR_MS} hours is ${known ? 'known' : 'not'}`, async () => {
        const journal = new FileJournal(privateFolder(), clock);
        await write(journal, recordOf('a', { firstPostAt: clock.now() - age }));
        assert.equal((await journal.read('a')) !== null, known);
      });
    }

    describe('and sweeps older ones when it writes', () => {
      const HASH = 'a'.repeat(64);
      const UUID = '1b4e28ba-2fa1-41d2-883f-0016d3cca427';
      const HOURS_OLD = 25;

      function age(path: string, hours: number): void {
        const then = (Date.now() - hours * HOUR_MS) / 1000;
        lutimesSync(path, then, then);
      }

      /** A config folder with files in `runs/`, all of this age. */
      function folderWith(names: readonly string[], hours: number): { folder: string; runs: string } {
        const folder = privateFolder();
        const runs = join(folder, 'runs');
        mkdirSync(runs, { mode: 0o700 });
        for (const name of names) {
          writeFileSync(join(runs, name), '{}');
          age(join(runs, name), hours);
        }
        return { folder, runs };
      }

      it('its own records and drafts, and no younger ones', async () => {
        const own = [`${HASH}.json`, `${HASH}.json.${UUID}.tmp`];
        for (const [hours, left] of [
          [HOURS_OLD, []],
          [23, own],
        ] as const) {
          const { folder, runs } = folderWith(own, hours);
          await write(new FileJournal(folder, clock), recordOf('new'));
          assert.deepEqual(
            readdirSync(runs).filter((name) => name.startsWith(HASH)),
            left,
          );
        }
      });

      it('and nothing that is named in another way', async () => {
        const others = [
          'thesis.tex',
          'a.json',
          `${HASH}.JSON`,
          `${HASH}.json.bak`,
          `${HASH.slice(1)}.json`,
          `x${HASH}.json`,
          `${HASH}.json.tmp`,
        ];
        const { folder, runs } = folderWith(others, HOURS_OLD);
        await write(new FileJournal(folder, clock), recordOf('new'));
        assert.deepEqual(
          others.filter((name) => !existsSync(join(runs, name))),
          [],
        );
      });

      itOnPosix('no folder and no link, whatever their names', 'a link there needs a right', async () => {
        const { folder, runs } = folderWith(['target'], HOURS_OLD);
        mkdirSync(join(runs, `${HASH}.json`));
        writeFileSync(join(runs, `${HASH}.json`, 'thesis.tex'), '');
        const link = join(runs, `${'b'.repeat(64)}.json`);
        symlinkSync('target', link);
        for (const path of [join(runs, `${HASH}.json`), link]) age(path, HOURS_OLD);
        await write(new FileJournal(folder, clock), recordOf('new'));
        assert.deepEqual(readdirSync(join(runs, `${HASH}.json`)), ['thesis.tex']);
        assert.ok(existsSync(link));
      });

      itOnPosix(
        'nothing where runs/ is a link to a folder that somebody else may use',
        'a link there needs a right',
        async () => {
          const { folder, runs } = folderWith([`${HASH}.json`], HOURS_OLD);
          renameSync(runs, join(folder, 'elsewhere'));
          symlinkSync('elsewhere', runs);
          await write(new FileJournal(folder, clock), recordOf('new'));
          assert.ok(existsSync(join(folder, 'elsewhere', `${HASH}.json`)));
        },
      );

      it('no more than 50 with a record, and none that somebody has locked', async () => {
        const names = Array.from({ length: 60 }, (_, n) => `${String(n).padStart(64, '0')}.json`);
        const { folder, runs } = folderWith(names, HOURS_OLD);
        mkdirSync(join(runs, `${String(names[0])}.lock`));
        const sleeps = clock.sleeps.length;
        const journal = new FileJournal(folder, clock);
        await write(journal, recordOf('new'));
        assert.equal(names.filter((name) => existsSync(join(runs, name))).length, 11);
        await write(journal, recordOf('new', { state: 'accepted' }));
        assert.deepEqual(
          names.filter((name) => existsSync(join(runs, name))),
          [names[0]],
        );
        assert.equal(clock.sleeps.length, sleeps);
      });
    });
  });

  describe('what cannot be read is an error, never "no record"', () => {
    for (const [what, text] of Object.entries({
      'an empty file': '',
      'cut JSON': '{"wire_key": "a", "base',
      'another shape': '{}',
      'a number for an id':
        '{"wire_key":"a","baseline":{"highest_id":1,"nodes":[]},"first_post_at":0,"state":"posting","token":"t"}',
      'an unknown state':
        '{"wire_key":"a","baseline":{"highest_id":"1","nodes":[]},"first_post_at":0,"state":"done","token":"t"}',
      'the record of another key':
        '{"wire_key":"b","baseline":{"highest_id":"1","nodes":[]},"first_post_at":0,"state":"posting","token":"t"}',
    })) {
      it(`${what}: exit 7 with the path, for reading and claiming alike, and left as it is`, async () => {
        const folder = privateFolder();
        const journal = new FileJournal(folder, clock);
        await write(journal, recordOf('a'));
        const path = onlyFile(folder);
        writeFileSync(path, text);
        for (const step of [() => journal.read('a'), () => claim(journal, recordOf('a'))]) {
          const error = await failure(step());
          assert.equal(error.code, 'journal_broken');
          assert.equal(error.exitCode, 7);
          assert.ok(error.message.includes(path));
          assert.match(error.hint ?? '', /ldctl activities list/);
        }
        assert.equal(readFileSync(path, 'utf8'), text);
      });
    }

    const kinds: Record<string, (path: string) => void> = {
      'a FIFO': (path) => void execFileSync('mkfifo', ['-m', '600', path]),
      'a folder': (path) => mkdirSync(path, { mode: 0o700 }),
      'a symbolic link to a record': (path) => {
        writeFileSync(`${path}.real`, '{}', { mode: 0o600 });
        symlinkSync(`${path}.real`, path);
      },
      'a symbolic link to nothing': (path) => symlinkSync('nowhere', path),
    };
    for (const [what, make] of Object.entries(kinds)) {
      itOnPosix(
        `${what}: refused as damaged at once, and left as it is`,
        'it has none, or a link needs a right',
        async () => {
          const folder = privateFolder();
          const journal = new FileJournal(folder, clock);
          await write(journal, recordOf('a'));
          const path = onlyFile(folder);
          rmSync(path);
          make(path);
          for (const step of [
            () => journal.read('a'),
            () => claim(journal, recordOf('a')),
            () => remove(journal, 'a'),
          ]) {
            const error = await failure(step());
            assert.deepEqual([error.code, error.exitCode], ['journal_broken', 7]);
            assert.ok(error.message.includes(path));
          }
          assert.equal(lstatSync(path).isFile(), false);
        },
      );
    }

    itOnPosix('a file that others can read: exit 2 with the chmod', 'it keeps no modes', async () => {
      const folder = privateFolder();
      const journal = new FileJournal(folder, clock);
      await write(journal, recordOf('a'));
      chmodSync(onlyFile(folder), 0o644);
      const error = await failure(journal.read('a'));
      assert.equal(error.code, 'config_not_private');
      assert.match(error.hint ?? '', /chmod 600/);
    });

    it('a folder that cannot be made: exit 2', async () => {
      const file = join(privateFolder(), 'file');
      writeFileSync(file, '');
      for (const step of [write, claim]) {
        const error = await failure(step(new FileJournal(join(file, 'ldctl'), clock), recordOf('a')));
        assert.equal(error.code, 'config_unwritable');
        assert.equal(error.exitCode, 2);
      }
    });
  });
});
