import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { listAfter } from '../../../src/activities/list-after.js';
import { readAfter } from '../../../src/activities/read-after.js';
import { type Id } from '../../../src/base/ids.js';
import { VirtualClock } from '../../helpers/clock.js';
import { FakeSupervisor } from '../../helpers/fake-supervisor.js';
import { LongLog } from '../../helpers/long-log.js';

const ORDERS = ['asc', 'desc'] as const;
const NEVER = new AbortController().signal;

async function readIds(log: ActivityLog, after: Id, inFlight = 1): Promise<Id[]> {
  const ids: Id[] = [];
  for await (const { activities } of readAfter(log, after, { inFlight })) ids.push(...activities.map(({ id }) => id));
  return ids;
}

describe('readAfter', function () {
  this.timeout(60_000);

  for (const order of ORDERS) {
    describe(order, () => {
      it('growing while it is read: each entry once, none missing, oldest first', async () => {
        const sizes = fc.integer({ min: 0, max: 900 });
        const growths = fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 15 });
        const inFlights = fc.integer({ min: 1, max: 6 });
        const begins = fc.double({ min: 0, max: 1, noNaN: true });
        await fc.assert(
          fc.asyncProperty(sizes, growths, inFlights, begins, async (size, growth, inFlight, begin) => {
            const supervisor = new LongLog(size);
            supervisor.order = order;
            const steps = [...growth];
            supervisor.beforeRead = () => (supervisor.size += steps.shift() ?? 0);
            const from = Math.floor(begin * size);
            const after = from === 0 ? 0n : supervisor.idAt(from - 1);
            const got = await readIds(new ActivityLog(supervisor, 71n), after, inFlight);
            assert.ok(got.length >= size - from, `${got.length} of ${size - from}`);
            assert.deepEqual(got, supervisor.ids(from).slice(0, got.length));
          }),
          { numRuns: 300 },
        );
      });

      it('misses none where the oldest are deleted while it is read', async () => {
        const supervisor = new LongLog(2000);
        supervisor.order = order;
        supervisor.beforeRead = () => {
          if (supervisor.reads.length > 4 && supervisor.deleted < 900) supervisor.deleted += 150;
        };
        const got = await readIds(new ActivityLog(supervisor, 71n), supervisor.idAt(999));
        assert.deepEqual(got, supervisor.ids(1000));
      });

      it('costs one request or two where nothing is new, and pages in proportion to what is', async () => {
        const supervisor = new LongLog(100_000);
        supervisor.order = order;
        await readIds(new ActivityLog(supervisor, 71n), supervisor.idAt(99_999));
        assert.equal(supervisor.reads.length, order === 'asc' ? 2 : 1);
        supervisor.reads.length = 0;
        await readIds(new ActivityLog(supervisor, 71n), supervisor.idAt(99_000));
        assert.ok(supervisor.reads.length <= 12 + 11, `${supervisor.reads.length} requests`);
      });

      it('puts neighbours that stand out of order into the order of their ids, across pages and at the beginning', async () => {
        const supervisor = new LongLog(500);
        supervisor.order = order;
        const idAt = supervisor.idAt.bind(supervisor);
        // Each tenth one stands three places too high.
        supervisor.idAt = (n) => idAt(n % 10 === 0 ? n + 3 : n % 10 <= 3 ? n - 1 : n);
        const all = supervisor.ids().sort((a, b) => (a < b ? -1 : 1));
        for (const from of [100, 101, 102, 103, 200, 301]) {
          const got = await readIds(new ActivityLog(supervisor, 71n), all[from] ?? 0n);
          assert.deepEqual(got, all.slice(from + 1), `from ${from}`);
        }
      });
    });
  }

  it('gives few at a time, however many there are', async () => {
    const supervisor = new LongLog(20_000);
    for await (const { activities } of readAfter(new ActivityLog(supervisor, 71n), 0n, { inFlight: 8 })) {
      assert.ok(activities.length <= 120, `${activities.length} at once`);
    }
  });
});

describe('listAfter', () => {
  const MINUTE = 60_000;

  async function list(
    supervisor: FakeSupervisor,
    clock: VirtualClock,
    plan: { after: Id; limit?: number; status?: string },
  ): Promise<Id[]> {
    const { after, limit = 0, status } = plan;
    const filter = status === undefined ? {} : { statuses: [status] };
    const ids: Id[] = [];
    const listing = listAfter(new ActivityLog(supervisor, 71n), { after, limit, filter }, { clock, signal: NEVER });
    for await (const batch of listing.batches) ids.push(...batch.map(({ id }) => id));
    return ids;
  }

  it('takes the oldest after the id, up to the limit, counted after the filter', async () => {
    const clock = new VirtualClock();
    const supervisor = new FakeSupervisor(clock);
    const old = clock.now() - MINUTE;
    const ids = Array.from({ length: 9 }, (_, n) =>
      supervisor.add({ createdAt: old, status: n % 2 ? 'rejected' : 'completed' }),
    );
    assert.deepEqual(await list(supervisor, clock, { after: ids[1] ?? 0n, limit: 3 }), ids.slice(2, 5));
    assert.deepEqual(await list(supervisor, clock, { after: 0n, limit: 2, status: 'rejected' }), [ids[1], ids[3]]);
  });

  it('holds back what is younger than a minute, and all that is newer than that', async () => {
    const clock = new VirtualClock();
    const supervisor = new FakeSupervisor(clock);
    const now = clock.now();
    const old = supervisor.add({ createdAt: now - MINUTE });
    supervisor.add({ createdAt: now - MINUTE + 1 });
    supervisor.add({ createdAt: now - 2 * MINUTE });
    assert.deepEqual(await list(supervisor, clock, { after: 0n }), [old]);
  });

  it("goes by the server's clock, as it was before anything was read", async () => {
    const clock = new VirtualClock();
    const supervisor = new FakeSupervisor(clock);
    let serverTime = clock.now() - 5 * MINUTE;
    supervisor.addHistory(350, { createdAt: serverTime - MINUTE });
    const ids = supervisor.entries.map(({ activity }) => activity.id);
    supervisor.add({ createdAt: serverTime - MINUTE + 1 });
    const answer = supervisor.list.bind(supervisor);
    supervisor.list = async (...call) => {
      const page = { ...(await answer(...call)), serverTime };
      serverTime += MINUTE;
      return page;
    };
    assert.deepEqual(await list(supervisor, clock, { after: 0n }), ids);
    assert.ok(supervisor.reads.length > 3);
  });

  it('run after run with the last id of the one before: each entry once, none missing, although some appear late', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 59_000 }), { minLength: 1, maxLength: 60 }),
        fc.constantFrom(...ORDERS),
        fc.integer({ min: 0, max: 7 }),
        async (delays, order, limit) => {
          const clock = new VirtualClock();
          const supervisor = new FakeSupervisor(clock);
          supervisor.order = order;
          const got: Id[] = [];
          const ids: Id[] = [];
          const run = async (): Promise<void> => {
            got.push(...(await list(supervisor, clock, { after: got.at(-1) ?? 0n, limit })));
          };
          for (const appearMs of delays) {
            ids.push(supervisor.add({ appearMs }));
            await clock.advance(4000);
            await run();
          }
          await clock.advance(2 * MINUTE);
          for (let left = limit === 0 ? 1 : ids.length; left > 0; left -= 1) await run();
          assert.deepEqual(got, ids);
        },
      ),
      { numRuns: 30 },
    );
  });
});
