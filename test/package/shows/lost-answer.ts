// An answer is lost on its way back: the log tells that it was carried out, and nothing is sent again.
import assert from 'node:assert/strict';
import { connect } from 'ldctl';
import { startSandbox } from 'ldctl/sandbox';

// A server that would do it twice, if it were asked twice.
const sandbox = await startSandbox({ appearMs: 0, workMs: 50, dropPosts: 1, ignoreIdempotency: true });
const { supervisorUrl, deploymentId, apiKey, tenantId } = sandbox;
const result = await connect({ supervisorUrl, deploymentId, apiKey, tenantId }).trigger({
  runtime: 'iggy',
  action: 'restart',
});
await sandbox.stop();

assert.deepEqual([result.outcome, result.exitCode, result.recovered], ['completed', 0, true]);
assert.deepEqual(
  result.nodes.map(({ node_id }) => node_id),
  sandbox.nodeIds,
);
assert.equal(sandbox.record.dispatches.length, 1);
