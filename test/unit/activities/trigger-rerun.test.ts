import assert from 'node:assert/strict';
import { type JobTools } from '../../../src/activities/job.js';
import { type TriggerPlan } from '../../../src/activities/trigger-plan.js';
import { trigger } from '../../../src/activities/trigger.js';
import { wireKey } from '../../../src/activities/wire-key.js';
import { LdctlError } from '../../../src/base/errors.js';
import { type RunRecord } from '../../../src/base/old-journal.js';
import { type ResultEvent } from '../../../src/base/progress.js';
import {
  accepted,
  apiError,
  failing,
  failingRead,
  inProgress,
  lost,
  type ReadStep,
} from '../../helpers/fake-supervisor.js';
import { JobBench, plan, statuses } from '../../helpers/run.js';

const MINUTE = 60_000;

/** Runs of one trigger with a caller's key, on one machine (one journal) or on several. */
class World extends JobBench {
  readonly baseline: bigint;

  constructor() {
    super();
    this.supervisor.addHistory(6, { createdAt: this.clock.now() - 60 * MINUTE });
    this.baseline = this.supervisor.entries.at(-1)?.activity.id ?? 0n;
  }

  async trigger(changes: Partial<TriggerPlan> = {}, tools: Partial<JobTools> = {}): Promise<ResultEvent> {
    this.events.length = 0;
    const report = await this.run(trigger(plan({ callersKey: true, ...changes }), this.tools(tools)));
    assert.equal(this.clock.asleep, 0, 'a timer was left behind');
    return report;
  }

  /** The record of an earlier run that was killed, or ended, this long ago. */
  remember(state: RunRecord['state'], agoMs: number, changes: Partial<TriggerPlan> = {}): void {
    const key = wireKey('key', plan(changes));
    const baseline = { highestId: this.baseline, nodes: [1n, 2n, 3n] };
    this.journal.records.set(key, {
      wireKey: key,
      baseline,
      firstPostAt: this.clock.now() - agoMs,
      state,
      token: 'earlier',
    });
  }

  get record(): RunRecord | undefined {
    return [...this.journal.records.values()][0];
  }
}

describe('a caller’s key', () => {
  it('is written down before the POST, and as accepted after it', async () => {
    const run = new World();
    const before = run.clock.now();
    let atPost: RunRecord | undefined;
    run.supervisor.nextPosts((request) => {
      atPost = run.record;
      return run.supervisor.carryOut(request);
    });
    await run.trigger();
    const expected: RunRecord = {
      wireKey: wireKey('key', plan()),
      baseline: { highestId: run.baseline, nodes: [] },
      firstPostAt: before,
      state: 'posting',
      token: atPost?.token ?? '',
    };
    assert.deepEqual(atPost, expected);
    assert.match(expected.token, /./);
    const { acceptedAt, ended, ...rest } = run.record ?? expected;
    assert.deepEqual(rest, { ...expected, state: 'accepted' });
    assert.equal(typeof acceptedAt, 'number', 'a re-run needs the time of the 202, by the clock of the server');
    assert.deepEqual(ended, { outcome: 'completed', at: run.clock.now() });
  });

  it('says hours later when the earlier run was, and how it ended; with --no-wait too', async () => {
    for (const [wait, outcome] of [
      [true, 'completed'],
      [false, 'accepted'],
    ] as const) {
      const run = new World();
      await run.trigger({ wait });
      await run.clock.run(run.clock.sleep(180 * MINUTE));
      const { exitCode } = await run.trigger();
      assert.deepEqual([exitCode, run.supervisor.posts.length], [0, 1]);
      const told = run.events.find((event) => event.event === 'dispatched');
      assert.ok(told?.earlier && told.earlier.ageMs >= 180 * MINUTE && told.earlier.ageMs < 181 * MINUTE);
      assert.equal(told.earlier.ended?.outcome, outcome);
    }
  });

  it('says nothing of an earlier run when this one has dispatched it', async () => {
    const run = new World();
    run.remember('posting', MINUTE);
    await run.trigger();
    const told = run.events.find((event) => event.event === 'dispatched');
    assert.deepEqual([run.supervisor.posts.length, told?.earlier], [1, undefined]);
  });

  it('a random key is not', async () => {
    const run = new World();
    await run.trigger({ callersKey: false });
    assert.equal(run.record, undefined);
  });

  it('is forgotten when it certainly was not carried out', async () => {
    const run = new World();
    run.supervisor.nextPosts(failing(apiError(403)));
    await assert.rejects(run.trigger());
    assert.equal(run.record, undefined);
  });

  it('is kept when that is unknown', async () => {
    const run = new World();
    run.supervisor.nextPosts(failing(lost()), failing(apiError(403)));
    await run.trigger();
    assert.equal(run.record?.state, 'posting');
  });
});

