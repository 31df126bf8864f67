import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LdctlError } from '../../../src/core/errors.js';
import { type RunRecord } from '../../../src/core/journal.js';
import { FileJournal } from '../../../src/storage/journal.js';
import { VirtualClock } from '../../helpers/clock.js';
import { failureOf } from '../../helpers/failure.js';
import { privateFolder, removeFolders } from '../profiles/fixtures.js';

const HOUR_MS = 60 * 60_000;

const clock = new VirtualClock();

function recordOf(wireKey: string, fields: Partial<RunRecord> = {}): RunRecord {
  const baseline = { highestId: 18446744073709551615n, nodes: [610809900976570889n, 7261845022003200001n] };
  return { wireKey, baseline, firstPostAt: clock.now(), state: 'posting', ...fields };
}

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
    await new FileJournal(folder, clock).write(record);
    assert.deepEqual(await new FileJournal(folder, clock).read(record.wireKey), record);
    const text = readFileSync(onlyFile(folder), 'utf8');
    assert.match(text, /"18446744073709551615"/);
    assert.match(text, /"610809900976570889"/);
  });

  it('replaces the record of a key, and keeps those of others', async () => {
    const journal = new FileJournal(privateFolder(), clock);
    await journal.write(recordOf('a'));
    await journal.write(recordOf('b'));
    await journal.write(recordOf('a', { state: 'accepted' }));
    assert.equal((await journal.read('a'))?.state, 'accepted');
    assert.equal((await journal.read('b'))?.state, 'posting');
  });

  it('knows no record that was not written, and creates nothing when it reads or removes', async () => {
    const folder = join(privateFolder(), 'ldctl');
    const journal = new FileJournal(folder, clock);
    assert.equal(await journal.read('a'), null);
    await journal.remove('a');
    assert.equal(existsSync(folder), false);
  });

  it('forgets a key', async () => {
    const folder = privateFolder();
    const journal = new FileJournal(folder, clock);
    await journal.write(recordOf('a'));
    await journal.remove('a');
    assert.equal(await journal.read('a'), null);
    assert.deepEqual(readdirSync(join(folder, 'runs')), []);
  });

  it('takes any key for a file of its own, whatever its characters', async () => {
    const folder = privateFolder();
    const journal = new FileJournal(folder, clock);
    const keys = ['../../x', 'a/b', '.', 'A', 'a', 'k'.repeat(233)];
    for (const key of keys) await journal.write(recordOf(key));
    for (const key of keys) assert.equal((await journal.read(key))?.wireKey, key);
    assert.equal(readdirSync(join(folder, 'runs')).length, keys.length);
    assert.deepEqual(readdirSync(folder), ['runs']);
  });

  it('is private: the folder 0700, the files 0600', async () => {
    const folder = privateFolder();
    const umask = process.umask(0);
    try {
      await new FileJournal(folder, clock).write(recordOf('a'));
    } finally {
      process.umask(umask);
    }
    assert.equal(statSync(join(folder, 'runs')).mode & 0o777, 0o700);
    assert.equal(statSync(onlyFile(folder)).mode & 0o777, 0o600);
  });

  describe('a claim', () => {
    it('of a new key writes the record, and says so by null', async () => {
      const folder = privateFolder();
      const journal = new FileJournal(folder, clock);
      assert.equal(await journal.claim(recordOf('a')), null);
      assert.deepEqual(await journal.read('a'), recordOf('a'));
      onlyFile(folder);
    });

    it('of a key that has a record gives that one, and leaves it', async () => {
      const journal = new FileJournal(privateFolder(), clock);
      const first = recordOf('a', { state: 'accepted' });
      await journal.write(first);
      const second = recordOf('a', { baseline: { highestId: 5n, nodes: [] } });
      assert.deepEqual(await journal.claim(second), first);
      assert.deepEqual(await journal.read('a'), first);
    });

    it('is won by exactly one of many at once, and the others get its record', async () => {
      const folder = privateFolder();
      const claims = Array.from({ length: 20 }, (_, n) =>
        new FileJournal(folder, clock).claim(recordOf('a', { baseline: { highestId: BigInt(n), nodes: [] } })),
      );
      const results = await clock.run(Promise.all(claims));
      const winner = results.indexOf(null);
      assert.equal(results.filter((result) => result === null).length, 1);
      for (const result of results) if (result) assert.equal(result.baseline.highestId, BigInt(winner));
    });

    it('does not wait for the lock of another key', async () => {
      const folder = privateFolder();
      await new FileJournal(folder, clock).claim(recordOf('a'));
      const sleeps = clock.sleeps.length;
      await Promise.all(['b', 'c', 'd'].map((key) => new FileJournal(folder, clock).claim(recordOf(key))));
      assert.equal(clock.sleeps.length, sleeps);
    });

    it('of a key whose record is older than 24 hours takes its place', async () => {
      const journal = new FileJournal(privateFolder(), clock);
      await journal.write(recordOf('a', { firstPostAt: clock.now() - 24 * HOUR_MS - 1 }));
      assert.equal(await journal.claim(recordOf('a')), null);
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
        await journal.write(recordOf('a', { firstPostAt: clock.now() - age }));
        assert.equal((await journal.read('a')) !== null, known);
      });
    }

    it('sweeps files that are older when it writes, and no younger ones', async () => {
      const folder = privateFolder();
      const before = new FileJournal(folder, clock);
      const paths: string[] = [];
      for (const [key, ageMs] of [
        ['old', 25 * HOUR_MS],
        ['young', 23 * HOUR_MS],
      ] as const) {
        const known = new Set(paths);
        await before.write(recordOf(key));
        const added = readdirSync(join(folder, 'runs'))
          .map((name) => join(folder, 'runs', name))
          .find((path) => !known.has(path));
        assert.ok(added);
        paths.push(added);
        const then = (Date.now() - ageMs) / 1000;
        utimesSync(added, then, then);
      }
      await new FileJournal(folder, clock).write(recordOf('new'));
      assert.deepEqual(paths.map(existsSync), [false, true]);
    });
  });

  describe('what cannot be read is an error, never "no record"', () => {
    for (const [what, text] of Object.entries({
      'an empty file': '',
      'cut JSON': '{"wire_key": "a", "base',
      'another shape': '{}',
      'a number for an id': '{"wire_key":"a","baseline":{"highest_id":1,"nodes":[]},"first_post_at":0,"state":"posting"}',
      'an unknown state': '{"wire_key":"a","baseline":{"highest_id":"1","nodes":[]},"first_post_at":0,"state":"done"}',
      'the record of another key':
        '{"wire_key":"b","baseline":{"highest_id":"1","nodes":[]},"first_post_at":0,"state":"posting"}',
    })) {
      it(`${what}: exit 7 with the path, for reading and claiming alike, and left as it is`, async () => {
        const folder = privateFolder();
        const journal = new FileJournal(folder, clock);
        await journal.write(recordOf('a'));
        const path = onlyFile(folder);
        writeFileSync(path, text);
        for (const step of [() => journal.read('a'), () => journal.claim(recordOf('a'))]) {
          const error = await failure(step());
          assert.equal(error.code, 'journal_broken');
          assert.equal(error.exitCode, 7);
          assert.ok(error.message.includes(path));
          assert.match(error.hint ?? '', /ldctl activities list/);
        }
        assert.equal(readFileSync(path, 'utf8'), text);
      });
    }

    it('a file that others can read: exit 2 with the chmod', async () => {
      const folder = privateFolder();
      const journal = new FileJournal(folder, clock);
      await journal.write(recordOf('a'));
      chmodSync(onlyFile(folder), 0o644);
      const error = await failure(journal.read('a'));
      assert.equal(error.code, 'config_not_private');
      assert.match(error.hint ?? '', /chmod 600/);
    });

    it('a folder that cannot be made: exit 2', async () => {
      const file = join(privateFolder(), 'file');
      writeFileSync(file, '');
      for (const step of ['write', 'claim'] as const) {
        const error = await failure(new FileJournal(join(file, 'ldctl'), clock)[step](recordOf('a')));
        assert.equal(error.code, 'config_unwritable');
        assert.equal(error.exitCode, 2);
      }
    });
  });
});
