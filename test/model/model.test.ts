import assert from 'node:assert/strict';
import * as job from '../../src/job/index.js';
import { explore } from './explore.js';
import { PAIRS } from './play.js';
import { isFound, SABOTAGES } from './sabotage.js';
import { makerOf, SETTINGS } from './settings.js';

/** Three in a check of its own: it takes minutes. */
const FAULTS = Number(process.env.MODEL_FAULTS ?? 2);

describe(`the job against a world with ${FAULTS} faults`, () => {
  const played = new Set<string>();
  let stories = 0;

  for (const setting of SETTINGS) {
    it(`keeps its promises: ${setting.name}`, function () {
      this.timeout(0);
      const explored = explore(setting, FAULTS, makerOf(job), { seen: (pair) => played.add(pair) });
      stories += explored.stories;
      assert.deepEqual([...explored.broken], []);
    });
  }

  it('has played every step with every fact', () => {
    process.stdout.write(`      ${stories} stories\n`);
    assert.deepEqual(
      PAIRS.filter((pair) => !played.has(pair)),
      [],
    );
  });
});

describe('a job with a sabotage', () => {
  for (const sabotage of SABOTAGES) {
    it(`is found: ${sabotage.name}`, async function () {
      this.timeout(0);
      assert.ok(await isFound(sabotage), 'no story has shown it');
    });
  }
});
