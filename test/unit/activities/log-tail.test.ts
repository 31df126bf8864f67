import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { LogTail } from '../../../src/activities/follow/log-tail.js';
import { type Id } from '../../../src/base/ids.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, failingRead, FakeSupervisor } from '../../helpers/fake-supervisor.js';

/** A tail of a log with `size` entries in it, and what its polls read. */
class World {
  readonly clock = new VirtualClock();
  readonly supervisor = new FakeSupervisor(this.clock);
  readonly tail: LogTail;
  readonly after: Id;

  constructor(order: 'asc' | 'desc', size: number) {
    this.supervisor.order = order;
    this.supervisor.addHistory(size);
    this.after = this.supervisor.entries.at(-1)?.activity.id ?? 0n;
    this.tail = new LogTail(new ActivityLog(this.supervisor, 71n), this.after);
  }

  async poll(open: readonly Id[] = []): Promise<Id[]> {
    const found = await this.tail.poll(open, { tries: 'one' });
    return found.map(({ id }) => id);
  }

  /** @returns how many requests it took */
  async cost(open: readonly Id[] = []): Promise<number> {
    this.supervisor.reads.length = 0;
    await this.poll(open);
    return this.supervisor.reads.length;
  }
}

for (const order of ['asc', 'desc'] as const) {
  describe(`LogTail, ${order}`, () => {
    it('gives what comes above the baseline, and nothing below it', async () => {
      const world = new World(order, 130);
      assert.deepEqual(await world.poll(), []);
      const ids = [world.supervisor.add(), world.supervisor.add()];
      assert.deepEqual(await world.poll(), ids);
    });

    it('follows a log whose server makes smaller pages, in one request a quiet poll', async () => {
      const world = new World(order, 130);
      const list = world.supervisor.list.bind(world.supervisor);
      world.supervisor.list = (id, query, options) =>
        list(id, { ...query, results: Math.min(query.results, 50) }, options);
      await world.poll();
      const open = world.supervisor.add({ status: 'processing' });
      assert.deepEqual(await world.poll(), [open]);
      assert.equal(await world.cost([open]), 1);
      world.supervisor.addHistory(120);
      const shown = await world.poll([open]);
      assert.equal(shown.length, 121);
      assert.equal(shown[0], open);
    });

    it('starts at an empty log', async () => {
      const world = new World(order, 0);
      assert.deepEqual(await world.poll(), []);
      const id = world.supervisor.add();
      assert.deepEqual(await world.poll(), [id]);
    });

    for (const size of [0, 1, 99, 100, 101, 5000]) {
      it(`takes one request for a quiet poll of ${size} entries`, async () => {
        const world = new World(order, size);
        await world.poll();
        assert.equal(await world.cost(), 1);
        const id = world.supervisor.add({ status: 'processing' });
        await world.poll();
        assert.equal(await world.cost([id]), 1);
      });
    }

    it('takes one request when a few entries came', async () => {
      const world = new World(order, 5020);
      await world.poll();
      world.supervisor.addHistory(20);
      assert.equal(await world.cost(), 1);
    });

    it('reads the pages that have come, and no others', async () => {
      const world = new World(order, 5020);
      await world.poll();
      world.supervisor.addHistory(250);
      assert.equal(await world.cost(), 3);
    });

    it('reads down to the baseline at first, or to what is open below it', async () => {
      // In one of the orders the first page read is not the newest one.
      const more = order === 'asc' ? 1 : 0;
      const world = new World(order, 5000);
      world.supervisor.addHistory(100);
      assert.equal(await world.cost(), 2 + more);
      const below = new World(order, 5000);
      assert.equal(await below.cost([below.supervisor.entries[4750]?.activity.id ?? 0n]), 3 + more);
      assert.equal(await new World(order, 5000).cost(), 1 + more);
    });

    it('shows an open entry as it is now, although many came after it', async () => {
      const world = new World(order, 130);
      await world.poll();
      const id = world.supervisor.add({ status: 'processing', then: [[1000, 'rejected']] });
      await world.poll();
      world.supervisor.addHistory(350);
      await world.clock.advance(1000);
      const found = await world.tail.poll([id], {});
      assert.equal(found.find((activity) => activity.id === id)?.status, 'rejected');
      assert.equal(found.length, 351);
    });

    for (const growth of [99, 100, 101, 200]) {
      it(`shows an open entry that ${growth} new ones push to the end of a page, or beyond`, async () => {
        const world = new World(order, 130);
        const id = world.supervisor.add({ status: 'processing' });
        await world.poll();
        world.supervisor.addHistory(growth);
        assert.equal((await world.poll([id])).length, growth + 1);
      });
    }

    it('sees new entries even while the open one is pages away from them, and the log does not get longer', async () => {
      const world = new World(order, 150);
      const open = world.supervisor.add({ status: 'processing' });
      const others = Array.from({ length: 150 }, () => world.supervisor.add());
      await world.poll();
      await world.poll([open]);
      // A server that keeps only so many entries drops the oldest for each new one.
      const id = world.supervisor.add();
      world.supervisor.entries.shift();
      assert.ok((await world.poll([open])).includes(id));
      assert.equal(others.length, 150);
    });

    it('finds an entry that shows up late, below ids that were seen', async () => {
      const world = new World(order, 99);
      await world.poll();
      const late = world.supervisor.add({ appearMs: 3000 });
      const early = Array.from({ length: 4 }, () => world.supervisor.add());
      await world.poll();
      await world.clock.advance(3000);
      assert.deepEqual(await world.poll(), [late, ...early]);
    });

    it('finds one that shows up late on another page than the newest', async () => {
      const world = new World(order, 99);
      await world.poll();
      const late = world.supervisor.add({ appearMs: 3000 });
      for (let index = 0; index < 250; index++) world.supervisor.add();
      await world.poll();
      await world.clock.advance(3000);
      assert.ok((await world.poll()).includes(late));
    });

    it('is not put off for long by one that shows up late below the baseline', async () => {
      const clock = new VirtualClock();
      const supervisor = new FakeSupervisor(clock);
      supervisor.order = order;
      supervisor.add({ appearMs: 3000 });
      supervisor.addHistory(130);
      const tail = new LogTail(new ActivityLog(supervisor, 71n), supervisor.entries.at(-1)?.activity.id ?? 0n);
      await tail.poll([], {});
      await clock.advance(3000);
      assert.deepEqual(await tail.poll([], {}), []);
      supervisor.reads.length = 0;
      assert.deepEqual(await tail.poll([], {}), []);
      assert.equal(supervisor.reads.length, 1);
    });

    it('goes on when the log shrinks, and leaves out what has vanished', async () => {
      const world = new World(order, 130);
      await world.poll();
      const gone = world.supervisor.add({ status: 'processing', vanishMs: 1000 });
      const stays = world.supervisor.add({ status: 'processing' });
      await world.poll();
      await world.clock.advance(1000);
      assert.deepEqual(await world.poll([gone, stays]), [stays]);
      assert.deepEqual(await world.poll([stays]), [stays]);
    });

    it('follows 250 open entries with one request a page', async () => {
      const world = new World(order, 130);
      const ids = Array.from({ length: 250 }, () =>
        world.supervisor.add({ status: 'processing', then: [[5000, 'completed']] }),
      );
      await world.poll();
      assert.equal(await world.cost(ids), 3);
      await world.clock.advance(5000);
      const found = await world.tail.poll(ids, {});
      assert.equal(found.length, 250);
      assert.ok(found.every(({ status }) => status === 'completed'));
    });

    it('finds entries below the baseline that are asked for by their ids', async () => {
      const world = new World(order, 350);
      const ids = [10, 180, 340].map((index) => world.supervisor.entries[index]?.activity.id ?? 0n);
      assert.deepEqual(await world.poll(ids), ids);
      assert.deepEqual(await world.poll(ids), ids);
      assert.deepEqual(await world.poll([...ids, 5n]), ids);
    });

    it('goes on being cheap after a start that read more than it remembers', async () => {
      const world = new World(order, 0);
      world.supervisor.addHistory(2500);
      await world.poll();
      assert.equal(await world.cost(), 1);
    });

    it('hands a failing read on, and has forgotten nothing by it', async () => {
      const world = new World(order, 130);
      await world.poll();
      const id = world.supervisor.add();
      world.supervisor.nextReads(failingRead(apiError(503)));
      await assert.rejects(world.poll(), { status: 503 });
      assert.deepEqual(await world.poll(), [id]);
    });

    it('misses nothing, however the log grows between and during polls, and shows every open entry', async () => {
      const step = fc.record({
        before: fc.integer({ min: 0, max: 120 }),
        during: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4 }),
        late: fc.boolean(),
        opens: fc.integer({ min: 0, max: 3 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 320 }), fc.array(step, { maxLength: 8 }), async (size, steps) => {
          const world = new World(order, size);
          const seen = new Set<Id>();
          const open: Id[] = [];
          for (const { before, during: growths, late, opens } of steps) {
            const during = [...growths];
            if (late) world.supervisor.add({ appearMs: 1500 });
            for (let index = 0; index < before; index++) world.supervisor.add();
            for (let index = 0; index < opens; index++) open.push(world.supervisor.add({ status: 'processing' }));
            const atStart = visible(world);
            world.supervisor.beforeRead = () => {
              for (let index = during.shift() ?? 0; index > 0; index--) world.supervisor.add();
            };
            const found = await world.poll(open);
            for (const id of found) seen.add(id);
            assert.deepEqual(
              open.filter((id) => !found.includes(id)),
              [],
              'an open entry was not shown',
            );
            assert.deepEqual(
              atStart.filter((id) => !seen.has(id)),
              [],
              'an entry was missed',
            );
            await world.clock.advance(1000);
          }
        }),
        { numRuns: 60 },
      );
    });
  });
}

/** The entries above the baseline that a read at this moment can see. */
function visible({ supervisor, clock, after }: World): Id[] {
  return supervisor.entries
    .filter(({ activity, visibleFrom }) => activity.id > after && visibleFrom <= clock.now())
    .map(({ activity }) => activity.id);
}
