// A gate that says no halts the roll; called again with the same key, it continues where it was.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'ldctl';
import { startSandbox } from 'ldctl/sandbox';

const journal: string = await mkdtemp(join(tmpdir(), 'ldctl-roll-'));
const sandbox = await startSandbox({ appearMs: 0, workMs: 50, ignoreIdempotency: true });
const { supervisorUrl, deploymentId, apiKey, nodeIds: nodes } = sandbox;
const deployment = connect({ supervisorUrl, deploymentId, apiKey, journal });
const roll = { runtime: 'iggy', action: 'restart', nodes, idempotencyKey: 'roll-4711' } as const;

const halted = await deployment.roll({ ...roll, gate: ({ node_id }) => node_id !== nodes[1] });
assert.deepEqual([halted.outcome, halted.exitCode], ['halted', 9]);
assert.deepEqual(
  halted.nodes.map(({ status }) => status),
  ['completed', 'completed', 'not_started'],
);
const asked: bigint[] = [];
const done = await deployment.roll({ ...roll, gate: ({ node_id }) => asked.push(node_id) > 0 });
assert.equal(done.outcome, 'completed');
assert.deepEqual(asked, nodes.slice(1));
assert.deepEqual(
  sandbox.record.dispatches.flatMap(({ activities }) => activities.map(({ node_id }) => node_id)),
  nodes,
);
await sandbox.stop();
await rm(journal, { recursive: true });
