// Twenty jobs at once, with one signal: each has its own node, and none touches the process.
import assert from 'node:assert/strict';
import { connect } from 'ldctl';
import { startSandbox } from 'ldctl/sandbox';

const warnings: unknown[] = [];
process.on('warning', (warning: unknown) => void warnings.push(warning));
const sandbox = await startSandbox({ nodes: 20, appearMs: 0, workMs: 200 });
const { supervisorUrl, deploymentId, apiKey, nodeIds } = sandbox;
const deployment = connect({ supervisorUrl, deploymentId, apiKey });
const { signal } = new AbortController();

const jobs = nodeIds.map((node) =>
  deployment.trigger({ runtime: 'iggy', action: 'restart', nodes: [node] }, { signal }),
);
assert.deepEqual(
  process
    .eventNames()
    .filter((name: unknown) => /^SIG|^uncaught|^unhandled|^beforeExit/.test(String(name))),
  [],
);
const results = await Promise.all(jobs);
await sandbox.stop();

assert.deepEqual(
  results.map(({ outcome, nodes }) => [outcome, nodes[0]?.node_id]),
  nodeIds.map((node) => ['completed', node]),
);
assert.equal(sandbox.record.dispatches.length, 20);
await new Promise((resolve) => setTimeout(resolve, 10));
assert.deepEqual(warnings, []);
