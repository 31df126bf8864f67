import assert from 'node:assert/strict';
import { dryRun } from '../../../src/activities/dry-run.js';
import { wireKey } from '../../../src/activities/wire-key.js';
import { JobBench, plan } from '../../helpers/run.js';

describe('dryRun', () => {
  it('posts nothing, and tells the targets and the key', async () => {
    for (const [nodes, kind] of [[[2n], 'named'], [null, 'observed']] as const) {
      const run = new JobBench();
      run.supervisor.addHistory(3);
      const asked = plan({ nodes, callersKey: true });
      const { result, wireKey: key } = await dryRun(asked, run.tools());
      assert.equal(run.supervisor.posts.length, 0);
      assert.equal(run.journal.records.size, 0);
      assert.equal(key, wireKey('key', asked));
      assert.deepEqual([result.outcome, result.targets, result.resume], ['dry_run', kind, null]);
      const expected = nodes ?? [1n, 2n, 3n];
      assert.deepEqual(result.nodes.map(({ node_id, status }) => [node_id, status]), expected.map((id) => [id, 'not_started']));
    }
  });
});
