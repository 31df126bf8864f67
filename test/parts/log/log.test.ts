import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { openLog, type ActivityLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, DEPLOYMENT, VirtualServer } from '../../helpers/virtual-server.js';
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
  pagesOf,
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

    it(`${order}: looks up what is below the newest 1,000, and nothing where it gets down to the id`, async () => {
      const { server, log } = open(2000, order);
      const lookUp = [idAt(300), idAt(1500), idAt(301) + 1n];
      const read = await log.downTo(idAt(200), { lookUp });
      assert.deepEqual(
        read.entries.map(({ id }) => id),
        [...newestFirst(server).slice(0, 1000), idAt(300)],
      );
      server.reads.length = 0;
      const whole = await log.downTo(idAt(1150), { lookUp: [idAt(1500), idAt(1500) + 1n] });
      assert.deepEqual([whole.entries.length, server.reads.length], [849, 9]);
    });

    it(`${order}: finds each entry, and tells the ids around one that is not there`, async () => {
      const { log } = open(1234, order);
      for (let n = 0; n < 1234; n += 37) {
        const id = idAt(n);
        assert.equal((await log.seek(id)).activity?.id, id);
        const { activity, older, newer } = await log.seek(id + 1n);
        assert.deepEqual([activity, older, newer], [null, id, n === 1233 ? null : idAt(n + 1)]);
      }
      const below = await log.seek(3n);
      assert.deepEqual([below.activity, below.older, below.newer], [null, null, idAt(0)]);
    });

    it(`${order}: does not give what arrives meanwhile below what is older`, async () => {
      const { server, log, grow } = open(250, order);
      const there = newestFirst(server);
      const list = server.list.bind(server);
      server.list = (id, query) => {
        if (query.page === 2) grow(server.log.entries.length + 1);
        return list(id, query);
      };
      assert.deepEqual(await idsOf(log), there);
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

    it(`${order}: finds each entry of a log that grows by most of a page at each request`, async () => {
      for (let n = 0; n < 1234; n += 73) {
        const { server, log, grow } = open(1234, order);
        let size = 1234;
        server.beforeRead = () => grow((size += 60));
        assert.equal((await log.seek(idAt(n))).activity?.id, idAt(n), String(n));
        assert.ok(server.reads.length < 30, String(server.reads.length));
      }
    });

    it(`${order}: is nothing where the log is empty, and follows it from there`, async () => {
      const { server, log, grow } = open(0, order);
      assert.deepEqual((await log.newest()).entries, []);
      assert.deepEqual((await log.seek(5n)).activity, null);
      grow(450);
      assert.equal((await log.newest()).entries[0]?.id, idAt(449));
      assert.deepEqual(await idsOf(log), newestFirst(server));
    });
  }

  it('finds an entry of a log that loses the page on which it is looked for', async () => {
    const { server, log } = open(1000, 'asc');
    await log.newest();
    server.reads.length = 0;
    const list = server.list.bind(server);
    server.list = (id, query) => {
      const looks = server.reads.filter(({ page }) => page === query.page).length;
      if (query.page === 8 && looks === 0) server.log.entries.splice(0, 20);
      if (query.page === 7 && looks === 1) server.log.entries.splice(0, 500);
      return list(id, query);
    };
    assert.equal((await log.seek(idAt(705))).activity?.id, idAt(705));
    assert.deepEqual(pagesOf(server), [10, 5, 7, 8, 7, 5, 4, 3, 2]);
  });

  it('knows the nodes of 30 days, in whole pages, and of 1,000 entries at most', async () => {
    const { server, log, clock } = open(5000);
    assert.equal((await log.forNodes()).entries.length, 1000);
    clock.stop(30 * 24 * 3_600_000 - 3_600_000 - 200_000);
    const late = openLog(server, DEPLOYMENT, clock);
    assert.equal((await late.forNodes()).entries.length, 300);
  });

  it("counts the 30 days by the server's clock", async () => {
    const { server } = open(500);
    const ahead = new VirtualClock(Date.UTC(2027, 5, 1));
    assert.equal((await openLog(server, DEPLOYMENT, ahead).forNodes()).entries.length, 500);
  });

  it('ends once it has seen as many nodes as there are, of the runtime that matters', async () => {
    const { server, log } = open(1000);
    for (let n = 0; n < 150; n += 1) {
      server.add({ id: idAt(1000 + n), runtime: 'connectors', node: 9n });
    }
    const pagesRead = async (nodes: number, runtime?: string): Promise<number> =>
      (await log.forNodes({ isEnough: (all) => Promise.resolve(nodesIn(all, runtime) >= nodes) }))
        .entries.length / 100;
    assert.equal(await pagesRead(1), 1);
    assert.equal(await pagesRead(4), 2);
    assert.equal(await pagesRead(3, 'iggy'), 2);
    assert.equal(await pagesRead(4, 'iggy'), 10);
  });
});

describe('a read of the log since a time', () => {
  /** Pages of three, the newest first; each entry is newer (n) or older (o) than it, or of it (e). */
  async function givenOf(pages: string, order: Order): Promise<string> {
    const clock = new VirtualClock();
    const server = new VirtualServer(clock, { order });
    const kinds = pages.replaceAll(' ', '').match(/./g) ?? [];
    const since = clock.now() - 60_000;
    for (const kind of kinds.toReversed()) {
      server.add({ createdAt: since + (kind === 'n' ? 1 : kind === 'o' ? -1 : 0) });
    }
    const list = server.list.bind(server);
    server.list = (id, { page, results }) => list(id, { page, results: Math.min(results, 3) });
    let given = 0;
    for await (const { entries } of openLog(server, DEPLOYMENT, clock).all({ since })) {
      given += entries.length;
    }
    return kinds.slice(0, given).join('');
  }

  const GIVEN: ReadonlyArray<[order: Order, pages: string, given: string]> = [
    ['desc', 'nnn ooo nnn', 'nnnooo'],
    ['desc', 'noo noo noo nnn', 'noonoonoonnn'],
    ['desc', 'noo ooo nnn', 'nooooo'],
    ['desc', 'eee eee nnn', 'eeeeeennn'],
    ['asc', 'nnn ooo nnn', 'nnnooo'],
    // Its page of the newest is a short one.
    ['asc', 'oo nnn nnn', 'oonnnnnn'],
    ['asc', 'oo onn nnn', 'ooonnnnn'],
  ];
  for (const [order, pages, given] of GIVEN) {
    it(`${order}, of ${pages}: gives ${given}, until a page's worth in a row is older`, async () => {
      assert.equal(await givenOf(pages, order), given);
    });
  }
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
    ['an entry anywhere', (log) => log.seek(idAt(4567)), { asc: 9, desc: 9 }],
    ['the oldest entry', (log) => log.seek(idAt(0)), { asc: 8, desc: 9 }],
    ['an id that is not there', (log) => log.seek(idAt(4567) + 1n), { asc: 10, desc: 11 }],
    // The pages, and a look at the newest entry for each batch of them.
    ['the whole log', idsOf, { asc: 228, desc: 228 }],
  ];
  for (const order of ORDERS) {
    it(`${order}: so many requests at most`, async () => {
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
