import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { PAIRS } from './adapter.js';
import { CLAUSES, EXCUSES, LIMITS, NOT_PLAYED, type Clause, type Excuse } from './judge/clauses.js';
import { Pool, type Done } from './pool.js';
import { BY_RULE, SABOTAGES, SHOWN_ELSEWHERE } from './sabotages/index.js';
import { DEEP, PAIRED, settingNamed, SETTINGS, SMALL } from './settings.js';
import { drawnWays } from './states.js';
import { storyOf } from './story.js';

const rules = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');

/** How many faults a story has at most; one more in the settings that are played deepest. */
const FAULTS = Number(process.env.MODEL_FAULTS ?? 1);
const isLong = FAULTS > 1;
/**
 * Where that is not given, one part of each setting is played, of so many: `npm test` has two
 * minutes for it. `npm run check:stories` plays all.
 */
const isWhole = process.env.MODEL_FAULTS !== undefined;
const PARTS = isLong ? { deep: 16, small: 4, paired: 4 } : { deep: 6, small: 3, paired: 8 };

/** These ways, and this excuse, take two faults, such as a server that is not there for two minutes. */
const RARE = [
  'too-late-to-send',
  'posting → ended: not now',
  'posting → ended: not sent',
  'sending → unknown: roll over',
  'sending → ended: interrupt',
  'unknown → ended: all final',
];

/** A roll whose key was used elsewhere may have 0, 3, 7, 8, 9 or 130: that is not anything. */
const MOST_CODES = 7;

const isMeant = (name: string): boolean => isLong || !RARE.includes(name);

