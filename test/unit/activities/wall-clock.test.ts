import assert from 'node:assert/strict';
import { trigger } from '../../../src/activities/trigger.js';
import { type ResultEvent } from '../../../src/base/progress.js';
import { failing, lost, refused, type PostStep } from '../../helpers/fake-supervisor.js';
import { RollBench } from '../../helpers/roll.js';
import { JobBench, plan } from '../../helpers/run.js';

const HOUR = 3_600_000;

/** A trigger during which the wall clock is set, once. */
class World extends JobBench {
  readonly start = this.clock.actual();

  constructor() {
    super();
    this.supervisor.addHistory(3, { createdAt: this.clock.now() - HOUR });
  }

  trigger(changes: Parameters<typeof plan>[0] = {}): Promise<ResultEvent> {
    return this.run(trigger(plan(changes), this.tools()));
  }

  setWallClock(ms: number, afterMs: number): this {
    void this.clock.sleep(afterMs).then(() => this.clock.jumpWall(ms));
    return this;
  }

  get tookMs(): number {
    return this.clock.actual() - this.start;
  }

  get postedAfter(): number[] {
    return this.supervisor.postTimes.map((at) => at - this.start);
  }
}

for (const [how, ms] of [
  ['back', -HOUR],
  ['forward', HOUR],
] as const) {
  describe(`a wall clock that is set ${how} by an hour`, () => {
    it('moves no --timeout', async () => {
      const run = new World().setWallClock(ms, 4500);
      run.supervisor.behaviour.set(1n, { workMs: null });
      const { exitCode } = await run.trigger({ limits: { ...plan().limits, timeoutMs: 20_000 } });
      assert.equal(exitCode, 8);
      assert.equal(run.tookMs, 20_000);
    });

    it('moves no --appear-timeout', async () => {
      const run = new World().setWallClock(ms, 4500);
      run.supervisor.behaviour.set(1n, { missing: true });
      const { exitCode } = await run.trigger();
      assert.equal(exitCode, 7);
      assert.equal(run.tookMs, 30_000);
    });

    it('lets an every-node trigger end when nothing new has come for a while, and no sooner', async () => {
      const run = new World().setWallClock(ms, 1200);
      const { exitCode } = await run.trigger({ nodes: null });
      assert.equal(exitCode, 0);
      assert.equal(run.tookMs, 5000);
    });

    it('moves no 60 s without a good poll', async () => {
      const run = new World().setWallClock(ms, 10_000);
      run.supervisor.behaviour.set(1n, { workMs: null });
      void run.clock.sleep(5000).then(() => {
        run.supervisor.beforeRead = () => {
          throw lost();
        };
      });
      const { exitCode } = await run.trigger();
      assert.equal(exitCode, 7);
      assert.ok(run.tookMs > 60_000 && run.tookMs < 75_000, String(run.tookMs));
    });

    it('moves no --pause of a roll, nor the 0.5 s between POSTs', async () => {
      const bench = new RollBench();
      void bench.clock.sleep(4500).then(() => bench.clock.jumpWall(ms));
      const { exitCode } = await bench.roll({ nodes: [1n, 2n], pauseMs: 60_000 });
      assert.equal(exitCode, 0);
      const [first = 0, second = 0] = bench.supervisor.postTimes;
      assert.ok(second - first > 60_000 && second - first < 65_000, String(second - first));
    });

    it('moves no --timeout of a whole roll', async () => {
      const bench = new RollBench();
      const start = bench.clock.actual();
      bench.supervisor.behaviour.set(1n, { workMs: null });
      void bench.clock.sleep(4500).then(() => bench.clock.jumpWall(ms));
      const limits = { timeoutMs: 20_000, intervalMs: null, appearTimeoutMs: 30_000 };
      const { exitCode } = await bench.roll({ limits });
      assert.equal(exitCode, 8);
      assert.equal(bench.clock.actual() - start, 20_000);
    });
  });
}

describe('the tries of a POST', () => {
  it('are never less than 5 s apart after a lost one, although the wall clock is set forward', async () => {
    const run = new World().setWallClock(10_000, 700);
    run.supervisor.nextPosts(failing(lost()));
    assert.equal((await run.trigger()).exitCode, 0);
    assert.deepEqual(run.postedAfter, [0, 5000]);
  });

  it('end 2 minutes after the first, although the wall clock is set back', async () => {
    const run = new World().setWallClock(-HOUR, 10_000);
    run.supervisor.nextPosts(...Array.from({ length: 200 }, (): PostStep => failing(refused())));
    await assert.rejects(run.trigger(), refused());
    assert.ok(run.tookMs > 110_000 && run.tookMs <= 120_000, String(run.tookMs));
  });

  it('end when the machine has slept for 2 minutes', async () => {
    const run = new World();
    run.supervisor.nextPosts(failing(lost()));
    void run.clock.sleep(1000).then(() => run.clock.shut(120_000));
    assert.equal((await run.trigger()).exitCode, 7);
    assert.deepEqual(run.postedAfter, [0]);
  });
});
