import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { readLog } from '../../../src/activities/read-log.js';
import { InvalidAnswerError } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, FakeSupervisor, failingRead } from '../../helpers/fake-supervisor.js';

const ORDERS = ['asc', 'desc'] as const;

function logOf(supervisor: FakeSupervisor): ActivityLog {
  return new ActivityLog(supervisor, 71n);
}

/** How a server may count the pages that it makes smaller than was asked for. */
const COUNTS = ['as it makes them', 'as they were asked for'] as const;

/** Lets no page of it hold more than `cap` entries. */
function capPages(supervisor: FakeSupervisor, cap: number, counts: (typeof COUNTS)[number]): void {
  const list = supervisor.list.bind(supervisor);
  supervisor.list = async (id, query, options) => {
    const page = await list(id, { ...query, results: Math.min(query.results, cap) }, options);
    if (counts === 'as it makes them') return page;
    return { ...page, total_pages: Math.ceil(page.total_results / query.results) };
  };
}

async function idsOf(log: ActivityLog, inFlight = 1): Promise<Id[]> {
  const ids: Id[] = [];
  for await (const page of readLog(log, { inFlight })) ids.push(...page.entries.map(({ activity }) => activity.id));
  return ids;
}

describe('readLog', () => {
  for (const order of ORDERS) {
    describe(order, () => {
      for (const size of [0, 1, 2, 99, 100, 101, 199, 200, 201, 250]) {
        it(`${size} entries: each once, newest first`, async () => {
          const supervisor = new FakeSupervisor(new VirtualClock());
          supervisor.order = order;
          supervisor.addHistory(size);
          const newestFirst = supervisor.entries.map(({ activity }) => activity.id).reverse();
          assert.deepEqual(await idsOf(logOf(supervisor)), newestFirst);
          // Where the oldest are on page 1, that is read first to learn it, and again in its turn.
          const again = order === 'asc' && size > 100 ? 1 : 0;
          assert.equal(supervisor.reads.length, Math.max(1, Math.ceil(size / 100)) + again);
        });
      }

      it('growing while it is read: each entry once, none missing, newest first', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.integer({ min: 0, max: 450 }),
            fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 12 }),
            fc.integer({ min: 1, max: 6 }),
            fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 }),
            async (size, growths, inFlight, pauses) => {
              const growth = [...growths];
              const delays = [...pauses];
              const clock = new VirtualClock();
              const supervisor = new FakeSupervisor(clock);
              supervisor.order = order;
              supervisor.addHistory(size);
              const before = supervisor.entries.map(({ activity }) => activity.id);
              supervisor.beforeRead = () => supervisor.addHistory(growth.shift() ?? 0);
              const list = supervisor.list.bind(supervisor);
              // Answers overtake each other, so that pages in flight see the log at different times.
              supervisor.list = async (...args) => {
                await clock.sleep(delays.shift() ?? 1);
                return list(...args);
              };
              const ids = await clock.run(idsOf(logOf(supervisor), inFlight));
              assert.equal(new Set(ids).size, ids.length, 'an entry came twice');
              assert.deepEqual(
                ids.filter((id, index) => index > 0 && id >= (ids[index - 1] ?? 0n)),
                [],
                'out of order',
              );
              const read = new Set(ids);
              const missing = before.filter((id) => !read.has(id));
              assert.deepEqual(missing, [], 'an entry is missing');
              // Nor may one be missing between others that were read.
              const lowest = ids.at(-1) ?? 0n;
              const highest = ids[0] ?? 0n;
              const between = supervisor.entries.filter(({ activity: { id } }) => id >= lowest && id <= highest);
              assert.equal(between.length, ids.length, 'an entry in between is missing');
            },
          ),
          { numRuns: 100 },
        );
      });

      it('growing and shrinking while it is read: each entry once, none missing that stays', async () => {
        const change = fc.record({
          added: fc.integer({ min: 0, max: 60 }),
          deleted: fc.integer({ min: 0, max: 130 }),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
        });
        const play = async (size: number, script: { added: number; deleted: number; at: number }[]) => {
          const changes = [...script];
          const supervisor = new FakeSupervisor(new VirtualClock());
          supervisor.order = order;
          supervisor.addHistory(size);
          const before = supervisor.entries.map(({ activity }) => activity.id);
          supervisor.beforeRead = () => {
            const { added, deleted, at } = changes.shift() ?? { added: 0, deleted: 0, at: 0 };
            supervisor.entries.splice(Math.floor(at * supervisor.entries.length), deleted);
            supervisor.addHistory(added);
          };
          const ids = await idsOf(logOf(supervisor));
          assert.equal(new Set(ids).size, ids.length, 'an entry came twice');
          const read = new Set(ids);
          const left = new Set(supervisor.entries.map(({ activity }) => activity.id));
          const firstRead = ids[0] ?? 0n;
          const missing = before.filter((id) => left.has(id) && !read.has(id) && id <= firstRead);
          assert.deepEqual(missing, [], 'an entry is missing');
        };
        const sizes = fc.integer({ min: 0, max: 700 });
        await fc.assert(fc.asyncProperty(sizes, fc.array(change, { maxLength: 12 }), play), { numRuns: 200 });
      });

      it('misses nothing that deleted entries pull onto a page that another answer has overtaken', async () => {
        const clock = new VirtualClock();
        const supervisor = new FakeSupervisor(clock);
        supervisor.order = order;
        supervisor.addHistory(900);
        const list = supervisor.list.bind(supervisor);
        let isDeleted = false;
        supervisor.list = async (id, query, options) => {
          await clock.sleep(query.page === 5 ? 1000 : 1);
          if (query.page === 5 && !isDeleted) {
            isDeleted = true;
            // At the front of what is read by offset, so that all that is behind moves.
            supervisor.entries.splice(order === 'asc' ? 0 : 870, 30);
          }
          return list(id, query, options);
        };
        const ids = new Set(await clock.run(idsOf(logOf(supervisor), 4)));
        const missing = supervisor.entries.filter(({ activity }) => !ids.has(activity.id));
        assert.equal(missing.length, 0);
      });

      for (const counts of COUNTS) {
        it(`of a server whose pages are smaller, counted ${counts}: each once, newest first`, async () => {
          for (const size of [0, 1, 49, 50, 51, 80, 100, 101, 199, 230]) {
            const supervisor = new FakeSupervisor(new VirtualClock());
            supervisor.order = order;
            supervisor.addHistory(size);
            capPages(supervisor, 50, counts);
            const newestFirst = supervisor.entries.map(({ activity }) => activity.id).reverse();
            assert.deepEqual(await idsOf(logOf(supervisor), 4), newestFirst, `${size} entries`);
            // One more, where only asking again tells it from an entry that came between reading and counting; and page 1
            // once more where it is the oldest.
            const least = Math.max(1, Math.ceil(size / 50));
            assert.ok(supervisor.reads.length <= least + 2, `${supervisor.reads.length} reads of ${size} entries`);
          }
        });
      }

      it('gives nothing twice although it grows by thousands of entries at once', async () => {
        const supervisor = new FakeSupervisor(new VirtualClock());
        supervisor.order = order;
        supervisor.addHistory(4000);
        const before = supervisor.entries.map(({ activity }) => activity.id).reverse();
        supervisor.beforeRead = ({ page }) => {
          if (page === 32) supervisor.addHistory(3000);
        };
        const ids = await idsOf(logOf(supervisor), 4);
        assert.deepEqual(
          ids.filter((id) => id <= (before[0] ?? 0n)),
          before,
        );
        assert.equal(new Set(ids).size, ids.length);
      });

      it('asks for more at once only while more is wanted', async () => {
        const supervisor = new FakeSupervisor(new VirtualClock());
        supervisor.order = order;
        supervisor.addHistory(5000);
        const pages = readLog(logOf(supervisor), { inFlight: 8 });
        const asked: number[] = [];
        for (let read = 0; read < 6; read++) {
          await pages.next();
          asked.push(supervisor.reads.length);
        }
        await pages.return(undefined);
        const pageOne = order === 'asc' ? 1 : 0;
        assert.deepEqual(
          asked,
          [1, 2, 4, 6, 8, 10].map((reads) => reads + pageOne),
        );
      });

      it('asks for fewer at once when the API says that they are too many, and misses nothing', async () => {
        const clock = new VirtualClock();
        const supervisor = new FakeSupervisor(clock);
        supervisor.order = order;
        supervisor.addHistory(3000);
        const newestFirst = supervisor.entries.map(({ activity }) => activity.id).reverse();
        const list = supervisor.list.bind(supervisor);
        let onTheirWay = 0;
        const refusals: number[] = [];
        supervisor.list = async (...args) => {
          onTheirWay += 1;
          try {
            await clock.sleep(100);
            if (onTheirWay > 2) {
              refusals.push(onTheirWay);
              throw apiError(429);
            }
            return await list(...args);
          } finally {
            onTheirWay -= 1;
          }
        };
        assert.deepEqual(await clock.run(idsOf(logOf(supervisor), 8)), newestFirst);
        assert.ok(refusals.length > 0 && refusals.length <= 8, `${refusals.length} refusals`);
      });

      it('gives up when a page is too many by itself', async () => {
        const supervisor = new FakeSupervisor(new VirtualClock());
        supervisor.order = order;
        supervisor.addHistory(1000);
        supervisor.beforeRead = ({ page }) => {
          if (page === 5) throw apiError(429);
        };
        await assert.rejects(idsOf(logOf(supervisor), 8), { status: 429 });
        await assert.rejects(idsOf(logOf(supervisor), 1), { status: 429 });
      });

      it('stops when the reader has enough', async () => {
        const supervisor = new FakeSupervisor(new VirtualClock());
        supervisor.order = order;
        supervisor.addHistory(1000);
        for await (const page of readLog(logOf(supervisor), {})) {
          assert.equal(page.entries[0]?.activity.id, supervisor.entries.at(-1)?.activity.id);
          break;
        }
        assert.equal(supervisor.reads.length, order === 'desc' ? 1 : 2);
      });

      it('breaks off the pages on their way when the reader has enough', async () => {
        const clock = new VirtualClock();
        const supervisor = new FakeSupervisor(clock);
        supervisor.order = order;
        supervisor.addHistory(1000);
        supervisor.readMs = 100;
        const pages = readLog(logOf(supervisor), { inFlight: 4 });
        const read = async (): Promise<void> => {
          for await (const page of pages) if (page.entries.length < 1000 && supervisor.reads.length > 3) break;
        };
        await clock.run(read());
        assert.equal(clock.asleep, 0);
      });

      it('hands on an error of any page, and of one in flight when its turn comes', async () => {
        const clock = new VirtualClock();
        const supervisor = new FakeSupervisor(clock);
        supervisor.order = order;
        supervisor.addHistory(500);
        const list = supervisor.list.bind(supervisor);
        supervisor.list = async (id, query, options) => {
          // The others take longer, so that it fails while the one before it is waited for.
          if (query.page === (order === 'desc' ? 4 : 2)) throw apiError(500);
          await clock.sleep(1000);
          return list(id, query, options);
        };
        const unhandled: unknown[] = [];
        const note = (reason: unknown): number => unhandled.push(reason);
        process.on('unhandledRejection', note);
        await assert.rejects(clock.run(idsOf(logOf(supervisor), 4)), { status: 500 });
        process.off('unhandledRejection', note);
        assert.deepEqual(unhandled, []);
      });
    });
  }

  it('reads a page again only when it is older than the one before it', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock());
    supervisor.addHistory(300);
    const stale = await supervisor.list(71n, { page: 2, results: 100 });
    supervisor.reads.length = 0;
    supervisor.addHistory(1);
    supervisor.nextReads(
      (page) => page,
      () => stale,
    );
    const ids = await idsOf(logOf(supervisor));
    assert.equal(ids.length, 301);
    assert.deepEqual(
      supervisor.reads.map(({ page }) => page),
      [1, 2, 2, 3, 4],
    );
  });

  it('reads one page more when an answer is overtaken by those behind it, and not each of them', async () => {
    const clock = new VirtualClock();
    const supervisor = new FakeSupervisor(clock);
    supervisor.addHistory(1000);
    supervisor.beforeRead = () => supervisor.addHistory(1);
    const list = supervisor.list.bind(supervisor);
    supervisor.list = async (id, query, options) => {
      await clock.sleep(query.page === 5 ? 1000 : 1);
      return list(id, query, options);
    };
    await clock.run(idsOf(logOf(supervisor), 4));
    const times = new Map<number, number>();
    for (const { page } of supervisor.reads) times.set(page, (times.get(page) ?? 0) + 1);
    assert.deepEqual(
      [...times].filter(([, reads]) => reads > 1),
      [[6, 2]],
    );
  });

  it('asks for full pages, and carries the options through', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock());
    supervisor.addHistory(150);
    await idsOf(logOf(supervisor));
    assert.deepEqual(
      supervisor.reads.map(({ results }) => results),
      [100, 100],
    );
  });

  it('does not start when the signal is aborted', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock());
    const reason = new Error('stop');
    const pages = readLog(logOf(supervisor), { signal: AbortSignal.abort(reason) });
    await assert.rejects(pages.next(), reason);
    assert.equal(supervisor.reads.length, 0);
  });
});

