import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PAIRS } from './adapter.js';
import { NOT_ACCUSED } from './judge/index.js';
import { KNOWN } from './known.js';
import { Pool, type Done } from './pool.js';
import { SABOTAGES } from './sabotages.js';
import { DEEP, settingNamed, SETTINGS } from './settings.js';
import { storyOf } from './story.js';

/** So many faults in every setting, and one more in those that are played deepest. */
const FAULTS = Number(process.env.MODEL_FAULTS ?? 1);
/** What takes minutes is played in parts, and says how far it is. */
const PARTS = FAULTS > 1 ? 16 : 1;

const isDeep = (name: string): boolean => DEEP.some((one) => one.name === name);
const faultsOf = (name: string): number => FAULTS + (isDeep(name) ? 1 : 0);

describe(`the job against a world with ${FAULTS} or ${FAULTS + 1} faults`, function () {
  this.timeout(0);
  const pool = new Pool();
  const played = new Map<string, Array<Promise<Done>>>();
  const found = new Map<string, Promise<Done>>();
  const known = new Set(KNOWN.map(({ accusation }) => accusation));

  before(() => {
    // What takes longest begins first.
    for (const { name } of [...DEEP].reverse()) play(name, PARTS);
    for (const { name } of SETTINGS) if (!isDeep(name)) play(name, 1);
    for (const { name } of SABOTAGES) found.set(name, pool.do({ sabotage: name }));
  });
  after(() => pool.close());

  function play(setting: string, of: number): void {
    const parts = Array.from({ length: of }, (_, number) => ({ number, of }));
    const faults = faultsOf(setting);
    played.set(
      setting,
      parts.map((part) => pool.do({ setting, faults, part })),
    );
  }

  async function allPlayed(): Promise<Done[]> {
    return Promise.all([...played.values()].flat());
  }

  before(() => {
    if (FAULTS === 1) return;
    let left = [...played.values()].flat().length;
    for (const part of [...played.values()].flat()) {
      void part.then(() => {
        left -= 1;
        if (left % 20 === 0) process.stdout.write(`      ${left} parts still to come\n`);
      });
    }
  });

  for (const { name } of SETTINGS) {
    it(`keeps its promises: ${name}`, async () => {
      const parts = await Promise.all(played.get(name) ?? []);
      for (const [why, plan] of parts.flatMap(({ broken }) => [...broken])) {
        if (known.has(why)) continue;
        assert.fail(await storyOf(settingNamed(name), plan));
      }
    });
  }

  it('has played every step with every fact', async () => {
    const parts = await allPlayed();
    const stories = parts.reduce((sum, part) => sum + part.stories, 0);
    const seen = new Set(parts.flatMap((part) => [...part.seen]));
    process.stdout.write(`      ${stories} stories in ${SETTINGS.length} settings\n`);
    assert.deepEqual(
      PAIRS.filter((pair) => !seen.has(pair)),
      [],
    );
  });

  for (const { accusation, fixedBy } of KNOWN) {
    it(`still shows, until a rule sets it right (${fixedBy}): ${accusation}`, async () => {
      const parts = await allPlayed();
      assert.ok(
        parts.some(({ broken }) => broken.has(accusation)),
        'no story shows it any more: take its line out of known.ts',
      );
    });
  }

  for (const { name, setting } of SABOTAGES) {
    it(`finds a sabotage in "${setting}": ${name}`, async () => {
      const { broken } = (await found.get(name)) ?? assert.fail();
      assert.ok(broken.size > 0, 'no story has shown it');
    });
  }

  it('says in docs/rules.md what it does not accuse', () => {
    const rules = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');
    const text = rules.replace(/\s+/g, ' ');
    assert.deepEqual(
      NOT_ACCUSED.filter((one) => !text.includes(one)),
      [],
    );
  });
});
