import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { openLog, type ActivityLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, DEPLOYMENT } from '../../helpers/virtual-server.js';
import {
  type Order,
  ORDERS,
  idAt,
  newestFirst,
  open,
  spoil,
  freeze,
  idsOf,
  nodesIn,
} from './log-scene.js';

describe('a read of the log', () => {
  for (const order of ORDERS) {
    it(`${order}: knows when it started, and what the server's clock said then`, async () => {
      const { server, log, clock } = open(1000, order);
      let answers = 0;
      spoil(server, (right) => ({ ...right, serverTime: 1_000_000 + (answers += 1) }));
      await clock.advance(5000);
      const read = await log.downTo(idAt(705));
      assert.deepEqual(
        read.entries.map(({ id }) => id),
        newestFirst(server).slice(0, 294),
      );
      const requests = order === 'asc' ? 4 : 3;
      assert.deepEqual(
        [read.startedAt, read.serverTime, read.requests],
        [5000, 1_000_001, requests],
      );
    });

    it(`${order}: finds each entry, and tells the ids around one that is not there`, async () => {
      const { log } = open(1234, order);
      for (let n = 0; n < 1234; n += 137) {
        const id = idAt(n);
        assert.equal((await log.seek(id)).activity?.id, id);
        const { activity, older, newer } = await log.seek(id + 1n);
        assert.deepEqual([activity, older, newer], [null, id, n === 1233 ? null : idAt(n + 1)]);
      }
      const below = await log.seek(3n);
      assert.deepEqual([below.activity, below.older, below.newer], [null, null, idAt(0)]);
    });

    it(`${order}: covers the newest 50 entries at least, however short pages are`, async () => {
      for (const [most, covered] of [
        [20, 60],
        [25, 50],
        [50, 50],
        [100, 100],
      ] as const) {
        const { server, log } = open(1000, order);
        const list = server.list.bind(server);
        server.list = (id, { page, results }) =>
          list(id, { page, results: Math.min(results, most) });
        for (const { entries } of [await log.newest(), await log.newest()]) {
          assert.deepEqual(
            entries.map(({ id }) => id),
            newestFirst(server).slice(0, covered),
          );
        }
      }
    });
  }

  it('tries each page but the first several times, even where the first is tried once', async () => {
    const { server, log } = open(1000);
    const tries: unknown[] = [];
    const list = server.list.bind(server);
    server.list = (id, query, options) => {
      tries.push(options?.tries);
      return list(id, query, options);
    };
    await log.downTo(idAt(705), { tries: 'one' });
    assert.deepEqual(tries, ['one', 'several', 'several']);
  });

  it('knows the nodes of 30 days, in whole pages, and of 1,000 entries at most', async () => {
    const { server, log, clock } = open(5000);
    assert.equal((await log.forNodes()).entries.length, 1000);
    clock.suspend(30 * 24 * 3_600_000 - 3_600_000 - 200_000);
    const late = openLog(server, DEPLOYMENT, clock);
    assert.equal((await late.forNodes()).entries.length, 300);
  });

  it('finds no entry that is older than 30 days', async () => {
    const { server, clock } = open(5000);
    clock.suspend(30 * 24 * 3_600_000);
    const late = openLog(server, DEPLOYMENT, clock);
    assert.equal((await late.seek(idAt(4900))).activity?.id, idAt(4900));
    assert.equal((await late.seek(idAt(0))).activity, null);
  });

  it("counts the 30 days by the server's clock", async () => {
    const { server } = open(500);
    const ahead = new VirtualClock(Date.UTC(2027, 5, 1));
    assert.equal((await openLog(server, DEPLOYMENT, ahead).forNodes()).entries.length, 500);
  });
});

describe('a reader that stops', () => {
  it('cuts off what is still on its way, and lets go of its signal', async () => {
    const { server, log } = open(3000);
    const asked = new Set<AbortSignal | undefined>();
    const list = server.list.bind(server);
    server.list = (id, query, options) => {
      asked.add(options?.signal);
      return list(id, query, options);
    };
    const { signal } = new AbortController();
    const parts = log.all({ signal });
    for (let n = 0; n < 5; n += 1) await parts.next();
    assert.deepEqual(
      [...asked].map((one) => one?.aborted),
      [false],
    );
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    await parts.return(undefined);
    assert.deepEqual(
      [...asked].map((one) => one?.aborted),
      [true],
    );
    assert.equal(signal.aborted, false);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('does not care about pages that fail after that', async () => {
    const { server, log } = open(3000);
    let failed = 0;
    spoil(server, (right, { page, results }) => {
      if (page <= 8 || results === 1) return right;
      failed += 1;
      throw apiError(500);
    });
    // It would end the process.
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    const parts = log.all();
    for (let n = 0; n < 5; n += 1) await parts.next();
    await parts.return(undefined);
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    assert.ok(failed > 0);
    assert.deepEqual(unhandled, []);
  });
});

describe('what a read of the log costs', () => {
  /** In a log of 20,000 entries whose newest page is read before, in the order of `ORDERS`. */
  const COSTS: ReadonlyArray<
    [what: string, read: (log: ActivityLog) => Promise<unknown>, requests: Record<Order, number>]
  > = [
    ['the newest page', (log) => log.newest(), { asc: 1, desc: 1 }],
    ['a quiet poll', (log) => log.downTo(idAt(19_999)), { asc: 1, desc: 1 }],
    ['a poll down to the 250th entry', (log) => log.downTo(idAt(19_750)), { asc: 3, desc: 3 }],
    ['the nodes that it lists', (log) => log.forNodes(), { asc: 12, desc: 12 }],
    [
      'the nodes, where three are there',
      (log) => log.forNodes({ isEnough: (all) => nodesIn(all, 'iggy') >= 3 }),
      { asc: 1, desc: 1 },
    ],
    ['a young entry', (log) => log.seek(idAt(19_990)), { asc: 1, desc: 1 }],
    // The pages, and a look at the newest entry for each batch of them.
    ['the whole log', idsOf, { asc: 228, desc: 228 }],
  ];
  for (const order of ORDERS) {
    it(`${order}: each read costs no more requests than here`, async () => {
      const { server } = open(20_000, order);
      await freeze(server);
      for (const [what, read, requests] of COSTS) {
        const log = openLog(server, DEPLOYMENT, new VirtualClock());
        await log.newest();
        server.reads.length = 0;
        await read(log);
        assert.ok(server.reads.length <= requests[order], `${what}: ${server.reads.length}`);
      }
    });
  }
});