describe('a re-run that finds its record', () => {
  it('accepted: follows the same trigger to the same end, from the same baseline, and posts nothing', async () => {
    const run = new World();
    const first = await run.trigger();
    await run.clock.advance(30 * MINUTE);
    const second = await run.trigger();
    assert.equal(run.supervisor.posts.length, 1);
    assert.deepEqual(second.result.nodes, first.result.nodes);
    assert.deepEqual([second.exitCode, second.result.recovered, second.result.replayed], [0, true, false]);
    assert.deepEqual(run.events[0], { event: 'baseline', baseline: run.baseline, idempotencyKey: 'key' });
  });

  it('accepted, and a rejected node: the same 3 again', async () => {
    const run = new World();
    run.supervisor.behaviour.set(1n, { result: 'rejected' });
    assert.equal((await run.trigger()).exitCode, 3);
    assert.equal((await run.trigger()).exitCode, 3);
    assert.equal(run.supervisor.dispatched, 1);
  });

  it('killed after it was carried out: finds the entries, and posts nothing', async () => {
    const run = new World();
    run.remember('posting', 3000);
    run.supervisor.add({ node: 1n });
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.result.recovered, run.supervisor.posts.length], [0, true, 0]);
    assert.equal(run.record?.state, 'accepted');
  });

  it('killed just after the POST, entries 3 s late: waits for them, and posts nothing', async () => {
    const run = new World();
    run.remember('posting', 0);
    run.supervisor.add({ node: 1n, appearMs: 3000 });
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, run.supervisor.posts.length], [0, 0]);
  });

  it('killed before it was carried out: posts once more with the same key, after a read', async () => {
    const run = new World();
    run.remember('posting', MINUTE);
    const start = run.clock.now();
    const report = await run.trigger();
    assert.equal(report.exitCode, 0);
    assert.deepEqual(
      run.supervisor.posts.map((post) => post.wireKey),
      [wireKey('key', plan())],
    );
    assert.ok((run.supervisor.postTimes[0] ?? 0) - start >= 5000);
  });

  it('keeps the time of the very first POST', async () => {
    const run = new World();
    run.remember('posting', MINUTE);
    const firstPostAt = run.record?.firstPostAt;
    await run.trigger();
    assert.deepEqual([run.record?.state, run.record?.firstPostAt], ['accepted', firstPostAt]);
  });

  it('9 minutes after the first POST it posts no more: 7 when the log shows nothing, with or without --no-wait', async () => {
    for (const wait of [true, false]) {
      const run = new World();
      run.remember('posting', 9 * MINUTE - 5000 + 1);
      const report = await run.trigger({ wait });
      assert.deepEqual([report.exitCode, report.result.outcome], [7, 'unconfirmed']);
      assert.equal(run.supervisor.posts.length, 0);
      assert.equal(report.result.resume, `wait --after ${run.baseline} nodes 1`);
    }
  });

  it('up to 9 minutes after the first POST it does', async () => {
    const run = new World();
    run.remember('posting', 9 * MINUTE - 5000);
    assert.equal((await run.trigger()).exitCode, 0);
    assert.equal(run.supervisor.posts.length, 1);
  });

  it('nor does it try for longer than that', async () => {
    const run = new World();
    run.remember('posting', 8 * MINUTE);
    const firstPostAt = run.record?.firstPostAt ?? 0;
    run.supervisor.nextPosts(...Array.from({ length: 12 }, () => failing(lost())));
    assert.equal((await run.trigger()).exitCode, 7);
    run.supervisor.verify();
    assert.ok(run.supervisor.postTimes.every((at) => at <= firstPostAt + 9 * MINUTE));
  });

  it('after 9 minutes it still finds what was carried out', async () => {
    const run = new World();
    run.remember('posting', 60 * MINUTE);
    run.supervisor.add({ node: 1n });
    assert.deepEqual([(await run.trigger()).exitCode, run.supervisor.posts.length], [0, 0]);
  });

  it('a record from the future (the clock went back) is followed, and nothing is posted', async () => {
    const run = new World();
    run.remember('posting', -MINUTE);
    assert.deepEqual([(await run.trigger()).exitCode, run.supervisor.posts.length], [7, 0]);
  });

  it('a definite no proves nothing about the earlier run: 7, and the record stays', async () => {
    const run = new World();
    run.remember('posting', MINUTE);
    run.supervisor.nextPosts(failing(apiError(403)));
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.error?.code], [7, 'http_403']);
    assert.equal(run.record?.state, 'posting');
  });

  it('somebody may have done the same since: its own late entry is waited for', async () => {
    const run = new World();
    run.remember('accepted', 10_000);
    run.supervisor.add({ node: 1n });
    run.supervisor.add({ node: 1n, status: 'rejected', appearMs: 3000 });
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.result.nodes[0]?.ambiguous], [3, true]);
  });

  it('an entry of another operator below the baseline does not count', async () => {
    const run = new World();
    run.supervisor.add({ node: 1n, id: run.baseline - 1n });
    run.remember('accepted', MINUTE);
    assert.equal((await run.trigger()).exitCode, 7);
  });

  it('the same key for another action, other nodes or another deployment is another trigger', async () => {
    const run = new World();
    await run.trigger();
    await run.trigger({ action: { verb: 'stop' } });
    await run.trigger({ runtime: 'connectors' });
    await run.trigger({ nodes: [1n, 2n] });
    await run.trigger({ nodes: null });
    await run.trigger({ deploymentId: 72n });
    assert.equal(run.supervisor.dispatched, 6);
    assert.equal(new Set(run.supervisor.posts.map((post) => post.wireKey)).size, 6);
  });

  it('of two that begin at once, one follows the record of the other', async () => {
    const run = new World();
    const other: RunRecord = {
      wireKey: wireKey('key', plan()),
      baseline: { highestId: run.baseline, nodes: [1n, 2n, 3n] },
      firstPostAt: run.clock.now(),
      state: 'posting',
      token: 'other',
    };
    const update = run.journal.update.bind(run.journal);
    run.journal.update = (key, change) => {
      run.journal.update = update;
      run.journal.records.set(key, other);
      run.supervisor.add({ node: 1n, appearMs: 1000, status: 'processing', then: [[5000, 'completed']] });
      return update(key, change);
    };
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, run.supervisor.posts.length], [0, 0]);
  });
});

