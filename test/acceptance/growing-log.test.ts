import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLog, type ServedLog } from '../../bench/read-log/log.js';
import { isolated, readByLdctl, type LdctlReading } from '../../bench/read-log/readers.js';
import { judge } from '../../bench/read-log/verdict.js';

/** A short run of `npm run bench -- read`: what is read, not how fast. */
describe('a log that grows while it is read', function () {
  this.timeout(120_000);

  /** Reads a log of so many entries. */
  async function read(order: 'asc' | 'desc', entries: number): Promise<{ reading: LdctlReading; log: ServedLog }> {
    const folder = mkdtempSync(join(tmpdir(), 'ldctl-growing-'));
    try {
      return await withLog({ entries, order, latencyMs: 1, growthMs: 2 }, async (log) => {
        return { reading: await readByLdctl(isolated(log, folder), folder), log };
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  for (const order of ['desc', 'asc'] as const) {
    it(`${order}: each entry once, none missing, every digit kept`, async () => {
      const { reading, log } = await read(order, 3000);
      assert.equal(log.ids.length, 3000);
      const { given, missing, twice } = judge(reading, log);
      assert.deepEqual({ missing, twice }, { missing: [], twice: [] });
      assert.ok(given >= 3000);
    });
  }
});
