import assert from 'node:assert/strict';
import { type TriggerPlan } from '../../../src/activities/trigger-plan.js';
import { trigger } from '../../../src/activities/trigger.js';
import { type RunRecord } from '../../../src/base/old-journal.js';
import { type ResultEvent } from '../../../src/base/progress.js';
import { failing, lost, refused } from '../../helpers/fake-supervisor.js';
import { drain, JobBench, plan } from '../../helpers/run.js';

const MINUTE = 60_000;

/** A trigger to which something happens between its baseline and its first POST. */
class World extends JobBench {
  readonly start = this.clock.actual();
  happens: () => void | Promise<void> = () => undefined;

  constructor() {
    super();
    this.supervisor.addHistory(6, { createdAt: this.clock.now() - 60 * MINUTE });
  }

  trigger(changes: Partial<TriggerPlan> = {}): Promise<ResultEvent> {
    return this.run(trigger(plan(changes), this.tools({ mayPost: () => this.#onceItHappened() })));
  }

  /** Another run with the same key, on the same machine, from its beginning to its end. */
  async otherRun(): Promise<void> {
    await drain(trigger(plan({ callersKey: true }), this.tools()));
  }

  get record(): RunRecord | undefined {
    return [...this.journal.records.values()][0];
  }

  get postedAfter(): number[] {
    return this.supervisor.postTimes.map((at) => at - this.start);
  }

  get baselines(): bigint[] {
    return this.events.flatMap((event) => (event.event === 'baseline' ? [event.baseline] : []));
  }

  async #onceItHappened(): Promise<boolean> {
    const { happens } = this;
    this.happens = () => undefined;
    await happens();
    return true;
  }
}

const absences = { 'the process was stopped': 'stop', 'the machine has slept': 'shut' } as const;

for (const [what, absence] of Object.entries(absences)) {
  describe(`before the first POST, when ${what} for more than 2 minutes`, () => {
    function world(callersKey: boolean): { run: World; rival: () => bigint; trigger: () => Promise<ResultEvent> } {
      const run = new World();
      let rival = 0n;
      run.happens = () => {
        run.clock[absence](2 * MINUTE + 1);
        rival = run.supervisor.add({ node: 1n, status: 'rejected' });
      };
      return { run, rival: () => rival, trigger: () => run.trigger({ callersKey }) };
    }

    it('the baseline is read anew, so that what came meanwhile is not taken for this trigger’s', async () => {
      const { run, rival, trigger } = world(false);
      const report = await trigger();
      assert.equal(report.exitCode, 0);
      assert.equal(report.result.nodes[0]?.ambiguous, false);
      assert.equal(run.baselines.at(-1), rival());
      assert.equal(run.baselines.length, 2, 'it is told before the POST');
    });

    it('with a caller’s key the record is rewritten before it', async () => {
      const { run, rival, trigger } = world(true);
      let atPost: RunRecord | undefined;
      run.supervisor.nextPosts((request) => {
        atPost = run.record;
        return run.supervisor.carryOut(request);
      });
      assert.equal((await trigger()).exitCode, 0);
      assert.deepEqual([atPost?.baseline.highestId, atPost?.state], [rival(), 'posting']);
      assert.equal(atPost?.firstPostAt, run.start + 2 * MINUTE + 1);
    });
  });
}

describe('before the first POST', () => {
  it('a baseline of 2 minutes is still good', async () => {
    const run = new World();
    run.happens = () => run.clock.stop(2 * MINUTE);
    assert.equal((await run.trigger()).exitCode, 0);
    assert.equal(run.baselines.length, 1);
  });

  for (const seconds of [0, 30, 3600]) {
    it(`nothing is sent when another run with the key was accepted, ${seconds} s before`, async () => {
      const run = new World();
      run.happens = async () => {
        await run.otherRun();
        run.clock.stop(seconds * 1000);
      };
      const report = await run.trigger({ callersKey: true });
      assert.deepEqual([report.exitCode, report.result.recovered, report.result.replayed], [0, true, false]);
      assert.equal(run.supervisor.posts.length, 1, 'that of the other run');
      assert.equal(run.supervisor.dispatched, 1);
    });
  }

  it('when another run may have been accepted, the log is read first, from its baseline', async () => {
    const run = new World();
    run.happens = async () => {
      // Carried out, and killed before it could note that.
      run.supervisor.nextPosts((request) => {
        run.supervisor.carryOut(request);
        throw new RangeError('killed');
      });
      await run.otherRun().catch(() => undefined);
      run.clock.stop(10_000);
    };
    const report = await run.trigger({ callersKey: true });
    assert.deepEqual([report.exitCode, report.result.recovered], [0, true]);
    assert.equal(run.supervisor.posts.length, 1);
  });

  it('when the other one was not carried out, this one posts, 5 s after it began to look', async () => {
    const run = new World();
    run.happens = async () => {
      run.supervisor.nextPosts(() => {
        throw new RangeError('killed');
      });
      await run.otherRun().catch(() => undefined);
    };
    assert.equal((await run.trigger({ callersKey: true })).exitCode, 0);
    // The other one had found this one's record, and looked for 5 s too.
    assert.deepEqual(run.postedAfter, [5000, 10_000]);
    assert.equal(run.supervisor.dispatched, 1);
  });

  it('a record that is gone is written again', async () => {
    const run = new World();
    run.happens = () => run.journal.records.clear();
    let atPost: RunRecord | undefined;
    run.supervisor.nextPosts((request) => {
      atPost = run.record;
      return run.supervisor.carryOut(request);
    });
    assert.equal((await run.trigger({ callersKey: true })).exitCode, 0);
    assert.equal(atPost?.state, 'posting');
  });
});

describe('before a POST is made again', () => {
  it('the tries end when the baseline has become older than 2 minutes and something was sent', async () => {
    const run = new World();
    run.happens = () => run.clock.sleep(100_000);
    run.supervisor.nextPosts(...Array.from({ length: 5 }, () => failing(lost())));
    assert.equal((await run.trigger()).exitCode, 7);
    assert.deepEqual(run.postedAfter, [100_000, 105_000, 110_000, 115_000, 120_000]);
  });

  it('the baseline is read anew when nothing was sent', async () => {
    const run = new World();
    run.happens = () => run.clock.sleep(119_900);
    run.supervisor.nextPosts(failing(refused()));
    assert.equal((await run.trigger()).exitCode, 0);
    assert.deepEqual(run.postedAfter, [119_900, 120_400]);
    assert.equal(run.baselines.length, 2);
  });

  it('nothing is sent again when another run with the key was accepted meanwhile', async () => {
    const run = new World();
    let other: Promise<void> | null = null;
    run.supervisor.nextPosts(failing(lost()));
    void run.clock.sleep(4000).then(() => (other = run.otherRun()));
    const report = await run.trigger({ callersKey: true });
    await run.clock.run(Promise.resolve(other));
    assert.equal(report.exitCode, 0);
    assert.equal(run.supervisor.dispatched, 1);
  });
});
