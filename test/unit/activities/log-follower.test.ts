import assert from 'node:assert/strict';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { followLog } from '../../../src/activities/follow/follow-log.js';
import { type Followed, type FollowOutcome } from '../../../src/activities/follow/followed.js';
import { type Activity } from '../../../src/base/activity.js';
import { Interrupted, type LdctlError } from '../../../src/base/errors.js';
import { warning, type RunStep } from '../../../src/base/progress.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, FakeSupervisor, lost, nonsense } from '../../helpers/fake-supervisor.js';
import { drain } from '../../helpers/run.js';

/** Following something that is settled when the test says so, with a log that answers, or fails, as the test says. */
class World implements Followed {
  readonly clock = new VirtualClock();
  readonly supervisor = new FakeSupervisor(this.clock);
  readonly stop = new AbortController();
  readonly start = this.clock.elapsed();
  readonly polls: number[] = [];
  readonly events: RunStep[] = [];
  /** Why a poll fails at that time; null when it is good. */
  fault: (at: number) => LdctlError | null = () => null;
  settledAt = Infinity;
  changesAt: number[] = [];
  checkAt: number | null = null;
  intervalMs: number | null = null;
  deadline: number | null = null;

  open(): bigint[] {
    return [];
  }

  observe(_shown: readonly Activity[], poll: { startedAt: number }): RunStep[] {
    const due = this.changesAt.filter((at) => at <= poll.startedAt - this.start);
    this.changesAt = this.changesAt.filter((at) => !due.includes(at));
    return due.map((at) => warning('changed', String(at)));
  }

  get settled(): boolean {
    return this.since() >= this.settledAt;
  }

  nextCheckAt(): number | null {
    return this.checkAt === null ? null : this.start + this.checkAt;
  }

  since(): number {
    return this.clock.elapsed() - this.start;
  }

  async run(limitMs?: number): Promise<FollowOutcome> {
    this.supervisor.beforeRead = () => {
      this.polls.push(this.since());
      const error = this.fault(this.since());
      if (error) throw error;
    };
    const deadline = this.deadline === null ? Infinity : this.start + this.deadline;
    const options = { after: 0n, intervalMs: this.intervalMs, deadline };
    const tools = { clock: this.clock, random: () => 0.5, signal: this.stop.signal };
    const events = followLog(this, new ActivityLog(this.supervisor, 71n), options, tools);
    const { outcome } = await this.clock.run(
      drain(events, (event) => this.events.push(event)),
      limitMs,
    );
    await this.clock.advance(0);
    assert.equal(this.clock.asleep, 0, 'a timer was left behind');
    return outcome;
  }

  get warnings(): string[] {
    return this.events.flatMap((event) => (event.event === 'warning' ? [event.code] : []));
  }
}

