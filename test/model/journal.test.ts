import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { KeptRun, RunJournal } from '../../src/base/journal.js';
import { openRunJournal } from '../../src/config/journal.js';
import { MemoryJournal } from './world.js';

const HOUR = 3_600_000;
const STATES = ['accepted', 'redirected', 'refused', 'passed'] as const;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('read', 'begin', 'beforePost', 'open again'), by: fc.nat(2) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mark'), by: fc.nat(2), state: fc.constantFrom(...STATES) }) },
  fc.record({ do: fc.constant('sleep'), by: fc.constant(0), ms: fc.constantFrom(1000, 25 * HOUR) }),
);

describe("the journal of the model's world", () => {
  it('says what the one on the disk says, to three processes in any order', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 20 }), (steps) => {
        const folder = mkdtempSync(join(tmpdir(), 'ldctl-journal-'));
        try {
          let now = Date.now();
          const memory: ConstructorParameters<typeof MemoryJournal>[0] = new Map();
          const open = () => ({
            onDisk: openRunJournal(folder, { now: () => now }),
            inMemory: new MemoryJournal(memory, () => now),
          });
          const processes = [open(), open(), open()];
          for (const [baseline, one] of steps.entries()) {
            if (one.do === 'sleep') now += one.ms;
            if (one.do === 'open again') processes[one.by] = open();
            const { onDisk, inMemory } = processes[one.by] ?? assert.fail();
            const ask = (journal: RunJournal): KeptRun | null => {
              if (one.do === 'mark') journal.mark('a', one.state);
              if (one.do === 'read') return journal.read('a');
              if (one.do === 'beforePost') return journal.beforePost('a');
              const record = { key: 'a', deploymentId: 7n, runtime: 'iggy', action: 'restart', nodes: null, known: [] };
              return one.do === 'begin'
                ? journal.begin({ ...record, baseline: BigInt(baseline), postedAt: now })
                : null;
            };
            const [real, played] = [ask(onDisk), ask(inMemory)];
            assert.deepEqual(played, real, `${one.do} by ${one.by}`);
          }
        } finally {
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: 150 },
    );
  });
});
