import assert from 'node:assert/strict';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { nodesBelow, readBaseline, readHighestId } from '../../../src/activities/baseline.js';
import { type Supervisor } from '../../../src/base/supervisor.js';
import { VirtualClock } from '../../helpers/clock.js';
import { FakeSupervisor } from '../../helpers/fake-supervisor.js';

const ORDERS = ['asc', 'desc'] as const;

function fake(order: 'asc' | 'desc', size: number): FakeSupervisor {
  const supervisor = new FakeSupervisor(new VirtualClock());
  supervisor.order = order;
  supervisor.addHistory(size);
  return supervisor;
}

const DAY = 24 * 60 * 60_000;
const ids = (from: bigint, count: number): bigint[] =>
  Array.from({ length: count }, (_, index) => from + BigInt(index));

describe('readBaseline', () => {
  for (const order of ORDERS) {
    it(`${order}: an empty log has the baseline 0 and names no node`, async () => {
      assert.deepEqual(await readBaseline(new ActivityLog(fake(order, 0), 71n), {}), { highestId: 0n, nodes: [] });
    });

    for (const size of [1, 100, 101, 250, 1100]) {
      it(`${order}, ${size} entries: the highest id, and the nodes, ascending`, async () => {
        const supervisor = fake(order, size);
        const baseline = await readBaseline(new ActivityLog(supervisor, 71n), {});
        assert.equal(baseline.highestId, supervisor.entries.at(-1)?.activity.id);
        assert.deepEqual(baseline.nodes, size === 1 ? [1n] : [1n, 2n, 3n]);
      });
    }

    it(`${order}: names all of 120 nodes that had a restart each, and another one since`, async () => {
      const supervisor = fake(order, 0);
      supervisor.nodes = ids(1n, 120);
      supervisor.addHistory(240);
      const baseline = await readBaseline(new ActivityLog(supervisor, 71n), {});
      assert.deepEqual(baseline.nodes, ids(1n, 120));
    });

    it(`${order}: the nodes are those of the newest 1,000 entries, wherever the pages end`, async () => {
      const supervisor = fake(order, 0);
      supervisor.add({ node: 8n });
      supervisor.add({ node: 9n });
      supervisor.addHistory(999);
      const baseline = await readBaseline(new ActivityLog(supervisor, 71n), {});
      assert.deepEqual(baseline.nodes, [1n, 2n, 3n, 9n]);
    });

    it(`${order}: and an entry with a time that is none ends the reading of none`, async () => {
      const supervisor = fake(order, 0);
      supervisor.nodes = ids(1n, 150);
      supervisor.addHistory(150);
      for (const { activity } of supervisor.entries) {
        if (activity.node_id === 51n || activity.node_id === 100n) activity.created_at = '0001-01-01T00:00:00Z';
      }
      const { nodes } = await readBaseline(new ActivityLog(supervisor, 71n), {});
      assert.deepEqual(
        nodes,
        ids(1n, 150).filter((node) => node !== 51n && node !== 100n),
      );
    });

    it(`${order}: or of 30 days, by the newest entry where the server does not say what day it is`, async () => {
      const supervisor = fake(order, 0);
      const now = Date.UTC(2026, 5, 1);
      supervisor.add({ node: 8n, createdAt: now - 30 * DAY - 1 });
      supervisor.add({ node: 9n, createdAt: now - 30 * DAY });
      supervisor.addHistory(150, { createdAt: now });
      const baseline = await readBaseline(new ActivityLog(supervisor, 71n), {});
      assert.deepEqual(baseline.nodes, [1n, 2n, 3n, 9n]);
    });

    it(`${order}: or of 30 days, by the server's clock`, async () => {
      const supervisor = fake(order, 0);
      const now = Date.UTC(2026, 5, 1);
      supervisor.add({ node: 8n, createdAt: now - 31 * DAY });
      supervisor.add({ node: 9n, createdAt: now - 29 * DAY });
      const list: Supervisor['list'] = async (...args) => ({ ...(await supervisor.list(...args)), serverTime: now });
      const log = new ActivityLog({ trigger: () => Promise.reject(new Error('nothing is sent')), list }, 71n);
      assert.deepEqual((await readBaseline(log, {})).nodes, [9n]);
    });

    it(`${order}: an entry of no time does not end the reading`, async () => {
      const supervisor = fake(order, 0);
      supervisor.add({ node: 9n });
      supervisor.addHistory(150);
      for (const { activity } of supervisor.entries.slice(1)) activity.created_at = 'yesterday';
      const baseline = await readBaseline(new ActivityLog(supervisor, 71n), {});
      assert.deepEqual(baseline.nodes, [1n, 2n, 3n, 9n]);
    });

    it(`${order}: reaches the true newest entry, which it reads last`, async () => {
      const supervisor = fake(order, 250);
      let reads = 0;
      supervisor.beforeRead = () => {
        if (reads++ > 0) supervisor.add({ node: 7n });
      };
      const baseline = await readBaseline(new ActivityLog(supervisor, 71n), {});
      assert.equal(baseline.highestId, supervisor.entries.at(-1)?.activity.id);
      assert.ok(baseline.nodes.includes(7n));
    });
  }
});

describe('readHighestId', () => {
  for (const order of ORDERS) {
    it(`${order}: reads no more than the newest page, however it grows meanwhile`, async () => {
      const supervisor = fake(order, 1199);
      let reads = 0;
      // Two more make a new page; in the other order they come too late to matter.
      supervisor.beforeRead = () => supervisor.addHistory(reads++ === 1 ? 2 : 0);
      assert.equal(await readHighestId(new ActivityLog(supervisor, 71n), {}), supervisor.entries.at(-1)?.activity.id);
      assert.equal(supervisor.reads.length, order === 'asc' ? 3 : 1);
    });

    it(`${order}: 0 for an empty log`, async () => {
      assert.equal(await readHighestId(new ActivityLog(fake(order, 0), 71n), {}), 0n);
    });
  }
});

describe('nodesBelow', () => {
  for (const order of ORDERS) {
    it(`${order}: the nodes of the 1,000 entries at and below the baseline, the same that it named itself`, async () => {
      const supervisor = fake(order, 0);
      supervisor.add({ node: 8n });
      supervisor.add({ node: 9n });
      supervisor.addHistory(999);
      const log = new ActivityLog(supervisor, 71n);
      const baseline = await readBaseline(log, {});
      for (let index = 0; index < 130; index++) supervisor.add({ node: 10n });
      assert.deepEqual(await nodesBelow(log, baseline.highestId, {}), baseline.nodes);
    });
  }
});
