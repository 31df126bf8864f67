import assert from 'node:assert/strict';
import { dryRun } from '../../../src/activities/dry-run.js';
import { Interrupted } from '../../../src/base/errors.js';
import { JobBench, plan } from '../../helpers/run.js';

describe('dryRun', () => {
  it('posts nothing, and says which the targets are', async () => {
    const kinds = [
      [[2n], null, 'named'],
      [null, null, 'observed'],
      [null, 3, 'expected'],
    ] as const;
    for (const [nodes, expectNodes, kind] of kinds) {
      const run = new JobBench();
      run.supervisor.addHistory(3);
      const asked = plan({ nodes, expectNodes, callersKey: true });
      const { result } = await dryRun(asked, run.tools());
      assert.equal(run.supervisor.posts.length, 0);
      assert.equal(run.journal.records.size, 0);
      assert.deepEqual([result.outcome, result.targets, result.resume], ['dry_run', kind, null]);
      const expected = nodes ?? [1n, 2n, 3n];
      assert.deepEqual(
        result.nodes.map(({ node_id, status }) => [node_id, status]),
        expected.map((id) => [id, 'not_started']),
      );
    }
  });

  it('has the shape of a result in which nothing has happened', async () => {
    const times = { created_at: null, finished_at: null };
    const { result } = await dryRun(plan(), new JobBench().tools());
    assert.deepEqual(result, {
      outcome: 'dry_run',
      runtime: 'iggy',
      action: 'restart',
      deployment_id: 71n,
      idempotency_key: 'key',
      targets: 'named',
      replayed: null,
      recovered: null,
      request_id: null,
      nodes: [{ node_id: 1n, activity_id: null, status: 'not_started', ...times, ambiguous: false }],
      resume: null,
    });
  });

  it('ends when it is interrupted', async () => {
    const run = new JobBench();
    run.stop.abort(new Interrupted('SIGINT'));
    await assert.rejects(dryRun(plan(), run.tools()), Interrupted);
  });
});
