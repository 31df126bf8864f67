import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { type Activity } from '../../../src/base/activity.js';
import { type ActivityPage, type PageQuery } from '../../../src/base/supervisor.js';
import { openLog, type ActivityLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, DEPLOYMENT, VirtualServer } from '../../helpers/virtual-server.js';

type Order = 'asc' | 'desc';
const ORDERS: readonly Order[] = ['asc', 'desc'];

/** The id of the nth entry, from 0: bursts and long pauses, as in any log. */
const idAt = (n: number): bigint =>
  7301845022003200000n + BigInt(n) * 7n + BigInt(Math.floor(n / 1000)) ** 3n * 1_000_000n;

const newestFirst = ({ ids }: VirtualServer): bigint[] => ids.reverse();

/** A log of entries a second apart, the newest an hour old. */
function open(size: number, order: Order = 'desc') {
  const clock = new VirtualClock();
  const server = new VirtualServer(clock, { order });
  const grow = (to: number): void => {
    for (let n = server.log.entries.length; n < to; n += 1) {
      server.add({
        id: idAt(n),
        node: BigInt(n % 3),
        createdAt: clock.now() - 3_600_000 + (n - size) * 1000,
      });
    }
  };
  grow(size);
  return { server, log: openLog(server, DEPLOYMENT, clock), clock, grow };
}

/** Has the server answer otherwise: what `answer` makes of the right one. */
function spoil(
  server: VirtualServer,
  answer: (right: ActivityPage, query: PageQuery) => ActivityPage,
): void {
  const list = server.list.bind(server);
  server.list = async (id, query) => answer(await list(id, query), query);
}

/** Has the server answer from all that it has now, which is quicker where that is a lot. */
async function freeze(server: VirtualServer): Promise<void> {
  const size = server.log.entries.length;
  const { items, ...rest } = await server.list(DEPLOYMENT, { page: 1, results: size });
  server.reads.length = 0;
  server.list = (_id, query) => {
    server.reads.push(query);
    const { page, results } = query;
    const there = items.slice((page - 1) * results, page * results);
    return Promise.resolve({ ...rest, items: there, page });
  };
}

async function idsOf(log: ActivityLog): Promise<bigint[]> {
  const ids: bigint[] = [];
  for await (const { entries } of log.all()) ids.push(...entries.map(({ id }) => id));
  return ids;
}

/** How many nodes these entries name, of one runtime or of any. */
function nodesIn(entries: readonly Activity[], runtime?: string): number {
  const own = entries.filter((entry) => runtime === undefined || entry.runtime === runtime);
  return new Set(own.map(({ node_id: node }) => node)).size;
}

