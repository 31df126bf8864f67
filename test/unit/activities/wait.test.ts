import assert from 'node:assert/strict';
import { highestOf } from '../../../src/activities/baseline.js';
import { type ResultEvent } from '../../../src/base/progress.js';
import { trigger } from '../../../src/activities/trigger.js';
import { waitAfter, waitForActivities, type WaitAfterPlan } from '../../../src/activities/wait.js';
import { Interrupted } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';
import { apiError, failingRead } from '../../helpers/fake-supervisor.js';
import { JobBench, plan, statuses } from '../../helpers/run.js';

const LIMITS = { timeoutMs: 60_000, intervalMs: null, appearTimeoutMs: 30_000 };

async function waitFor(run: JobBench, ids: Id[], limits = LIMITS): Promise<ResultEvent> {
  const report = await run.run(waitForActivities({ deploymentId: 71n, ids, limits }, run.tools()));
  assert.equal(run.clock.asleep, 0);
  assert.equal(run.supervisor.posts.length, 0, 'wait never sends');
  return report;
}

async function after(run: JobBench, baseline: Id, changes: Partial<WaitAfterPlan> = {}): Promise<ResultEvent> {
  const { deploymentId, runtime, action } = plan();
  const asked = { deploymentId, after: baseline, runtime, action, nodes: [1n], expectNodes: null, limits: LIMITS };
  return run.run(waitAfter({ ...asked, ...changes }, run.tools()));
}

describe('wait ID…', () => {
  it('follows activities to their end, wherever they are in the log', async () => {
    const run = new JobBench();
    const old = run.supervisor.add({ node: 1n, action: 'stop' });
    run.supervisor.addHistory(250);
    const open = run.supervisor.add({ node: 2n, status: 'processing', then: [[9000, 'completed']] });
    const report = await waitFor(run, [open, old]);
    assert.deepEqual([report.exitCode, report.result.outcome, report.result.targets], [0, 'completed', 'named']);
    assert.deepEqual(
      report.result.nodes.map(({ activity_id, node_id }) => [activity_id, node_id]),
      [
        [open, 2n],
        [old, 1n],
      ],
    );
    assert.deepEqual([report.result.runtime, report.result.action], ['iggy', null]);
    assert.deepEqual([report.result.idempotency_key, report.result.replayed, report.result.resume], [null, null, null]);
  });

  it('reads no more than it takes to see them, in whatever order they are given', async () => {
    for (const turn of [(ids: Id[]) => ids, (ids: Id[]) => ids.toReversed()]) {
      const run = new JobBench();
      run.supervisor.addHistory(3000);
      const ids = [run.supervisor.add({ node: 1n }), run.supervisor.add({ node: 2n })];
      await waitFor(run, turn(ids));
      assert.equal(run.supervisor.reads.length, 2);
      assert.equal(highestOf(turn(ids)), ids[1]);
    }
    assert.equal(highestOf([]), 0n);
  });

  it('does not begin when it is interrupted', async () => {
    const run = new JobBench();
    const reason = new Interrupted('SIGINT');
    run.stop.abort(reason);
    await assert.rejects(waitFor(run, [1n]), reason);
    await assert.rejects(after(run, 1n), reason);
  });

  it('has nothing to settle: final at the first poll is the end', async () => {
    const run = new JobBench();
    const start = run.clock.elapsed();
    const report = await waitFor(run, [run.supervisor.add({ status: 'rejected' })]);
    assert.deepEqual([report.exitCode, report.result.action], [3, 'restart']);
    assert.ok(run.clock.elapsed() - start <= 500);
  });

  it('an id that does not show up is missing: 7, and the same ids to go on with', async () => {
    const run = new JobBench();
    const id = run.supervisor.add();
    const report = await waitFor(run, [id, 5n]);
    assert.equal(report.exitCode, 7);
    assert.deepEqual(
      report.result.nodes.map(({ activity_id, status }) => [activity_id, status]),
      [
        [id, 'completed'],
        [5n, 'missing'],
      ],
    );
    assert.equal(report.result.resume, `wait ${id} 5`);
  });

  it('still processing at the deadline: 8', async () => {
    const run = new JobBench();
    const id = run.supervisor.add({ status: 'processing' });
    const report = await waitFor(run, [id]);
    assert.deepEqual([report.exitCode, report.result.resume], [8, `wait ${id}`]);
  });

  it('two activities of one node are two targets, not an ambiguous one', async () => {
    const run = new JobBench();
    const report = await waitFor(run, [run.supervisor.add(), run.supervisor.add()]);
    assert.deepEqual(
      report.result.nodes.map(({ ambiguous }) => ambiguous),
      [false, false],
    );
    assert.equal(report.exitCode, 0);
  });

  it('a log that cannot be read to begin with is thrown: nothing is known', async () => {
    const run = new JobBench();
    run.supervisor.nextReads(failingRead(apiError(401)));
    await assert.rejects(waitFor(run, [5n]), { exitCode: 4 });
  });

  it('interrupted: a result with the way on', async () => {
    const run = new JobBench();
    const id = run.supervisor.add({ status: 'processing' });
    void run.clock.sleep(3000).then(() => run.stop.abort(new Interrupted('SIGTERM')));
    const report = await waitFor(run, [id]);
    assert.deepEqual(
      [report.exitCode, report.result.outcome, report.result.resume],
      [143, 'interrupted', `wait ${id}`],
    );
  });
});

