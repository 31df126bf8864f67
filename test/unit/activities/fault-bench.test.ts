import assert from 'node:assert/strict';
import { firstFound, runSeeds } from '../../../bench/faults/bench.js';
import { SABOTAGES } from '../../../bench/faults/sabotage.js';
import { scenarioOf } from '../../../bench/faults/draw-scenario.js';
import { tell } from '../../../bench/faults/story.js';

/** A short run of `npm run bench:faults`. */
describe('the fault bench', function () {
  this.timeout(60_000);

  it('every promise is kept over 60 seeds, and the stories are eventful enough to say so', async () => {
    const { broken, firstFailing, exits, sums } = await runSeeds(60);
    assert.deepEqual([...broken], [], `first failing seed: ${firstFailing?.seed}`);
    for (const end of ['0', '3', '6', '7', '8', '130', 'killed']) assert.ok(exits.has(end), `no run ended with ${end}`);
    assert.ok(sums.recovered > 0 && sums.dispatched > 30);
  });

  it('the same seed is the same story', async () => {
    const [one, other] = [await tell(scenarioOf(16)), await tell(scenarioOf(16))];
    assert.deepEqual(one.trail, other.trail);
    assert.deepEqual(
      one.chapters.map(({ output }) => output),
      other.chapters.map(({ output }) => output),
    );
  });

  // Those that take more seeds are tried by `npm run bench:faults -- --break all`.
  for (const name of ['new-key', 'skip-look', 'failed-look'] as const) {
    it(`it finds ${name}`, async () => {
      const found = await firstFound(100, SABOTAGES[name]);
      assert.deepEqual(
        found?.broken.map(({ promise }) => promise),
        ['double'],
      );
    });
  }
});