describe('a journal that fails', () => {
  const broken = new LdctlError('unconfirmed', 'journal_broken', 'the record is broken');

  it('to be read, or to take the record: nothing is sent', async () => {
    for (const method of ['read', 'update'] as const) {
      const run = new World();
      run.journal[method] = () => Promise.reject(broken);
      await assert.rejects(run.trigger(), broken);
      assert.equal(run.supervisor.posts.length, 0);
    }
  });

  it('to take the acceptance: a warning, and it goes on', async () => {
    const run = new World();
    run.supervisor.nextPosts((request) => {
      run.journal.update = () => Promise.reject(broken);
      return run.supervisor.carryOut(request);
    });
    assert.equal((await run.trigger()).exitCode, 0);
    assert.deepEqual(run.warnings, ['journal_not_written']);
  });

  it('to forget: the reason of the refusal counts', async () => {
    const run = new World();
    run.supervisor.nextPosts(() => {
      run.journal.update = () => Promise.reject(broken);
      return Promise.reject(apiError(403));
    });
    await assert.rejects(run.trigger(), { exitCode: 4 });
  });

  it('does not matter to a random key', async () => {
    const run = new World();
    run.journal.read = () => Promise.reject(broken);
    assert.equal((await run.trigger({ callersKey: false })).exitCode, 0);
  });
});