describe('wait --after', () => {
  it('is the same correlation that the trigger made', async () => {
    const run = new JobBench();
    run.supervisor.addHistory(6);
    run.supervisor.behaviour.set(1n, { workMs: 30_000 }).set(2n, { workMs: 30_000, result: 'rejected' });
    const limits = { ...LIMITS, timeoutMs: 3000 };
    for (const nodes of [[1n, 2n], null]) {
      run.events.length = 0;
      const first = await run.run(trigger(plan({ nodes, limits }), run.tools()));
      assert.equal(first.exitCode, 8);
      const [baseline] = run.events;
      assert.ok(baseline?.event === 'baseline');
      run.supervisor.add({ node: 1n, action: 'stop', status: 'rejected' });
      const second = await after(run, baseline.baseline, { nodes });
      assert.equal(second.exitCode, 3);
      assert.deepEqual(
        second.result.nodes.map(({ node_id, activity_id }) => [node_id, activity_id]),
        first.result.nodes.map(({ node_id, activity_id }) => [node_id, activity_id]),
      );
      assert.deepEqual(
        [second.result.targets, second.result.runtime, second.result.action],
        [first.result.targets, 'iggy', 'restart'],
      );
    }
  });

  it('every node: one that the baseline names and that has no entry is missing', async () => {
    const run = new JobBench();
    run.supervisor.addHistory(6);
    const baseline = run.supervisor.entries.at(-1)?.activity.id ?? 0n;
    run.supervisor.add({ node: 1n });
    run.supervisor.add({ node: 2n });
    const report = await after(run, baseline, { nodes: null });
    assert.equal(report.exitCode, 7);
    assert.deepEqual(statuses(report), ['1:completed', '2:completed', '3:missing']);
    assert.equal(report.result.resume, `wait --after ${baseline} expect -`);
  });

  it('--expect-nodes counts', async () => {
    const run = new JobBench();
    run.supervisor.add({ node: 1n });
    assert.equal((await after(run, 0n, { nodes: null, expectNodes: 1 })).exitCode, 0);
    const fewer = await after(run, 0n, { nodes: null, expectNodes: 2 });
    assert.deepEqual([fewer.exitCode, fewer.result.resume], [7, 'wait --after 0 expect 2']);
  });

  it('an entry 3 s late is waited for, although somebody else’s is there already', async () => {
    const run = new JobBench();
    run.supervisor.add({ node: 1n });
    run.supervisor.add({ node: 1n, status: 'rejected', appearMs: 3000 });
    assert.equal((await after(run, 0n)).exitCode, 3);
  });
});
