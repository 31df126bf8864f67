import assert from 'node:assert/strict';
import { listNewest } from '../../../src/log/list.js';
import { openLog, type ActivityLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import { DEPLOYMENT, type VirtualServer } from '../../helpers/virtual-server.js';
import { type Order, ORDERS, idAt, open, spoil, freeze, idsOf, nodesIn } from './log-scene.js';

describe('what a read of the log costs', () => {
  /** In a log of 20,000 entries whose newest page is read before, in the order of `ORDERS`. */
  const COSTS: Record<
    string,
    { read: (log: ActivityLog) => Promise<unknown>; requests: [number, number] }
  > = {
    'the newest page': { read: (log) => log.newest(), requests: [1, 1] },
    'a quiet poll': { read: (log) => log.downTo(idAt(19_999)), requests: [1, 1] },
    'a poll down to the 250th entry': { read: (log) => log.downTo(idAt(19_750)), requests: [3, 3] },
    'the nodes that it names': { read: (log) => log.forNodes(), requests: [12, 12] },
    'the nodes, where three are there': {
      read: (log) => log.forNodes({ isEnough: (all) => nodesIn(all, 'iggy') >= 3 }),
      requests: [1, 1],
    },
    'a young entry': { read: (log) => log.seek(idAt(19_990)), requests: [1, 1] },
    'an entry anywhere': { read: (log) => log.seek(idAt(4567)), requests: [9, 9] },
    'the oldest entry': { read: (log) => log.seek(idAt(0)), requests: [8, 9] },
    'an id that is not there': { read: (log) => log.seek(idAt(4567) + 1n), requests: [10, 11] },
  };
  const servers = {} as Record<Order, VirtualServer>;
  before(async () => {
    for (const order of ORDERS) await freeze((servers[order] = open(20_000, order).server));
  });
  for (const [what, { read, requests }] of Object.entries(COSTS)) {
    for (const [n, order] of ORDERS.entries()) {
      it(`${what}, ${order}: ${requests[n]} requests at most`, async () => {
        const server = servers[order];
        const log = openLog(server, DEPLOYMENT, new VirtualClock());
        await log.newest();
        server.reads.length = 0;
        await read(log);
        assert.ok(server.reads.length <= (requests[n] ?? 0), String(server.reads.length));
      });
    }
  }

  it('one more for the first read of a log with the oldest on page 1', async () => {
    const { server, log } = open(1000, 'asc');
    const { entries, requests } = await log.downTo(idAt(950));
    assert.deepEqual([entries[0]?.id, requests, server.reads.length], [idAt(999), 2, 2]);
  });

  for (const order of ORDERS) {
    it(`one for a log of one page, ${order}, each time`, async () => {
      for (const size of [0, 1, 2, 100]) {
        const { server, log } = open(size, order);
        for (const requests of [1, 2]) {
          assert.equal(
            (await log.newest()).entries[0]?.id,
            size === 0 ? undefined : idAt(size - 1),
          );
          assert.equal(server.reads.length, requests, `${size} entries`);
        }
      }
    });

    it(`no page that can only hold older entries, ${order}`, async () => {
      const { server, log } = open(500, order);
      await log.newest();
      // The last five entries of a page decide how far down it reaches, without the very last one.
      for (const [above, pages] of [
        [94, 1],
        [95, 2],
        [194, 2],
        [195, 3],
      ] as const) {
        server.reads.length = 0;
        const { entries } = await log.downTo(idAt(499 - above));
        assert.deepEqual([entries.length, server.reads.length], [above, pages]);
      }
    });

    it(`at most eight pages and a look at the newest entry at once, ${order}, and none that is not wanted soon`, async () => {
      const { server, log } = open(10_000, order);
      await freeze(server);
      const list = server.list.bind(server);
      let [running, most] = [0, 0];
      server.list = async (id, query) => {
        most = Math.max(most, (running += 1));
        await new Promise(setImmediate);
        running -= 1;
        return list(id, query);
      };
      let parts = 0;
      for await (const { entries } of log.all()) {
        if (entries.length > 0 && (parts += 1) === 5) break;
      }
      assert.ok(server.reads.length <= 14, String(server.reads.length));
      assert.equal((await idsOf(log)).length, 10_000);
      assert.equal(most, 9);
    });

    it(`as many pages at once as the reader has had, eight at most, ${order}`, async () => {
      const { server, log } = open(2900, order);
      await freeze(server);
      await log.newest();
      server.reads.length = 0;
      await idsOf(log);
      // A look proves each batch. The next one is asked for before the reader gets it, so there are two
      // of two.
      const counts = server.reads
        .map(({ results }) => (results === 1 ? '|' : '.'))
        .join('')
        .split('|')
        .map((pages) => pages.length);
      assert.deepEqual(counts, [2, 2, 2, 4, 6, 8, 5, 0]);
    });

    it(`no page twice, ${order}, however many are left for the last time`, async () => {
      for (let pages = 20; pages < 28; pages += 1) {
        const { server, log } = open(pages * 100, order);
        await freeze(server);
        await log.newest();
        server.reads.length = 0;
        await idsOf(log);
        assert.equal(server.reads.filter(({ results }) => results > 1).length, pages);
      }
    });
  }

  it('nothing of pages further down that fail, where the reader has enough before', async () => {
    const { server, log } = open(6_000);
    spoil(server, (right, { page, results }) => {
      if (results > 1 && page >= 18) throw new Error('too far down');
      return right;
    });
    let taken = 0;
    for await (const { entries } of listNewest(log, { filter: {}, limit: 900 }, {})) {
      taken += entries.length;
    }
    assert.equal(taken, 900);
  });

  it('three looks for every four pages of a log that grows at each', async () => {
    const { server, log, grow } = open(6_000);
    await log.newest();
    server.reads.length = 0;
    let size = 6_000;
    spoil(server, (right, { results }) => {
      if (results === 1) grow((size += 1));
      return right;
    });
    await idsOf(log);
    const looks = server.reads.filter(({ results }) => results === 1).length;
    assert.ok(looks <= 3 * Math.ceil(60 / 4), String(looks));
  });
});
