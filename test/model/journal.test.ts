import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Claim, KeptRun, RunJournal } from '../../src/base/journal.js';
import { openRunJournal } from '../../src/config/journal.js';
import { MemoryJournal } from './disk.js';

const HOUR = 3_600_000;
const MARKS = ['accepted', 'refused', 'passed'] as const;

const generation = fc.nat(5);
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('claim' as const), after: generation }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('mark' as const),
      generation,
      mark: fc.constantFrom(...MARKS),
    }),
  },
  fc.record({ do: fc.constant('sleep' as const), ms: fc.constantFrom(1000, 25 * HOUR) }),
);

describe("the journal of the model's world", () => {
  it('says what the one on the disk says, whatever is asked of it', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 20 }), (steps) => {
        const folder = mkdtempSync(join(tmpdir(), 'ldctl-journal-'));
        try {
          let now = Date.now();
          const onDisk = openRunJournal(folder, { now: () => now });
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
              const record = {
                key: 'a',
                ...{ apiKey: '0f1e2d3c', date: null, expect: null, core: null },
                listed: { here: [], elsewhere: [] },
              };
              return journal.claim(
                { ...record, baseline: BigInt(baseline), postedAt: now },
                one.after,
              );
            };
            const [real, played] = [ask(onDisk), ask(inMemory)];
            assert.deepEqual(played, real, one.do);
            if (real && 'made' in real) last = real.made;
          }
        } finally {
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: 150 },
    );
  });
});