describe('ActivityLog', () => {
  it('refuses an empty page that should hold entries', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock());
    supervisor.addHistory(5);
    supervisor.nextReads((page) => ({ ...page, items: [] }));
    await assert.rejects(logOf(supervisor).page(1, {}), (error) => {
      assert.ok(error instanceof InvalidAnswerError);
      assert.equal(error.message, 'the activity log of deployment 71 claims 1 pages, yet page 1 is empty');
      return true;
    });
  });

  it('takes an empty log, with one page or none, and a page past the end', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock());
    for (const total_pages of [0, 1]) {
      supervisor.nextReads((page) => ({ ...page, total_pages }));
      const { entries, total, lastPage } = await logOf(supervisor).page(1, {});
      assert.deepEqual({ entries, total, lastPage }, { entries: [], total: 0, lastPage: 1 });
    }
    supervisor.addHistory(5);
    assert.deepEqual((await logOf(supervisor).page(2, {})).entries, []);
  });

  for (const order of ORDERS) {
    it(`${order}: an entry keeps its rank while the log grows, and is found by it`, async () => {
      const supervisor = new FakeSupervisor(new VirtualClock());
      supervisor.order = order;
      supervisor.addHistory(150);
      const log = logOf(supervisor);
      const rankOf = async (id: Id): Promise<number | undefined> => {
        for await (const page of readLog(log)) {
          const entry = page.entries.find(({ activity }) => activity.id === id);
          if (entry) return entry.rank;
        }
        return undefined;
      };
      const id = supervisor.entries[70]?.activity.id ?? 0n;
      assert.equal(await rankOf(id), 70);
      supervisor.addHistory(60);
      assert.equal(await rankOf(id), 70);
      const page = await log.page(log.pageOf(70, 210), {});
      assert.ok(page.entries.some(({ activity }) => activity.id === id));
    });
  }

  it('is not misled about the order by two late neighbours on a short page', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock());
    supervisor.order = 'asc';
    supervisor.addHistory(102);
    const log = logOf(supervisor);
    await log.page(1, {});
    supervisor.nextReads((page) => ({ ...page, items: [...page.items].reverse() }));
    await log.page(2, {});
    assert.equal(log.order, 'oldest-first');
  });

  it('refuses a log of one entry a page, which does not show where the newest one is', async () => {
    for (const order of ['asc', 'desc'] as const) {
      const supervisor = new FakeSupervisor(new VirtualClock());
      supervisor.order = order;
      supervisor.addHistory(12);
      capPages(supervisor, 1, 'as it makes them');
      await assert.rejects(idsOf(logOf(supervisor)), { code: 'invalid_answer' });
    }
  });

  it('takes no entry that came between reading and counting for a smaller page', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock());
    supervisor.addHistory(11);
    supervisor.nextReads((page) => ({ ...page, items: page.items.slice(1) }));
    const log = logOf(supervisor);
    assert.equal((await log.page(1, {})).entries.length, 11);
    await log.page(1, {});
    assert.deepEqual(
      supervisor.reads.map(({ results }) => results),
      [100, 100, 100],
    );
  });

  it('takes a full page that shows an entry twice for a full one', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock());
    supervisor.addHistory(150);
    supervisor.nextReads((page) => ({ ...page, items: page.items.slice(1), held: 100 }));
    await logOf(supervisor).page(1, {});
    assert.equal(supervisor.reads.length, 1);
  });

  it('hands a failing read on', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock()).nextReads(failingRead(apiError(401)));
    await assert.rejects(logOf(supervisor).page(1, {}), { status: 401 });
  });
});
