// A node rejects the action: that is a result, not an error, and it says which node.
import assert from 'node:assert/strict';
import { connect, type RunEvent } from 'ldctl';
import { startSandbox } from 'ldctl/sandbox';

const sandbox = await startSandbox({ appearMs: 0, workMs: 50, reject: [3] });
const { supervisorUrl, deploymentId, apiKey, nodeIds } = sandbox;
const events: RunEvent[] = [];
const result = await connect({ supervisorUrl, deploymentId, apiKey }).trigger(
  { runtime: 'iggy', action: 'restart', nodes: nodeIds },
  { onEvent: (event) => void events.push(event) },
);
await sandbox.stop();

assert.deepEqual([result.outcome, result.exitCode], ['rejected', 3]);
assert.deepEqual(
  result.nodes.map(({ node_id, status }) => [node_id, status]),
  [
    [nodeIds[0], 'completed'],
    [nodeIds[1], 'completed'],
    [nodeIds[2], 'rejected'],
  ],
);
assert.equal(events[0]?.event, 'dispatched');
const last = events.at(-1);
assert.ok(last?.event === 'result' && last.outcome === 'rejected');