describe('a replayed answer without a record (another machine)', () => {
  /** The answer of a server that carried it out this long ago. */
  const replay =
    (run: World, skewMs = 0) =>
    () =>
      accepted({ replayed: true, serverTime: run.clock.now() + skewMs });

  it('its entries are those of the 11 minutes before the answer, below the new baseline too', async () => {
    const run = new World();
    run.supervisor.add({ node: 1n, status: 'rejected', createdAt: run.clock.now() - 12 * MINUTE });
    const id = run.supervisor.add({ node: 1n, createdAt: run.clock.now() - 9 * MINUTE });
    run.supervisor.addHistory(150, { node: 2n });
    run.supervisor.nextPosts(replay(run));
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.result.replayed, report.result.nodes[0]?.activity_id], [0, true, id]);
  });

  it('by the clock of the server, however far off it is', async () => {
    for (const skewMs of [-5 * 60 * MINUTE, 5 * 60 * MINUTE]) {
      const run = new World();
      const serverNow = run.clock.now() + skewMs;
      run.supervisor.entries.forEach(({ activity }) => {
        activity.created_at = new Date(serverNow - 60 * MINUTE).toISOString();
      });
      const id = run.supervisor.add({ node: 1n, createdAt: serverNow - 9 * MINUTE });
      run.supervisor.nextPosts(replay(run, skewMs));
      assert.equal((await run.trigger()).result.nodes[0]?.activity_id, id);
    }
  });

  it('what came after the answer is somebody else’s', async () => {
    const run = new World();
    const id = run.supervisor.add({ node: 1n, status: 'processing', then: [[20_000, 'completed']] });
    run.supervisor.nextPosts(replay(run));
    void run.clock.sleep(4000).then(() => run.supervisor.add({ node: 1n, status: 'rejected' }));
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.result.nodes[0]?.activity_id], [0, id]);
  });

  it('an answer with the date of the first one hides none that came after that', async () => {
    const run = new World();
    const now = run.clock.now();
    const first = now - 5 * MINUTE;
    run.supervisor.add({ node: 1n, createdAt: first - MINUTE });
    const id = run.supervisor.add({ node: 1n, status: 'rejected', createdAt: first + 4000 });
    const dated: ReadStep = (page) => ({ ...page, serverTime: run.clock.now() });
    run.supervisor.nextReads(dated, dated).nextPosts(() => accepted({ replayed: true, serverTime: first }));
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.result.nodes[0]?.activity_id], [3, id]);
  });

  it('several of one node: the worse counts, ambiguous', async () => {
    const run = new World();
    run.supervisor.add({ node: 1n, createdAt: run.clock.now() - 5 * MINUTE });
    run.supervisor.add({ node: 1n, status: 'rejected', createdAt: run.clock.now() - 4 * MINUTE });
    run.supervisor.nextPosts(replay(run));
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.result.nodes[0]?.ambiguous], [3, true]);
  });

  it('an older entry is not taken for it alone while its own may still show up', async () => {
    const run = new World();
    run.supervisor.add({ node: 1n, createdAt: run.clock.now() - 5 * MINUTE });
    run.supervisor.behaviour.set(1n, { appearMs: 3000, result: 'rejected' });
    run.supervisor.nextPosts((request) => ({ ...run.supervisor.carryOut(request), replayed: true }));
    assert.equal((await run.trigger()).exitCode, 3);
  });

  it('without the server’s clock nothing below the baseline is believed', async () => {
    const run = new World();
    run.supervisor.add({ node: 1n, createdAt: run.clock.now() - 5 * MINUTE });
    run.supervisor.nextPosts(() => accepted({ replayed: true, serverTime: null }));
    assert.equal((await run.trigger()).exitCode, 7);
  });

  it('also when the first request was still running at first', async () => {
    const run = new World();
    const id = run.supervisor.add({ node: 1n, status: 'processing', then: [[20_000, 'completed']] });
    run.supervisor.nextPosts(failing(inProgress()), replay(run));
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.result.nodes[0]?.activity_id], [0, id]);
  });

  it('when this run had sent it before, its own entries count only', async () => {
    const run = new World();
    run.supervisor.add({ node: 1n, status: 'rejected', createdAt: run.clock.now() - 5 * MINUTE });
    run.supervisor.behaviour.set(1n, { appearMs: 8000 });
    run.supervisor.nextPosts(failing(lost(), run.supervisor.carryOut), replay(run));
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.result.replayed, report.result.nodes[0]?.ambiguous], [0, true, false]);
  });

  it('a random key was never used before: its own entries count only', async () => {
    const run = new World();
    run.supervisor.add({ node: 1n, createdAt: run.clock.now() - 5 * MINUTE });
    run.supervisor.nextPosts(replay(run));
    assert.equal((await run.trigger({ callersKey: false })).exitCode, 7);
  });

  it('a log that cannot be read then: 7, with the reason', async () => {
    const run = new World();
    run.supervisor.nextPosts((request) => {
      run.supervisor.nextReads(failingRead(apiError(500)));
      return { ...run.supervisor.carryOut(request), replayed: true };
    });
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.error?.code, statuses(report)], [7, 'http_500', ['1:-']]);
  });
});
