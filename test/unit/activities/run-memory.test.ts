import assert from 'node:assert/strict';
import { type Job } from '../../../src/activities/job.js';
import { RunMemory } from '../../../src/activities/run-memory.js';
import { LdctlError } from '../../../src/base/errors.js';
import { type Outcome } from '../../../src/base/outcome.js';
import { type JobEvent } from '../../../src/base/progress.js';
import { VirtualClock } from '../../helpers/clock.js';
import { MemoryJournal } from '../../helpers/memory-journal.js';

const BASELINE = { highestId: 100n, nodes: [1n] };

/** A job that ends in this way. */
async function* job(outcome: Outcome): Job {
  await Promise.resolve();
  yield { event: 'progress', nodes: [] };
  const asked = {
    runtime: 'iggy',
    action: 'restart',
    deployment_id: 71n,
    idempotency_key: 'key',
    targets: 'named',
  } as const;
  const result = { ...asked, outcome, replayed: false, recovered: false, request_id: null, nodes: [], resume: null };
  yield { event: 'result', result, error: null, exitCode: 0 };
}

describe('the memory of a trigger with a caller’s key', () => {
  const clock = new VirtualClock();
  const memoryIn = (journal: MemoryJournal | null) => new RunMemory(journal, 'key.0', clock);
  /** The codes of the warnings. */
  const codes = async (events: AsyncIterable<JobEvent>): Promise<string[]> => {
    const told: string[] = [];
    for await (const event of events) told.push(event.event === 'warning' ? event.code : event.event);
    return told;
  };

  it('that cannot be noted is a warning, and cannot be forgotten is none', async () => {
    const journal = new MemoryJournal();
    const memory = memoryIn(journal);
    assert.equal(await memory.claim(BASELINE, clock.now()), null);
    journal.update = () => Promise.reject(new LdctlError('fault', 'disk_full', 'no space left'));
    assert.deepEqual(await codes(memory.accepted(BASELINE, clock.now(), null)), ['journal_not_written']);
    assert.deepEqual(await codes(memory.passed(null)), ['journal_not_written']);
    assert.deepEqual(await codes(memory.endOf(job('completed'))), ['progress', 'result']);
    await memory.forget();
  });

  it('does not hide a fault of our own', async () => {
    const error = new TypeError('x is not y');
    const journal = new MemoryJournal();
    const memory = memoryIn(journal);
    await memory.claim(BASELINE, clock.now());
    journal.update = () => Promise.reject(error);
    await assert.rejects(codes(memory.accepted(BASELINE, clock.now(), null)), error);
    await assert.rejects(memory.forget(), error);
  });

  it('goes from posting to accepted to passed, and not back', async () => {
    const journal = new MemoryJournal();
    const memory = memoryIn(journal);
    const state = async () => (await memory.recall())?.state;
    assert.equal(await state(), undefined);
    assert.deepEqual(await codes(memory.passed(null)), []);
    assert.equal(await state(), undefined);
    await memory.claim(BASELINE, 1000);
    assert.equal(await state(), 'posting');
    await codes(memory.accepted(BASELINE, 1000, undefined));
    assert.equal(await state(), 'accepted');
    await codes(memory.passed(null));
    await codes(memory.accepted(BASELINE, 2000, undefined));
    const { token, ...record } = (await memory.recall()) ?? { token: '' };
    assert.match(token, /./);
    assert.deepEqual(record, { wireKey: 'key.0', baseline: BASELINE, firstPostAt: 1000, state: 'passed' });
  });

  it('keeps the first time of a 202, and how the last run ended', async () => {
    const journal = new MemoryJournal();
    const memory = memoryIn(journal);
    await memory.claim(BASELINE, 1000);
    await codes(memory.accepted(BASELINE, 1000, 5000));
    await codes(memory.accepted(BASELINE, 1000, 6000));
    for (const outcome of ['timed_out', 'rejected'] as const) await codes(memory.endOf(job(outcome)));
    const { acceptedAt, ended } = (await memoryIn(journal).recall()) ?? {};
    assert.equal(acceptedAt, 5000);
    assert.deepEqual(ended, { outcome: 'rejected', at: clock.now() });
  });

  describe('of several runs with one key', () => {
    const LATER = { highestId: 200n, nodes: [1n, 2n] };

    /** A run that has claimed the key, and a later one that has found its record. */
    async function two() {
      const journal = new MemoryJournal();
      const [first, second] = [memoryIn(journal), memoryIn(journal)];
      assert.equal(await first.claim(BASELINE, 1000), null);
      const found = await second.recall();
      assert.equal(found?.state, 'posting');
      return { journal, first, second, found };
    }
    const only = ({ records }: MemoryJournal) => [...records.values()][0];

    it('the first, before it has sent anything, may come with a newer baseline', async () => {
      const { journal, first } = await two();
      assert.equal(await first.claim(LATER, 9000), null);
      assert.deepEqual([only(journal)?.baseline, only(journal)?.firstPostAt], [LATER, 9000]);
    });

    it('the first no longer may when the second has claimed it; it is then the one that follows', async () => {
      const { journal, first, second, found } = await two();
      assert.equal(await second.claim(BASELINE, 1000), null);
      const lost = await first.claim(LATER, 9000);
      assert.deepEqual(lost, only(journal));
      assert.deepEqual({ ...lost, token: '' }, { ...found, token: '' }, 'the baseline is still that of the first POST');
      assert.equal(await first.claim(LATER, 9000), null, 'it has seen what the second did');
      assert.deepEqual(only(journal)?.baseline, BASELINE);
    });

    it('one posts at a time: a claim sees any other since the last look', async () => {
      const { journal, first, second } = await two();
      assert.equal(await first.claim(BASELINE, 1000), null);
      assert.notEqual(await second.claim(BASELINE, 1000), null, 'the first may have posted once more');
      assert.equal(await second.claim(BASELINE, 1000), null);
      const third = memoryIn(journal);
      assert.notEqual(await third.claim(LATER, 9000), null, 'it read the log before the others posted');
    });

    it('none posts once it was accepted', async () => {
      const { first, second } = await two();
      await codes(second.accepted(BASELINE, 1000, undefined));
      for (let time = 0; time < 2; time++) assert.equal((await first.claim(LATER, 9000))?.state, 'accepted');
    });

    it('a refusal of the first removes its record, as long as it is as the first wrote it', async () => {
      const { journal, first } = await two();
      await first.forget();
      assert.equal(only(journal), undefined);
    });

    it('a refusal of the first leaves it once the second was accepted', async () => {
      const { journal, first, second } = await two();
      await codes(second.accepted(BASELINE, 1000, undefined));
      await first.forget();
      assert.equal(only(journal)?.state, 'accepted');
    });

    it('a refusal of the first leaves it once the second is about to post', async () => {
      const { journal, first, second } = await two();
      await second.claim(BASELINE, 1000);
      await first.forget();
      assert.equal(only(journal)?.state, 'posting');
    });

    it('a refusal of the second never removes it', async () => {
      const { journal, second } = await two();
      await second.forget();
      await second.claim(BASELINE, 1000);
      await second.forget();
      assert.equal(only(journal)?.state, 'posting');
    });

    it('a record that is gone is written anew before the next POST', async () => {
      const { journal, first } = await two();
      journal.records.clear();
      assert.equal(await first.claim(BASELINE, 1000), null);
      assert.equal(only(journal)?.state, 'posting');
    });
  });

  it('is none of a random key', async () => {
    const memory = memoryIn(null);
    assert.equal(await memory.claim(BASELINE, 1000), null);
    assert.deepEqual(await codes(memory.accepted(BASELINE, 1000, undefined)), []);
    assert.equal(await memory.recall(), null);
  });

  it('lets a later run send for 9 minutes, and not when the clock has gone back since', () => {
    const memory = memoryIn(new MemoryJournal());
    const at = (firstPostAt: number): number =>
      memory.resendableMs({ wireKey: 'key.0', baseline: BASELINE, firstPostAt, state: 'posting', token: '' });
    assert.equal(at(clock.now() - 1000), 9 * 60_000 - 1000);
    assert.equal(at(clock.now()), 9 * 60_000);
    assert.equal(at(clock.now() + 1), -Infinity);
  });
});
