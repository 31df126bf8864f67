import assert from 'node:assert/strict';
import { type LdctlError } from '../../../src/base/errors.js';
import { type WaitRequest } from '../../../src/library/old-requests.js';
import { LibraryBench } from '../../helpers/library.js';

describe('a program that waits', () => {
  let bench: LibraryBench;
  beforeEach(() => {
    bench = new LibraryBench();
  });

  it('follows activities by their ids', async () => {
    const id = bench.supervisor.add({ status: 'processing', then: [[5000, 'completed']] });
    const result = await bench.clock.run(bench.deployment().wait({ ids: [id] }));
    assert.deepEqual([result.outcome, result.runtime, result.nodes[0]?.activity_id], ['completed', 'iggy', id]);
    assert.equal(bench.supervisor.posts.length, 0);
  });

  it('follows what a trigger made after an id', async () => {
    const after = bench.supervisor.add({ node: 2n });
    bench.supervisor.add({ node: 1n, status: 'processing', then: [[5000, 'rejected']] });
    const result = await bench.clock.run(
      bench.deployment().wait({ after, runtime: 'iggy', action: 'restart', nodes: [1n] }),
    );
    assert.deepEqual([result.outcome, result.exitCode], ['rejected', 3]);
  });

  it('gives up when its time is over', async () => {
    const id = bench.supervisor.add({ status: 'processing' });
    const result = await bench.clock.run(bench.deployment().wait({ ids: [id], timeoutMs: 1000 }));
    assert.deepEqual(
      [result.outcome, result.exitCode, result.resume],
      ['timed_out', 8, `ldctl activities wait ${id} --deployment 71`],
    );
  });

  for (const request of [
    {},
    { ids: [] },
    { ids: ['7'] },
    { ids: [7n], after: 3n },
    { after: 3n },
    { after: 3n, runtime: 'iggy' },
    null,
  ]) {
    it(`is refused: ${JSON.stringify(request, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}`, async () => {
      const run = bench.deployment().wait(request as unknown as WaitRequest);
      await assert.rejects(run, (error: LdctlError) => error.exitCode === 2 && error.message.startsWith('wait: '));
      assert.equal(bench.supervisor.reads.length, 0);
    });
  }
});
