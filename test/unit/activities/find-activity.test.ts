import assert from 'node:assert/strict';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { findPlace, type Place } from '../../../src/activities/find-activity.js';
import { MAX_ID, type Id } from '../../../src/base/ids.js';
import { LongLog } from '../../helpers/long-log.js';

const ORDERS = ['asc', 'desc'] as const;

function find(supervisor: LongLog, id: Id): Promise<Place> {
  supervisor.reads.length = 0;
  return findPlace(new ActivityLog(supervisor, 71n), id);
}

describe('findPlace', function () {
  this.timeout(60_000);

  for (const order of ORDERS) {
    describe(order, () => {
      it('finds any entry of a log of 100,000 in at most 12 requests', async () => {
        const supervisor = new LongLog(100_000);
        supervisor.order = order;
        let most = 0;
        // One of each page, not always at the same place on it.
        for (let n = 0; n < 100_000; n += 97) {
          const { activity, nextRank } = await find(supervisor, supervisor.idAt(n));
          assert.deepEqual([activity?.id, nextRank], [supervisor.idAt(n), n + 1]);
          most = Math.max(most, supervisor.reads.length);
        }
        assert.ok(most <= 12, `${most} requests`);
      });

      it('finds it while the log grows with every request', async () => {
        const supervisor = new LongLog(100_000);
        supervisor.order = order;
        supervisor.beforeRead = () => (supervisor.size += 60);
        for (let n = 0; n < 100_000; n += 4999) {
          supervisor.size = 100_000;
          const { activity } = await find(supervisor, supervisor.idAt(n));
          assert.equal(activity?.id, supervisor.idAt(n));
          assert.ok(supervisor.reads.length <= 13, `${supervisor.reads.length} requests`);
        }
      });

      it('finds the newest entries in the page or two that hold them', async () => {
        const supervisor = new LongLog(100_000);
        supervisor.order = order;
        await find(supervisor, supervisor.idAt(99_999));
        assert.equal(supervisor.reads.length, order === 'asc' ? 2 : 1);
      });

      it('says what stands to both sides of an id that is not there', async () => {
        const supervisor = new LongLog(1050);
        supervisor.order = order;
        const { activity, older, newer, nextRank } = await find(supervisor, supervisor.idAt(700) + 1n);
        assert.deepEqual({ activity, nextRank }, { activity: null, nextRank: 701 });
        assert.deepEqual([older, newer], [supervisor.idAt(700), supervisor.idAt(701)]);
      });

      it('knows the ends of the log', async () => {
        const supervisor = new LongLog(1050);
        supervisor.order = order;
        const before = await find(supervisor, 0n);
        assert.deepEqual([before.older, before.newer, before.nextRank], [null, supervisor.idAt(0), 0]);
        const behind = await find(supervisor, MAX_ID);
        assert.deepEqual([behind.older, behind.newer, behind.nextRank], [supervisor.idAt(1049), null, 1050]);
      });

      it('looks once more where entries were deleted meanwhile', async () => {
        const supervisor = new LongLog(100_000);
        supervisor.order = order;
        supervisor.beforeRead = () => {
          if (supervisor.reads.length === 4) supervisor.deleted = 30_000;
        };
        const { activity } = await find(supervisor, supervisor.idAt(60_001));
        assert.equal(activity?.id, supervisor.idAt(60_001));
      });
    });
  }

  for (const size of [0, 1, 2, 100, 101]) {
    it(`ends in a log of ${size}, whatever is looked for`, async () => {
      const supervisor = new LongLog(size);
      for (const id of [0n, ...supervisor.ids(), MAX_ID]) {
        const { activity } = await find(supervisor, id);
        assert.equal(activity?.id ?? null, supervisor.ids().includes(id) ? id : null);
      }
    });
  }
});
