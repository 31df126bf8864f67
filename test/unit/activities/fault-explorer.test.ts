import assert from 'node:assert/strict';
import { type Promised } from '../../../bench/faults/checks.js';
import { explore, findOut } from '../../../bench/faults/explore/explore.js';
import { judge } from '../../../bench/faults/explore/judge.js';
import { formatPlan, parsePlan } from '../../../bench/faults/explore/plan.js';
import { play } from '../../../bench/faults/explore/play.js';
import { courseOf } from '../../../bench/faults/explore/played.js';
import { exploreApart } from '../../../bench/faults/explore/processes.js';
import { EXPLORER_SABOTAGES } from '../../../bench/faults/explore/sabotage.js';
import { SETTINGS, type SettingName } from '../../../bench/faults/explore/setting.js';

/** How many faults the stories of a setting have here: `npm run bench:faults -- --explore` plays three. */
const FAULTS: Record<SettingName, 1 | 2> = {
  ...{ named: 2, 'every-node': 2, 'no-keys': 2, 'two-runs': 2 },
  // They differ from `every-node` in a few rules only.
  ...{ 'expect-nodes': 1, 'busy-log': 1 },
};

/** What this version is known to break with so many faults. It is to become empty, and must not grow. */
const KNOWN: Record<SettingName, readonly Promised[]> = {
  named: [],
  'every-node': [],
  'expect-nodes': [],
  'no-keys': [],
  'busy-log': [],
  'two-runs': [],
};

/** A short run of `npm run bench:faults -- --explore`. */
describe('the fault explorer', function () {
  this.timeout(300_000);

  it('plays every story of up to two faults, and no promise is broken but those that are known', async () => {
    const names = Object.keys(SETTINGS) as SettingName[];
    const having = (faults: number): SettingName[] => names.filter((name) => FAULTS[name] === faults);
    const summaries = [...(await exploreApart(having(2), 2)), ...(await exploreApart(having(1), 1))];
    const broken = summaries.map(({ setting, broken: found }) => [setting, found.map(({ promise }) => promise).sort()]);
    assert.deepEqual(Object.fromEntries(broken), KNOWN);
    for (const { setting, stories } of summaries) {
      assert.equal(stories[0], 1);
      // Every kind of fault, at a POST, at three reads or one, and at two entries in the journal.
      assert.ok((stories[1] ?? 0) > 40 && (FAULTS[setting] === 1 || (stories[2] ?? 0) > 1000), `${setting}: ${stories.join(', ')}`);
    }
  });

  it('extends a plan from its last fault on, and has one fault of the wire at an exchange', async () => {
    const { first, stories } = await explore('named', 1);
    assert.deepEqual(stories.length, 2);
    for (const { plan } of first.values()) assert.equal(plan.length, 1);
    await assert.rejects(play(SETTINGS.named, parsePlan('0:lost-after')), /exchange 0 is a GET: no lost-after there/);
  });

  it('the same plan is the same story', async () => {
    const plan = parsePlan('2:lost-after 4:kill 6:rival');
    assert.equal(formatPlan(plan), '2:lost-after 4:kill 6:rival');
    assert.equal(courseOf(await play(SETTINGS.named, plan)), courseOf(await play(SETTINGS.named, plan)));
  });

  for (const [name, sabotage] of Object.entries(EXPLORER_SABOTAGES)) {
    it(`finds ${name}`, async () => {
      const found = await findOut(sabotage, 2);
      assert.ok(found?.broken.some(({ promise }) => promise === sabotage.breaks));
    });
  }

  it("does not blame a run for an entry of somebody else's that nobody could tell from its own", async () => {
    const played = await play(SETTINGS.named, parsePlan('2:entry-late 2:rival'));
    assert.deepEqual(judge(played).filter(({ promise }) => promise === 'stolen'), []);
  });
});
