// An abort after something was sent returns at once, with the command that takes it up; one before
// that is thrown.
import assert from 'node:assert/strict';
import { connect, LdctlError } from 'ldctl';
import { startSandbox } from 'ldctl/sandbox';

const sandbox = await startSandbox({ appearMs: 0, stuck: [1] });
const { supervisorUrl, deploymentId, apiKey, nodeIds } = sandbox;
const deployment = connect({ supervisorUrl, deploymentId, apiKey });
const request = { runtime: 'iggy', action: 'restart', nodes: nodeIds.slice(0, 1) } as const;

const stop = new AbortController();
let abortedAt = 0;
const result = await deployment.trigger(request, {
  signal: stop.signal,
  onEvent: ({ event }) => {
    if (event !== 'activity') return;
    abortedAt = performance.now();
    stop.abort();
  },
});
// Signals and errors of a process are its own business, not the library's.
const taken = process.eventNames().map(String);
assert.deepEqual(
  taken.filter((name) => /^SIG|^uncaught|^unhandled|^beforeExit/.test(name)),
  [],
);
assert.ok(performance.now() - abortedAt < 1000, 'an abort returns within a second');
assert.deepEqual([result.outcome, result.exitCode], ['interrupted', 130]);
assert.match(String(result.resume), /^ldctl activities wait \d+ /);

await assert.rejects(
  deployment.trigger(request, { signal: stop.signal }),
  (error: unknown) => error instanceof LdctlError && error.exitCode === 130,
);
assert.equal(sandbox.record.posts.length, 1);

// Leaving a loop stops reading.
for await (const activity of deployment.activities()) {
  assert.equal(typeof activity.id, 'bigint');
  break;
}
await sandbox.stop();