describe(`the job against a world with ${FAULTS} or ${FAULTS + 1} faults`, function () {
  this.timeout(0);
  const pool = new Pool();
  const played = new Map<string, Array<Promise<Done>>>();
  const found = new Map<string, Promise<Done>>();

  before(() => {
    // What takes longest starts first.
    for (const { name } of [...DEEP].reverse()) play(name, FAULTS + 1, PARTS.deep);
    for (const { name } of SMALL) play(name, FAULTS, PARTS.small);
    for (const { name } of PAIRED) play(name, FAULTS, PARTS.paired);
    for (const { name } of SABOTAGES) found.set(name, pool.do({ sabotage: name }));
    if (isLong) sayHowFar();
  });
  after(() => pool.close());

  function play(setting: string, faults: number, of: number): void {
    const parts = Array.from({ length: isWhole ? of : 1 }, (_, number) => ({ number, of }));
    played.set(
      setting,
      parts.map((part) => pool.do({ setting, faults, part })),
    );
  }

  const allPlayed = (): Promise<Done[]> => Promise.all([...played.values()].flat());

  const waysGone = async (): Promise<string[]> => [
    ...new Set((await allPlayed()).flatMap((part) => [...part.ways])),
  ];

  /** What takes minutes says what is still to come. */
  function sayHowFar(): void {
    const all = [...played.values()].flat();
    let [done, saidAt] = [0, Date.now()];
    for (const part of all) {
      void part.then(() => {
        done += 1;
        if (Date.now() < saidAt + 10_000) return;
        saidAt = Date.now();
        print(`${all.length - done} of ${all.length} parts are to come`);
      });
    }
  }

  for (const { name } of SETTINGS) {
    it(`keeps its promises: ${name}`, async () => {
      const parts = await Promise.all(played.get(name) ?? []);
      for (const found of parts.flatMap(({ broken }) => [...broken.values()])) {
        assert.fail(await storyOf(settingNamed(name), found));
      }
    });
  }

  if (isWhole) {
    it('has played every step with every fact', async () => {
      const parts = await allPlayed();
      const pairs = new Set(parts.flatMap((part) => [...part.pairs]));
      const lacking = PAIRS.filter((pair) => !pairs.has(pair));
      assert.deepEqual(lacking, [], 'expected none: steps and facts that no story has');
    });

    it('has gone every way from state to state that docs/rules.md draws', async () => {
      const ways = await waysGone();
      const lacking = drawnWays().filter((way) => isMeant(way) && !ways.includes(way));
      assert.deepEqual(lacking, [], 'expected none: ways that no story goes');
    });

    it('lets off by each excuse', async () => {
      const excused = sumsOf((await allPlayed()).map((part) => part.excused));
      const names = [...Object.keys(LIMITS), ...Object.keys(EXCUSES)];
      const lacking = names.filter((name) => isMeant(name) && !excused.has(name as Excuse));
      assert.deepEqual(lacking, [], 'expected none: excuses that are not used');
    });
  }

  it('has gone no way from state to state that docs/rules.md does not draw', async () => {
    const drawn = drawnWays();
    const others = (await waysGone()).filter((way) => !drawn.includes(way));
    assert.deepEqual(others, [], 'expected none: ways that docs/rules.md does not draw');
  });

  for (const { name, setting, clause } of SABOTAGES) {
    it(`finds a sabotage in "${setting}": ${name} #${clause}`, async () => {
      const { broken } = (await found.get(name)) ?? assert.fail();
      const all = [...broken.keys()].join(', ') || 'nothing';
      assert.ok(broken.has(clause), `Sabotage not found: expected ${clause}, broken is ${all}`);
    });
  }

  it('has a sabotage for each clause of the judge', () => {
    const tripped = new Set(SABOTAGES.map(({ clause }) => clause));
    const names = Object.keys(CLAUSES) as Clause[];
    const lacking = names.filter((clause) => !tripped.has(clause));
    assert.deepEqual(lacking, [], 'expected none: clauses without a sabotage');
  });

  it('holds the end of a process to one exit code, or to a few', async () => {
    const allowed = sumsOf((await allPlayed()).map((part) => part.allowed));
    const all = [...allowed.values()].reduce((sum, times) => sum + times, 0);
    const shares = [...allowed].sort(([a], [b]) => a - b);
    for (const [codes, times] of shares) {
      print(`${((100 * times) / all).toFixed(1)} % of ${all} ends may have ${codes} exit codes`);
    }
    assert.ok((allowed.get(1) ?? 0) > 0.85 * all, 'at least 85 % may have one exit code alone');
    const most = Math.max(...allowed.keys());
    assert.ok(most < MOST_CODES, `an end may have ${most} exit codes, which is anything`);
  });

  for (const [section, sabotages] of Object.entries(BY_RULE)) {
    it(`has a sabotage for each rule of "${section}" in docs/rules.md, or says what shows it`, () => {
      const [, text = ''] = rules.split(`\n## ${section}\n`);
      const [own = ''] = text.split('\n## ');
      const titles = [...own.matchAll(/^(?:-|\d+\.) \*\*(.*?)\.?\*\*/gm)].map(
        ([, title = '']) => title,
      );
      const elsewhere = SHOWN_ELSEWHERE[section] ?? {};
      const shown = Object.keys({ ...sabotages, ...elsewhere });
      assert.deepEqual(shown.sort(), titles.sort(), 'expected: each rule of docs/rules.md');
      for (const file of Object.values(elsewhere)) {
        assert.ok(existsSync(new URL(`../${file}`, import.meta.url)), file);
      }
    });
  }

  it('says what it played', async () => {
    const deep = await Promise.all(DEEP.flatMap(({ name }) => played.get(name) ?? []));
    const other = (await allPlayed()).filter((done) => !deep.includes(done));
    const lines = [
      `${sumOf(other)}: ${FAULTS} faults in ${SETTINGS.length - DEEP.length} settings`,
      `${sumOf(deep)}: ${FAULTS + 1} faults in ${DEEP.length} settings`,
      `${sumOf(await Promise.all(found.values()))}: ${SABOTAGES.length} sabotages`,
    ];
    for (const line of lines) print(line);
    const excused = sumsOf((await allPlayed()).map((part) => part.excused));
    for (const [name, times] of excused) print(`let off ${times} times: ${name}`);
  });

  it('says in docs/rules.md what it does not accuse', () => {
    const text = rules.replace(/\s+/g, ' ');
    const lacking = [...Object.values(LIMITS), ...NOT_PLAYED].filter((one) => !text.includes(one));
    assert.deepEqual(lacking, [], 'expected none: sentences that docs/rules.md lacks');
  });
});

const print = (line: string): void => void process.stdout.write(`      ${line}\n`);

function sumsOf<K>(all: ReadonlyArray<ReadonlyMap<K, number>>): Map<K, number> {
  const sums = new Map<K, number>();
  for (const [key, times] of all.flatMap((counts) => [...counts])) {
    sums.set(key, (sums.get(key) ?? 0) + times);
  }
  return sums;
}

function sumOf(all: readonly Done[]): string {
  const stories = all.reduce((sum, done) => sum + done.stories, 0);
  const took = all.reduce((sum, done) => sum + done.took, 0);
  return `${stories} stories, ${Math.round(took / 1000)} s of a core`;
}