describe('a log follower with one subscriber', () => {
  it('polls at 0.5 s, then every second, and after a minute without a change less and less often', async () => {
    const world = new World();
    world.settledAt = 600_000;
    assert.deepEqual(await world.run(), { kind: 'settled' });
    const waits = world.polls.map((at, index) => Math.round(at - (world.polls[index - 1] ?? 0)));
    assert.deepEqual(waits.slice(0, 61), [500, ...Array.from({ length: 60 }, () => 1000)]);
    assert.ok(waits.slice(61, -60).every((ms, index, some) => ms >= (some[index - 1] ?? 1001)));
    assert.deepEqual([...new Set(waits.slice(-60))], [5000]);
  });

  it('polls every second again whenever something has changed', async () => {
    const world = new World();
    world.settledAt = 310_000;
    world.changesAt = [300_000];
    await world.run();
    const after = world.polls.filter((at) => at >= 300_000);
    assert.deepEqual(
      after
        .slice(1)
        .map((at, index) => Math.round(at - (after[index] ?? 0)))
        .slice(0, 5),
      [1000, 1000, 1000, 1000, 1000],
    );
  });

  it('polls when that could settle it, without waiting for its time', async () => {
    const world = new World();
    world.checkAt = 2000;
    world.settledAt = 2000;
    await world.run();
    assert.deepEqual(world.polls, [500, 1500, 2000]);
  });

  it('keeps a fixed interval, whatever happens', async () => {
    const world = new World();
    world.intervalMs = 3000;
    world.checkAt = 2000;
    world.changesAt = [1000, 5000];
    world.settledAt = 9000;
    await world.run();
    assert.deepEqual(world.polls, [3000, 6000, 9000]);
  });

  it('each poll is a single try', async () => {
    const world = new World();
    world.settledAt = 500;
    const tries: unknown[] = [];
    const list = world.supervisor.list.bind(world.supervisor);
    world.supervisor.list = (id, query, options) => {
      tries.push(options?.tries);
      return list(id, query, options);
    };
    await world.run();
    assert.deepEqual(tries, ['one']);
  });

  describe('when polls fail', () => {
    for (const error of [lost(), nonsense(), apiError(500), apiError(429), apiError(408), apiError(400)]) {
      it(`${error.code}: tolerates it for 60 s, then gives up with the reason`, async () => {
        const world = new World();
        world.fault = () => error;
        assert.deepEqual(await world.run(), { kind: 'gave-up', error });
        assert.ok(world.since() >= 60_500 && world.since() <= 66_000, String(world.since()));
        assert.deepEqual(world.warnings, ['poll_failed']);
      });
    }

    it('says why it cannot see the log', async () => {
      const world = new World();
      world.fault = (at) => (at < 1000 ? lost() : null);
      world.settledAt = 1500;
      await world.run();
      assert.deepEqual(
        world.events.filter(({ event }) => event === 'warning'),
        [warning('poll_failed', 'cannot see the log just now: the connection was lost')],
      );
    });

    it('a good poll starts the 60 s anew', async () => {
      const world = new World();
      const isGood = (at: number): boolean => at >= 50_000 && at < 55_000;
      world.fault = (at) => (isGood(at) ? null : lost());
      assert.equal((await world.run()).kind, 'gave-up');
      const lastGood = world.polls.findLast(isGood) ?? 0;
      assert.ok(world.since() - lastGood >= 60_000 && world.since() - lastGood <= 71_000);
      assert.deepEqual(world.warnings, ['poll_failed', 'poll_failed']);
    });

    it('says how old is what was read last, and when it can be read again', async () => {
      const world = new World();
      world.fault = (at) => (at > 2000 && at < 9000 ? lost() : null);
      world.settledAt = 12_000;
      await world.run();
      const outages = world.events.filter(({ event }) => event === 'outage');
      // Good polls began at 0.5 s and 1.5 s; the one at 2.5 s failed.
      assert.deepEqual(outages, [
        { event: 'outage', ageMs: 1000 },
        { event: 'outage', ageMs: null },
      ]);
    });

    it('says from when on it looked in vain, where nothing was read before', async () => {
      const world = new World();
      world.fault = () => lost();
      await world.run(10_000).catch(() => undefined);
      const outages = world.events.filter(({ event }) => event === 'outage');
      assert.deepEqual(outages, [{ event: 'outage', ageMs: 0 }]);
    });

    it('goes on when it is good again', async () => {
      const world = new World();
      world.fault = (at) => (at < 55_000 ? lost() : null);
      world.settledAt = 55_000;
      assert.equal((await world.run()).kind, 'settled');
    });

    for (const status of [401, 403, 404]) {
      it(`${status}: gives up at once`, async () => {
        const world = new World();
        world.fault = () => apiError(status);
        assert.deepEqual(await world.run(), { kind: 'gave-up', error: apiError(status) });
        assert.equal(world.since(), 500);
      });
    }

    it('a retry-after wins over the schedule, and over the 60 s', async () => {
      const world = new World();
      world.fault = (at) => (at < 600 ? apiError(503, { retryAfterMs: 100_000 }) : null);
      world.settledAt = 100_000;
      assert.equal((await world.run()).kind, 'settled');
      assert.deepEqual(world.polls, [500, 100_500]);
    });

    it('one over 5 minutes counts as 5', async () => {
      const world = new World();
      world.fault = (at) => (at < 600 ? apiError(503, { retryAfterMs: 3_600_000 }) : null);
      world.settledAt = 600;
      await world.run();
      assert.deepEqual(world.polls, [500, 300_500]);
    });

    it('a server that always asks for one second more is not tolerated for ever', async () => {
      const world = new World();
      world.fault = () => apiError(503, { retryAfterMs: 1000 });
      assert.equal((await world.run()).kind, 'gave-up');
      assert.ok(world.since() <= 66_000, String(world.since()));
    });

    it('gives up at the first poll after a wait that was asked for, when it fails too', async () => {
      const world = new World();
      world.fault = () => apiError(503, { retryAfterMs: 100_000 });
      assert.equal((await world.run()).kind, 'gave-up');
      assert.deepEqual(world.polls, [500, 100_500]);
    });

    it('the time that the process was stopped during a poll is nobody’s failure', async () => {
      const world = new World();
      world.fault = (at) => {
        if (at < 1000) world.clock.stop(3_600_000);
        return at < 3_630_000 ? lost() : null;
      };
      world.settledAt = 3_630_000;
      assert.equal((await world.run()).kind, 'settled');
    });
  });

  describe('at the deadline', () => {
    it('polls a last time, which can settle it', async () => {
      const world = new World();
      world.deadline = 7000;
      world.settledAt = 7000;
      assert.deepEqual(await world.run(), { kind: 'settled' });
      assert.equal(world.polls.at(-1), 7000);
    });

    it('ends there when it does not', async () => {
      const world = new World();
      world.deadline = 7000;
      assert.deepEqual(await world.run(), { kind: 'deadline' });
      assert.equal(world.since(), 7000);
    });

    it('is not put off by a retry-after, nor by a fixed interval', async () => {
      const asked = new World();
      asked.deadline = 7000;
      asked.fault = () => apiError(429, { retryAfterMs: 60_000 });
      assert.deepEqual(await asked.run(), { kind: 'deadline' });
      assert.equal(asked.since(), 7000);
      const fixed = new World();
      fixed.deadline = 7000;
      fixed.intervalMs = 60_000;
      assert.deepEqual(await fixed.run(), { kind: 'deadline' });
      assert.deepEqual(fixed.polls, [7000]);
    });

    it('breaks off a poll that takes too long, and gives the last one 2 s', async () => {
      const world = new World();
      world.deadline = 7000;
      world.supervisor.readMs = 3_600_000;
      assert.deepEqual(await world.run(), { kind: 'deadline' });
      assert.equal(world.since(), 9000);
      assert.equal(world.supervisor.reads.length, 2);
    });

    it('a poll broken off by the deadline does not count as failed', async () => {
      const world = new World();
      world.deadline = 120_000;
      world.supervisor.readMs = 3_600_000;
      assert.deepEqual(await world.run(), { kind: 'deadline' });
      assert.deepEqual(world.warnings, []);
    });

    it('that has passed already: one poll', async () => {
      const world = new World();
      world.deadline = 0;
      assert.deepEqual(await world.run(), { kind: 'deadline' });
      assert.equal(world.supervisor.reads.length, 1);
    });

    it('that the process was stopped over: a poll after that can still settle it', async () => {
      const world = new World();
      world.deadline = 7000;
      void world.clock.sleep(600).then(() => world.clock.stop(3_600_000));
      world.settledAt = 7000;
      assert.deepEqual(await world.run(), { kind: 'settled' });
    });

    it('does not come nearer while the machine sleeps', async () => {
      const world = new World();
      world.deadline = 7000;
      void world.clock.sleep(600).then(() => world.clock.shut(3_600_000));
      assert.deepEqual(await world.run(), { kind: 'deadline' });
      assert.equal(world.since(), 7000);
    });

    it('without one it goes on', async () => {
      const world = new World();
      await assert.rejects(world.run(24 * 3_600_000), /still running/);
    });
  });

  describe('interrupted', () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      it(`${signal} while it waits: ends at once`, async () => {
        const world = new World();
        const reason = new Interrupted(signal);
        void world.clock.sleep(10_000).then(() => world.stop.abort(reason));
        assert.deepEqual(await world.run(), { kind: 'interrupted', reason });
        assert.equal(world.since(), 10_000);
      });

      it(`${signal} during a poll: ends at once`, async () => {
        for (const deadline of [null, 60_000]) {
          const world = new World();
          const reason = new Interrupted(signal);
          world.supervisor.readMs = 5000;
          world.deadline = deadline;
          void world.clock.sleep(1000).then(() => world.stop.abort(reason));
          assert.deepEqual(await world.run(), { kind: 'interrupted', reason });
          assert.equal(world.since(), 1000);
        }
      });
    }

    it('before it began: no poll', async () => {
      const world = new World();
      const reason = new Interrupted('SIGINT');
      world.stop.abort(reason);
      assert.deepEqual(await world.run(), { kind: 'interrupted', reason });
      assert.deepEqual(world.polls, []);
    });
  });

  it('hands on a fault of its own', async () => {
    const world = new World();
    world.observe = () => {
      throw new TypeError('broken');
    };
    await assert.rejects(world.run(), TypeError);
    world.deadline = 100;
    await assert.rejects(world.run(), TypeError, 'in the last poll too');
  });
});
