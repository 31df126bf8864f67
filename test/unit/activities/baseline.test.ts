import assert from 'node:assert/strict';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { nodesBelow, readBaseline } from '../../../src/activities/baseline.js';
import { VirtualClock } from '../../helpers/clock.js';
import { FakeSupervisor } from '../../helpers/fake-supervisor.js';

const ORDERS = ['asc', 'desc'] as const;

function fake(order: 'asc' | 'desc', size: number): FakeSupervisor {
  const supervisor = new FakeSupervisor(new VirtualClock());
  supervisor.order = order;
  supervisor.addHistory(size);
  return supervisor;
}

describe('readBaseline', () => {
  for (const order of ORDERS) {
    it(`${order}: an empty log has the baseline 0 and names no node`, async () => {
      assert.deepEqual(await readBaseline(new ActivityLog(fake(order, 0), 71n), {}), { highestId: 0n, nodes: [] });
    });

    for (const size of [1, 100, 101, 250]) {
      it(`${order}, ${size} entries: the highest id, and the nodes, ascending`, async () => {
        const supervisor = fake(order, size);
        const baseline = await readBaseline(new ActivityLog(supervisor, 71n), {});
        assert.equal(baseline.highestId, supervisor.entries.at(-1)?.activity.id);
        assert.deepEqual(baseline.nodes, size === 1 ? [1n] : [1n, 2n, 3n]);
      });
    }

    it(`${order}: the nodes are those of the newest 100 entries, wherever the pages end`, async () => {
      const supervisor = fake(order, 0);
      supervisor.add({ node: 8n });
      supervisor.add({ node: 9n });
      supervisor.addHistory(99);
      const baseline = await readBaseline(new ActivityLog(supervisor, 71n), {});
      assert.deepEqual(baseline.nodes, [1n, 2n, 3n, 9n]);
    });

    it(`${order}: reaches the true newest entry of a log that grows while it is read`, async () => {
      const supervisor = fake(order, 199);
      // Two more make a third page; in the other order they come too late to matter.
      let reads = 0;
      supervisor.beforeRead = () => supervisor.addHistory(reads++ === 1 ? 2 : 0);
      const baseline = await readBaseline(new ActivityLog(supervisor, 71n), {});
      assert.equal(baseline.highestId, supervisor.entries.at(-1)?.activity.id);
    });
  }
});

describe('nodesBelow', () => {
  for (const order of ORDERS) {
    it(`${order}: the nodes of the 100 entries at and below the baseline, the same that it named itself`, async () => {
      const supervisor = fake(order, 0);
      supervisor.add({ node: 8n });
      supervisor.add({ node: 9n });
      supervisor.addHistory(99);
      const log = new ActivityLog(supervisor, 71n);
      const baseline = await readBaseline(log, {});
      for (let index = 0; index < 130; index++) supervisor.add({ node: 10n });
      assert.deepEqual(await nodesBelow(log, baseline.highestId, {}), baseline.nodes);
    });
  }
});
