import assert from 'node:assert/strict';
import { PAIRS } from './play.js';
import { Pool, type Done } from './pool.js';
import { SABOTAGES } from './sabotage.js';
import { SETTINGS } from './settings.js';

/** Three in a check of its own: it takes minutes. */
const FAULTS = Number(process.env.MODEL_FAULTS ?? 2);
const PARTS = FAULTS > 2 ? 8 : 1;

describe(`the job against a world with ${FAULTS} faults`, function () {
  this.timeout(0);
  const pool = new Pool();
  const played = new Map<string, Array<Promise<Done>>>();
  const found = new Map<string, Promise<Done>>();

  before(() => {
    // What takes longest begins first.
    for (const { name } of [...SETTINGS].reverse()) {
      const parts = Array.from({ length: PARTS }, (_, number) => ({ number, of: PARTS }));
      played.set(
        name,
        parts.map((part) => pool.do({ setting: name, faults: FAULTS, part })),
      );
    }
    for (const { name } of SABOTAGES) found.set(name, pool.do({ sabotage: name }));
  });
  after(() => pool.close());

  for (const { name } of [...SETTINGS].reverse()) {
    it(`keeps its promises: ${name}`, async () => {
      const parts = await Promise.all(played.get(name) ?? []);
      const broken = parts.flatMap((part) => [...part.broken]);
      assert.deepEqual(broken, []);
    });
  }

  it('has played every step with every fact', async () => {
    const parts = await Promise.all([...played.values()].flat());
    const stories = parts.reduce((sum, part) => sum + part.stories, 0);
    const seen = new Set(parts.flatMap((part) => [...part.seen]));
    const never = PAIRS.filter((pair) => !seen.has(pair));
    process.stdout.write(`      ${stories} stories; never played: ${never.join(', ') || 'none'}\n`);
    assert.deepEqual(never, []);
  });

  for (const { name } of SABOTAGES) {
    it(`finds a sabotage: ${name}`, async () => {
      const { broken } = (await found.get(name)) ?? assert.fail();
      assert.ok(broken.size > 0, 'no story has shown it');
    });
  }
});
