import assert from 'node:assert/strict';
import { type ActivityPage, type PageQuery } from '../../../src/base/supervisor.js';
import { apiError } from '../../helpers/virtual-server.js';
import { idAt, newestFirst, open, spoil, idsOf, pagesOf } from './log-scene.js';

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
    spoil(server, (right, { page }) =>
      page === 2 ? { ...right, items: right.items.slice(0, 99), total_results: 200 } : right,
    );
    // The oldest goes once it was counted, on its page the last one.
    server.onRead = (page, { page: number }) => {
      if (number === 2 && server.log.entries.length === 200) server.log.entries.shift();
      return page;
    };
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

  it('may be of one moment: the next one is read, and not the last one again for the order', async () => {
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

  it('may hold the oldest entries, of one moment with falling ids, and is not the newest page for that', async () => {
    const { server, log } = open(450, 'asc');
    const at = (n: number) => new Date(Date.parse(ENTRY.created_at) + n * 1000).toISOString();
    const all = Array.from({ length: 450 }, (_, n) =>
      n < 100
        ? { ...ENTRY, id: BigInt(100 - n) }
        : { ...ENTRY, id: BigInt(n + 1), created_at: at(n) },
    );
    spoil(server, (right, { page, results }) => ({
      ...right,
      items: all.slice((page - 1) * results, page * results),
    }));
    assert.equal((await log.newest()).entries[0]?.id, 450n);
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

describe('a server that repeats an entry in place of another', () => {
  /** It gives the newest entry in place of the oldest, this many times. */
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
  it('is read once more, from the top, if the log counts more than it gave', async () => {
    const { server, log } = hiding(1);
    assert.deepEqual(await idsOf(log), newestFirst(server));
    // In between, it looks for what came meanwhile.
    assert.deepEqual(pagesOf(server), [1, 2, 3, 1, 1, 2, 3]);
  });

  it('ends with 6 if it does so again, after the entries that it gave', async () => {
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

describe('a server that answers 429', () => {
  /** It answers so to page 7, this many times. */
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

  it('ends the reading if it says so of a single page, or asks for more than a minute', async () => {
    for (const { log, clock } of [busy(2, 1000), busy(1, 60_001)]) {
      await assert.rejects(clock.run(idsOf(log)), { status: 429 });
    }
    const { server, log, clock } = busy(1, 60_000);
    assert.deepEqual(await clock.run(idsOf(log)), newestFirst(server));
  });

  it('is not one that answers 503: that ends the reading at once', async () => {
    const { log, clock } = busy(1, 1000, 503);
    await assert.rejects(clock.run(idsOf(log)), { status: 503 });
    assert.deepEqual(clock.sleeps, []);
  });
});
