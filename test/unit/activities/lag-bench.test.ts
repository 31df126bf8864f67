import assert from 'node:assert/strict';
import { LATENCY_MS, measureLag } from '../../../bench/lag/measure.js';

/** A short run of `npm run bench:lag`. */
describe('how late one is told that a node is done', function () {
  this.timeout(60_000);

  for (const medianMs of [2000, 30_000, 600_000]) {
    for (const nodes of [1, 9]) {
      it(`${nodes} × ${medianMs / 1000} s: never more than 5 s and one request`, async () => {
        const { longest, mean } = await measureLag({ nodes, medianMs, runs: 6, seed: 7 });
        assert.ok(longest <= 5000 + LATENCY_MS, `${longest} ms`);
        assert.ok(mean > 0 && mean <= (medianMs > 60_000 ? 3000 : 700), `${mean} ms`);
      });
    }
  }

  it('the same seed gives the same figures', async () => {
    const options = { nodes: 3, medianMs: 2000, runs: 3, seed: 1 };
    assert.deepEqual(await measureLag(options), await measureLag(options));
  });
});
