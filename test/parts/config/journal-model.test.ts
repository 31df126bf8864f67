import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Claim, KeptRun, RunJournal } from '../../../src/base/journal.js';
import { openRunJournal } from '../../../src/config/journal.js';
import { MemoryJournal } from '../../model/disk.js';
import { privateFolder, removeFolders } from './fixtures.js';

const HOUR = 3_600_000;
const RECORD = {
  key: 'a',
  apiKey: '0f1e2d3c',
  date: null,
  expect: null,
  core: null,
  listed: { here: [], elsewhere: [] },
};

const generation = fc.nat(5);
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('claim'), after: generation }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('mark'),
      generation,
      mark: fc.constantFrom('accepted', 'refused', 'passed'),
    }),
  },
  fc.record({ do: fc.constant('sleep'), ms: fc.constantFrom(1000, 25 * HOUR) }),
);

describe('the run journal, beside that of the world of the model', () => {
  afterEach(removeFolders);

  it('makes, finds and marks the same records, whatever is asked of it', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 20 }), (steps) => {
        let now = Date.now();
        const onDisk = openRunJournal(privateFolder(), { now: () => now });
        const inMemory = new MemoryJournal(new Map(), () => now);
        let last = 0;
        for (const [baseline, one] of steps.entries()) {
          if (one.do === 'sleep') now += one.ms;
          const ask = (journal: RunJournal): Claim | KeptRun | null => {
            if (one.do === 'mark' && one.generation <= last) {
              journal.mark('a', one.generation, one.mark);
            }
            if (one.do === 'read') return journal.read('a');
            if (one.do !== 'claim') return null;
            const record = { ...RECORD, baseline: BigInt(baseline), postedAt: now };
            return journal.claim(record, one.after);
          };
          const [real, played] = [ask(onDisk), ask(inMemory)];
          assert.deepEqual(played, real, one.do);
          if (real && 'made' in real) last = real.made;
        }
      }),
      { numRuns: 150 },
    );
  });
});
