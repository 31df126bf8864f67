// Two processes share a journal, and use one key at the same moment, with a server that ignores keys: one dispatch.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from 'ldctl';
import { startSandbox } from 'ldctl/sandbox';

const [, , journal] = process.argv;
await (journal === undefined ? parent() : child(journal));

async function parent(): Promise<void> {
  const folder: string = await mkdtemp(join(tmpdir(), 'ldctl-journal-'));
  const sandbox = await startSandbox({ appearMs: 0, workMs: 100, ignoreIdempotency: true });
  try {
    const children = [1, 2].map(() =>
      fork(fileURLToPath(import.meta.url), [folder], { env: { ...process.env, ...sandbox.env } }),
    );
    const said = (one: (typeof children)[number], event: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        one.once(event, resolve);
        one.once('exit', (code: number | null) => reject(new Error(`ended with ${code}`)));
      });
    await Promise.all(children.map((one) => said(one, 'message')));
    const results = children.map((one) => said(one, 'message'));
    for (const one of children) one.send('go');
    const ended = await Promise.all(results);
    assert.deepEqual(ended[0], ended[1]);
    assert.match(String(ended[0]), /^completed \d+,\d+,\d+$/);
    assert.equal(sandbox.record.dispatches.length, 1);
  } finally {
    await sandbox.stop();
    await rm(folder, { recursive: true });
  }
}

/** Says that it is ready, waits for the word, and tells how it ended. */
async function child(folder: string): Promise<void> {
  const { LD_SUPERVISOR_URL: supervisorUrl = '', LD_API_KEY: apiKey = '', LD_DEPLOYMENT_ID: id = '' } = process.env;
  const deployment = connect({ supervisorUrl, deploymentId: BigInt(id), apiKey, journal: folder });
  await new Promise((resolve) => {
    process.once('message', resolve);
    process.send?.('ready');
  });
  const { outcome, nodes } = await deployment.trigger({
    runtime: 'iggy',
    action: 'restart',
    idempotencyKey: 'deploy-4711',
  });
  process.send?.(`${outcome} ${nodes.map(({ activity_id }) => activity_id).join()}`);
}
