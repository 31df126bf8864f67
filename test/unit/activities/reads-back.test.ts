import assert from 'node:assert/strict';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { findBusy } from '../../../src/activities/busy.js';
import { findReplayed } from '../../../src/activities/replay.js';
import { seenNodes } from '../../../src/activities/seen-nodes.js';
import { openRunLog } from '../../../src/activities/run-log.js';
import { Interrupted } from '../../../src/base/errors.js';
import { VirtualClock } from '../../helpers/clock.js';
import { FakeSupervisor } from '../../helpers/fake-supervisor.js';

const ORDERS = ['asc', 'desc'] as const;
const MINUTE = 60_000;
const never = new AbortController().signal;

/** A log that can be read back to its begin, or as far as somebody is interested. */
function logOf(order: 'asc' | 'desc' = 'desc') {
  const clock = new VirtualClock();
  const supervisor = new FakeSupervisor(clock);
  supervisor.order = order;
  return { clock, supervisor, log: new ActivityLog(supervisor, 71n) };
}

for (const order of ORDERS) {
  describe(`reading back through the log, ${order}`, () => {
    it('for who is busy goes over the newest 1000 entries and no further', async () => {
      const { supervisor, log } = logOf(order);
      supervisor.addHistory(49);
      supervisor.add({ node: 4n, status: 'processing' });
      supervisor.addHistory(949);
      supervisor.add({ node: 5n, status: 'processing' });
      supervisor.addHistory(100);
      const busy = async () => {
        const found = await findBusy(log, { runtime: 'iggy', nodes: null }, {});
        return found.map(({ node_id: node }) => node);
      };
      assert.deepEqual(await busy(), [5n]);
      supervisor.entries.splice(50, 100);
      assert.deepEqual(await busy(), [5n, 4n]);
    });

    it('for the nodes there are names each once, with its newest entry, from the newest 1000', async () => {
      const { clock, supervisor, log } = logOf(order);
      supervisor.nodes = [1n];
      supervisor.add({ node: 8n });
      await clock.advance(MINUTE);
      supervisor.addHistory(998);
      await clock.advance(MINUTE);
      supervisor.add({ node: 2n });
      const seen = async () => (await seenNodes(log, {})).map(({ id, lastSeen }) => `${id} ${lastSeen}`);
      const newest = ['2 2026-06-01T12:02:00.000Z', '1 2026-06-01T12:01:00.000Z'];
      assert.deepEqual(await seen(), [...newest, '8 2026-06-01T12:00:00.000Z']);
      supervisor.addHistory(100, { node: 2n });
      assert.deepEqual(await seen(), newest);
    });

    it('for the nodes there are finds none in an empty log', async () => {
      assert.deepEqual(await seenNodes(logOf(order).log, {}), []);
    });

    it('for what a replayed answer is about goes back 11 minutes from its date', async () => {
      const { clock, supervisor, log } = logOf(order);
      const answered = clock.now();
      const made = [-11 * MINUTE - 1, -11 * MINUTE, 0, 1000, 1001].map((ms) =>
        supervisor.add({ createdAt: answered + ms }),
      );
      const found = await findReplayed(log, answered, { signal: never });
      assert.equal(found?.after, made[0]);
      assert.deepEqual(
        supervisor.entries.map(({ activity }) => found?.inWindow(activity)),
        [false, true, true, true, false],
      );
    });

    it('for what a replayed answer is about takes in a log that is younger', async () => {
      const { clock, supervisor, log } = logOf(order);
      supervisor.add({ createdAt: clock.now() - 11 * MINUTE });
      assert.equal((await findReplayed(log, clock.now(), { signal: never }))?.after, 0n);
    });
  });
}

describe('a read of the log', () => {
  it('ends when the run is interrupted', async () => {
    const { log, supervisor, clock } = logOf();
    supervisor.addHistory(5);
    const reason = new Interrupted('SIGINT');
    const stopped = AbortSignal.abort(reason);
    const tools = { supervisor, clock, random: Math.random, signal: stopped };
    const runLog = openRunLog({ deploymentId: 71n, limits: { intervalMs: null } }, tools);
    await assert.rejects(runLog.baseline('no node'), reason);
    await assert.rejects(runLog.busy({ runtime: 'iggy', nodes: null }), reason);
    await assert.rejects(findReplayed(log, clock.now(), { signal: stopped }), reason);
    await assert.rejects(seenNodes(log, { signal: stopped }), reason);
  });
});
