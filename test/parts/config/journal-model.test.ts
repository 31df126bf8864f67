import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Claim, KeptRun, RunJournal } from '../../../src/base/journal.js';
import { openRunJournal } from '../../../src/config/journal.js';
import { MemoryJournal } from '../../model/disk.js';
import { privateFolder, removeFolders } from './fixtures.js';

const HOUR = 3_600_000;
const RECORD = {
  apiKey: '0f1e2d3c',
  date: null,
  expect: null,
  core: null,
  listed: { here: [], elsewhere: [] },
};

const MARK = fc.constantFrom(
  ...(['accepted', 'refused', 'rejected', 'unconfirmed', 'passed', 'paused', 'settled'] as const),
);
const number = fc.nat(5);
const key = fc.constantFrom('a', 'a', 'b');
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read'), key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('claim'), key, after: number }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('mark'), key, number, mark: MARK }) },
  fc.record({ do: fc.constant('sleep'), ms: fc.constantFrom(1000, 25 * HOUR) }),
);

describe('the run journal, compared with the one of the model', () => {
  afterEach(removeFolders);

  it('makes, finds and marks the same records', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 20 }), (steps) => {
        let now = Date.now();
        const onDisk = openRunJournal([privateFolder()], { now: () => now });
        const inMemory = new MemoryJournal(new Map(), () => now);
        const last: Record<string, number> = {};
        for (const [nth, one] of steps.entries()) {
          if (one.do === 'sleep') now += one.ms;
          const ask = (journal: RunJournal): Claim | KeptRun | null => {
            if (one.do === 'sleep') return null;
            if (one.do === 'read') return journal.read(one.key);
            if (one.do === 'mark') {
              const made = last[one.key];
              if (made) journal.mark(one.key, 1 + (one.number % made), one.mark, BigInt(nth));
              return journal.read(one.key);
            }
            const record = { ...RECORD, key: one.key, baseline: BigInt(nth), postedAt: now };
            return journal.claim(record, one.after);
          };
          const [real, played] = [ask(onDisk), ask(inMemory)];
          assert.deepEqual(played, real);
          if (one.do === 'claim' && real && 'made' in real) last[one.key] = real.made;
        }
      }),
      { numRuns: 150 },
    );
  });
});
