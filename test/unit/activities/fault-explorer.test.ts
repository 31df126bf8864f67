import assert from 'node:assert/strict';
import { explore, findOut } from '../../../bench/faults/explore/explore.js';
import { judge } from '../../../bench/faults/explore/judge.js';
import { formatPlan, parsePlan } from '../../../bench/faults/explore/plan.js';
import { play } from '../../../bench/faults/explore/play.js';
import { courseOf } from '../../../bench/faults/explore/played.js';
import { exploreApart } from '../../../bench/faults/explore/processes.js';
import { EXPLORER_SABOTAGES } from '../../../bench/faults/explore/sabotage.js';
import { SETTINGS, type SettingName } from '../../../bench/faults/explore/setting.js';

/** `npm run check:faults` plays the stories of two. */
const FAULTS = 1;

/** A short run of `npm run bench:faults -- --explore`. */
describe('the fault explorer', function () {
  this.timeout(300_000);

  it('plays every story of one fault, and every promise is kept', async () => {
    for (const { setting, stories, broken } of await exploreApart(Object.keys(SETTINGS) as SettingName[], FAULTS)) {
      assert.deepEqual(broken, [], setting);
      // Every kind of fault, at a POST, at three reads or one, and at two entries in the journal.
      assert.ok(stories[0] === 1 && (stories[1] ?? 0) > 40, `${setting}: ${stories.join(', ')}`);
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

  it('takes no entry for proven by a poll after the machine has slept', async () => {
    assert.deepEqual(judge(await play(SETTINGS.named, parsePlan('2:entry-never 2:sleep 3:rival'))), []);
  });

  it('takes no entry for proven by a poll after the process was stopped within its POST', async () => {
    assert.deepEqual(judge(await play(SETTINGS['two-runs'], parsePlan('3:entry-never 3:stopped 38:rival'))), []);
  });

  it("does not blame a re-run for an entry of somebody else's where the only answer was lost", async () => {
    assert.deepEqual(judge(await play(SETTINGS['two-runs'], parsePlan('3:entry-never 3:kill 68:rival'))), []);
  });

  it("does not blame a run for an entry of somebody else's that nobody could tell from its own", async () => {
    const played = await play(SETTINGS.named, parsePlan('2:entry-late 2:rival'));
    assert.deepEqual(
      judge(played).filter(({ promise }) => promise === 'stolen'),
      [],
    );
  });
});