describe('what a read of the log costs', () => {
  /** In a log of 20,000 entries whose newest page is read before, in the order of `ORDERS`. */
  const COSTS: Record<
    string,
    { read: (log: ActivityLog) => Promise<unknown>; requests: [number, number] }
  > = {
    'the newest page': { read: (log) => log.newest(), requests: [1, 1] },
    'a quiet poll': { read: (log) => log.downTo(idAt(19_999)), requests: [1, 1] },
    'a poll down to the 250th entry': { read: (log) => log.downTo(idAt(19_750)), requests: [3, 3] },
    'the nodes that it names': { read: (log) => log.known(), requests: [12, 12] },
    'the nodes, where three are there': {
      read: (log) => log.known({ isEnough: (all) => nodesIn(all, 'iggy') >= 3 }),
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
      // The next batch is asked for before a look proves the one that was read.
      const counts = server.reads
        .map(({ results }) => (results === 1 ? '|' : '.'))
        .join('')
        .split('|')
        .map((pages) => pages.length);
      assert.deepEqual(counts, [2, 2 + 2, 4, 6, 8, 5, 0, 0]);
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

  it('looks of a log that grows at each: two after page 2, after page 18 and after page 50', async () => {
    const { server, log, grow } = open(6_000);
    await log.newest();
    server.reads.length = 0;
    let size = 6_000;
    spoil(server, (right, { results }) => {
      if (results === 1) grow((size += 1));
      return right;
    });
    await idsOf(log);
    assert.equal(server.reads.filter(({ results }) => results === 1).length, 6);
  });
});

describe('a read of the log', () => {
  for (const order of ORDERS) {
    it(`${order}: knows when it started, what the server's clock said then, and whether it is whole`, async () => {
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
        [read.startedAt, read.serverTime, read.requests, read.isWhole],
        [5000, 1_000_001, requests, true],
      );
      const cut = await log.downTo(idAt(100), { pages: 3 });
      assert.deepEqual([cut.entries.length, cut.isWhole], [300, false]);
      assert.equal((await log.downTo(idAt(705), { pages: 3 })).isWhole, true);
      assert.deepEqual([(await log.downTo(0n, { pages: 10 })).isWhole], [true]);
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

  it('knows the nodes of 30 days, in whole pages, and of 1,000 entries at most', async () => {
    const { server, log, clock } = open(5000);
    assert.equal((await log.known()).entries.length, 1000);
    clock.stop(30 * 24 * 3_600_000 - 3_600_000 - 200_000);
    const late = openLog(server, DEPLOYMENT, clock);
    assert.equal((await late.known()).entries.length, 300);
  });

  it('ends once it has seen as many nodes as there are, of the runtime that matters', async () => {
    const { server, log } = open(1000);
    for (let n = 0; n < 150; n += 1) {
      server.add({ id: idAt(1000 + n), runtime: 'connectors', node: 9n });
    }
    const pagesRead = async (nodes: number, runtime?: string): Promise<number> =>
      (await log.known({ isEnough: (all) => Promise.resolve(nodesIn(all, runtime) >= nodes) }))
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

const ENTRY = {
  ...{ node_id: 1n, runtime: 'iggy', action: 'restart', status: 'completed' },
  created_at: '2026-01-01T00:00:00Z',
};

describe('the pages of a server', () => {
  it('may come with a count of what has just appeared: then it is asked once more', async () => {
    const { server, log, grow } = open(99);
    let isFirst = true;
    spoil(server, (right) => {
      const early = { ...right, total_results: right.total_results + 1 };
      if (isFirst) grow(100);
      return isFirst ? ((isFirst = false), early) : right;
    });
    assert.equal((await log.newest()).entries.length, 100);
  });

  /** Page `page` holds only the first few that it should. */
  const CUT = (page: number, to: number) => (right: ActivityPage, query: PageQuery) =>
    query.page === page && query.results > 1
      ? { ...right, items: right.items.slice(0, to) }
      : right;
  const REFUSED: Record<
    string,
    {
      size?: number;
      answer: (right: ActivityPage, query: PageQuery) => ActivityPage;
      says: RegExp;
    }
  > = {
    'a shorter one in the middle': {
      answer: CUT(3, 40),
      says: /page 3 of 1000 entries holds 40 instead of 100/,
    },
    'an empty one that should hold some': {
      answer: CUT(1, 0),
      says: /page 1 of 1000 entries holds 0/,
    },
    'an empty last one': { answer: CUT(10, 0), says: /page 10 of 1000 entries holds 0/ },
    'a single entry of many': { answer: CUT(1, 1), says: /page 1 of 1000 entries holds 1 instead/ },
    'a single entry of two': {
      size: 2,
      answer: CUT(1, 1),
      says: /page 1 of 2 entries holds 1 instead/,
    },
    'another one than was asked for': {
      answer: (right) => ({ ...right, page: 1 }),
      says: /the answer is page 1 where page 2 was asked for/,
    },
    'another one, of a single entry': {
      size: 101,
      answer: (right) => ({ ...right, page: 1 }),
      says: /the answer is page 1 where page 2 was asked for/,
    },
  };
  for (const [what, { size = 1000, answer, says }] of Object.entries(REFUSED)) {
    it(`may not be ${what}: a cache, exit 6`, async () => {
      const { server, log } = open(size);
      spoil(server, answer);
      await assert.rejects(idsOf(log), { message: says, hint: /cache/, exitCode: 6 });
    });
  }

  it('may be shorter at the end, where entries have gone since they were counted', async () => {
    const { server, log } = open(200);
    spoil(server, (right, { page }) => {
      if (page !== 2) return right;
      // The oldest goes once it was counted, on its page the last one.
      const { entries } = server.log;
      if (entries.length === 200) entries.shift();
      return { ...right, items: right.items.slice(0, 99), total_results: 200 };
    });
    assert.equal((await idsOf(log)).length, 199);
  });

  it('may be gone when it is asked for, and is then empty and may have any number', async () => {
    const { server, log } = open(150);
    spoil(server, (right) => {
      server.log.entries.splice(0, 50);
      return right.items.length === 0 ? { ...right, page: 1 } : right;
    });
    assert.equal((await idsOf(log)).length, 100);
  });

  for (const order of ORDERS) {
    it(`may all be gone, ${order}: then the log is empty`, async () => {
      const { server, log } = open(250, order);
      assert.equal((await log.newest()).entries[0]?.id, idAt(249));
      server.log.entries.length = 0;
      assert.deepEqual((await log.newest()).entries, []);
      assert.deepEqual(await idsOf(log), []);
    });

    it(`may all go while several are read at once, ${order}`, async () => {
      const { server, log } = open(2000, order);
      const newest = newestFirst(server);
      const list = server.list.bind(server);
      server.list = (id, query) => {
        if (query.page < 1) throw apiError(400);
        const isFourth = query.page === (order === 'desc' ? 4 : 17);
        if (isFourth && query.results > 1) server.log.entries.length = 0;
        return list(id, query);
      };
      // The third page was still there, but not the proof that nothing had moved meanwhile.
      assert.deepEqual(await idsOf(log), newest.slice(0, 200));
    });
  }

  it('may be of one moment: once the order is known, no other page is asked', async () => {
    const { server, log, clock } = open(250);
    await log.newest();
    for (let n = 0; n < 100; n += 1) server.add({ id: idAt(250 + n), createdAt: clock.now() });
    server.reads.length = 0;
    await log.newest();
    assert.deepEqual(
      server.reads.map(({ page }) => page),
      [1, 2],
    );
  });

  it('may change 30 times in a row while the newest is looked for: then it is exit 6', async () => {
    for (const [times, isFound] of [
      [29, true],
      [30, false],
    ] as const) {
      const { server, log, grow } = open(101, 'asc');
      let [looks, size] = [0, 101];
      const list = server.list.bind(server);
      server.list = (id, query) => {
        if (query.page > 1 && looks < times) {
          looks += 1;
          grow((size += 100));
        }
        return list(id, query);
      };
      const newest = log.newest();
      if (isFound) assert.equal((await newest).entries[0]?.id, idAt(size - 1));
      else await assert.rejects(newest, { message: /another one each time/, exitCode: 6 });
      assert.equal(looks, times);
    }
  });

  it('may hide the newest entry among others of its moment, where it is sorted by time: it is looked for', async () => {
    const { server, log } = open(28);
    let requests = 0;
    spoil(server, (right, { page }) => {
      const all = Array.from({ length: 28 }, (_, n) => ({ ...ENTRY, id: 28n - BigInt(n) }));
      // Twice, since its pages are short, the newest four come after the others of their moment.
      const isFirst = (requests += 1) <= 2;
      const order = isFirst ? [...all.slice(4, 24), ...all.slice(0, 4)] : all;
      return { ...right, items: order.slice((page - 1) * 20, page * 20), total_results: 28 };
    });
    const { entries } = await log.newest();
    assert.deepEqual([entries.length, entries[0]?.id], [28, 28n]);
  });

  it('hold an entry twice that changed meanwhile: the later state counts', async () => {
    const { server, log } = open(5);
    spoil(server, (right) => {
      const [first] = right.items;
      return first
        ? { ...right, items: [{ ...first, status: 'processing' }, ...right.items], held: 6 }
        : right;
    });
    const { entries } = await log.newest();
    assert.deepEqual([entries.length, entries[0]?.status], [5, 'completed']);
  });
});

/** The numbers of the pages that were read, without looks at where the log stands. */
const pagesOf = ({ reads }: VirtualServer): number[] =>
  reads.filter(({ results }) => results > 1).map(({ page }) => page);

describe('a log of a fixed size', () => {
  it('is whole with what arrived meanwhile, which is read down to where the reader started', async () => {
    const { server, log, grow } = open(250);
    const there = newestFirst(server);
    const list = server.list.bind(server);
    server.list = (id, query) => {
      if (query.page === 3 && server.log.entries.at(-1)?.id === there[0]) {
        grow(310);
        server.log.entries.splice(0, 60);
      }
      return list(id, query);
    };
    // The oldest 60 are gone, and page 3, which is read again since the log moved, has nothing new.
    assert.deepEqual(await idsOf(log), there.slice(0, 200));
    assert.deepEqual(pagesOf(server), [1, 2, 3, 3, 1]);
  });
});

describe('a server that repeats an entry in place of another', () => {
  /** It has the newest entry in place of the oldest, so many times. */
  function hiding(times: number): ReturnType<typeof open> {
    const opened = open(250);
    const [first] = newestFirst(opened.server);
    let left = times;
    spoil(opened.server, (right, { page }) => {
      if (page !== 3 || left-- <= 0) return right;
      const items = right.items.map((one, n) => (n === 49 ? { ...one, id: first ?? 0n } : one));
      return { ...right, items };
    });
    return opened;
  }
  it('is read once more, from the top, where the log counts more than it gave', async () => {
    const { server, log } = hiding(1);
    assert.deepEqual(await idsOf(log), newestFirst(server));
    // In between, it looks for what came meanwhile.
    assert.deepEqual(pagesOf(server), [1, 2, 3, 1, 1, 2, 3]);
  });

  it('is exit 6 where it does so again, after what it gave', async () => {
    const { server, log } = hiding(2);
    const ids: bigint[] = [];
    const read = async (): Promise<void> => {
      for await (const { entries } of log.all()) ids.push(...entries.map(({ id }) => id));
    };
    await assert.rejects(read(), {
      message: /it counts 250 entries and gave 249$/,
      exitCode: 6,
    });
    assert.deepEqual(ids, newestFirst(server).slice(0, 249));
    assert.deepEqual(pagesOf(server), [1, 2, 3, 1, 1, 2, 3, 1]);
  });
});

describe('a server that has enough', () => {
  /** Says so of page 7, so often. */
  function busy(times: number, retryAfterMs: number, status = 429): ReturnType<typeof open> {
    const opened = open(2000);
    let left = times;
    spoil(opened.server, (right, { page }) => {
      if (page !== 7 || left-- <= 0) return right;
      throw apiError(status, { retryAfterMs });
    });
    return opened;
  }

  it('is left alone for as long as it says, and then asked for one page after the other', async () => {
    const { server, log, clock } = busy(1, 20_000);
    const ids = await clock.run(idsOf(log));
    assert.deepEqual(ids, newestFirst(server));
    assert.deepEqual(clock.sleeps, [20_000]);
    const again = server.reads.map(({ page }) => page).lastIndexOf(7);
    assert.deepEqual(
      server.reads.slice(again, again + 4).map(({ page }) => page),
      [7, 8, 9, 10],
    );
  });

  it('ends the reading where it says so of a page alone, or wants more than a minute', async () => {
    for (const { log, clock } of [busy(2, 1000), busy(1, 60_001)]) {
      await assert.rejects(clock.run(idsOf(log)), { status: 429 });
    }
    const { server, log, clock } = busy(1, 60_000);
    assert.deepEqual(await clock.run(idsOf(log)), newestFirst(server));
  });

  it('is not one that fails: that ends the reading at once', async () => {
    const { log, clock } = busy(1, 1000, 503);
    await assert.rejects(clock.run(idsOf(log)), { status: 503 });
    assert.deepEqual(clock.sleeps, []);
  });
});
