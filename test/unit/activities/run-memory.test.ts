import assert from 'node:assert/strict';
import { RunMemory } from '../../../src/activities/run-memory.js';
import { LdctlError } from '../../../src/core/errors.js';
import { type RunEvent } from '../../../src/core/progress.js';
import { VirtualClock } from '../../helpers/clock.js';
import { MemoryJournal } from '../../helpers/memory-journal.js';

const BASELINE = { highestId: 100n, nodes: [1n] };

/** A journal that cannot be written to any more. */
class BrokenJournal extends MemoryJournal {
  readonly #error: Error;

  constructor(error: Error) {
    super();
    this.#error = error;
  }

  override write(): Promise<void> {
    return Promise.reject(this.#error);
  }

  override remove(): Promise<void> {
    return Promise.reject(this.#error);
  }
}

describe('the memory of a trigger with a caller’s key', () => {
  const clock = new VirtualClock();
  const memoryIn = (journal: MemoryJournal | null) => new RunMemory(journal, 'key.0', clock);
  /** The codes of the warnings. */
  const codes = async (events: AsyncIterable<RunEvent>): Promise<string[]> => {
    const told: string[] = [];
    for await (const event of events) told.push(event.event === 'warning' ? event.code : event.event);
    return told;
  };

  it('that cannot be noted is a warning, and cannot be forgotten is none', async () => {
    const journal = new BrokenJournal(new LdctlError('fault', 'disk_full', 'no space left'));
    const memory = memoryIn(journal);
    assert.equal(await memory.claim(BASELINE, clock.now()), null);
    assert.deepEqual(await codes(memory.accepted(BASELINE, clock.now())), ['journal_not_written']);
    assert.deepEqual(await codes(memory.passed()), ['journal_not_written']);
    await memory.forget();
  });

  it('does not hide a fault of our own', async () => {
    const error = new TypeError('x is not y');
    const memory = memoryIn(new BrokenJournal(error));
    await memory.claim(BASELINE, clock.now());
    await assert.rejects(codes(memory.accepted(BASELINE, clock.now())), error);
    await assert.rejects(memory.forget(), error);
  });

  it('goes from posting to accepted to passed, and not back', async () => {
    const journal = new MemoryJournal();
    const memory = memoryIn(journal);
    const state = async () => (await memory.recall())?.state;
    assert.equal(await state(), undefined);
    assert.deepEqual(await codes(memory.passed()), []);
    assert.equal(await state(), undefined);
    await memory.claim(BASELINE, 1000);
    assert.equal(await state(), 'posting');
    await codes(memory.accepted(BASELINE, 1000));
    assert.equal(await state(), 'accepted');
    await codes(memory.passed());
    await codes(memory.accepted(BASELINE, 2000));
    const record = { wireKey: 'key.0', baseline: BASELINE, firstPostAt: 1000, state: 'passed' };
    assert.deepEqual(await memory.recall(), record);
    await memory.forget();
    assert.equal(await state(), undefined);
  });

  it('is none of a random key', async () => {
    const memory = memoryIn(null);
    assert.equal(await memory.claim(BASELINE, 1000), null);
    assert.deepEqual(await codes(memory.accepted(BASELINE, 1000)), []);
    assert.equal(await memory.recall(), null);
  });

  it('lets a later run send for 9 minutes, and not when the clock has gone back since', () => {
    const memory = memoryIn(new MemoryJournal());
    const at = (firstPostAt: number): number =>
      memory.resendUntil({ wireKey: 'key.0', baseline: BASELINE, firstPostAt, state: 'posting' });
    assert.equal(at(clock.now() - 1000), clock.now() - 1000 + 9 * 60_000);
    assert.equal(at(clock.now()), clock.now() + 9 * 60_000);
    assert.equal(at(clock.now() + 1), -Infinity);
  });
});
