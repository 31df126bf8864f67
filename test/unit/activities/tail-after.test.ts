import assert from 'node:assert/strict';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { tailAfter } from '../../../src/activities/tail-after.js';
import { type Activity } from '../../../src/base/activity.js';
import { Interrupted } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';
import { VirtualClock } from '../../helpers/clock.js';
import { FakeSupervisor } from '../../helpers/fake-supervisor.js';

/** Tails for a while. @returns what came of it: id and status */
async function tail(
  supervisor: FakeSupervisor,
  clock: VirtualClock,
  after: Id,
  forMs: number,
): Promise<Array<[Id, string]>> {
  const stop = new AbortController();
  const got: Activity[] = [];
  const running = (async () => {
    const plan = { after, filter: {}, intervalMs: null };
    const tools = { clock, random: () => 0.5, signal: stop.signal };
    for await (const event of tailAfter(new ActivityLog(supervisor, 71n), plan, tools)) {
      if (event.event === 'activity') got.push(event.activity);
      if (event.event === 'result') assert.equal(event.outcome.kind, 'interrupted');
    }
  })();
  await clock.advance(forMs);
  stop.abort(new Interrupted('SIGINT'));
  await clock.run(running);
  return got.map(({ id, status }) => [id, status]);
}

describe('tailAfter', () => {
  for (const order of ['asc', 'desc'] as const) {
    it(`${order}: what waits in the log, oldest first and at once, then what comes and what changes`, async () => {
      const clock = new VirtualClock();
      const supervisor = new FakeSupervisor(clock);
      supervisor.order = order;
      const old = clock.now() - 3_600_000;
      supervisor.addHistory(350, { createdAt: old });
      const ids = supervisor.entries.map(({ activity }) => activity.id);
      const young = supervisor.add({ status: 'processing', then: [[20_000, 'completed']] });
      const later = supervisor.add({ appearMs: 5000 });
      const got = await tail(supervisor, clock, ids[9] ?? 0n, 60_000);
      const history = ids.slice(10).map((id): [Id, string] => [id, 'completed']);
      assert.deepEqual(got, [...history, [young, 'processing'], [later, 'completed'], [young, 'completed']]);
    });
  }

  it('shows an entry that appears late below what was read', async () => {
    const clock = new VirtualClock();
    const supervisor = new FakeSupervisor(clock);
    const old = supervisor.add({ createdAt: clock.now() - 3_600_000 });
    const late = supervisor.add({ appearMs: 8000 });
    const first = supervisor.add();
    const got = await tail(supervisor, clock, old, 30_000);
    assert.deepEqual(
      got.map(([id]) => id),
      [first, late],
    );
  });
});
