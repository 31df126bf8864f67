// A key that the server does not know is in nothing that is thrown, wherever one looks.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { connect, LdctlError } from 'ldctl';
import { startSandbox } from 'ldctl/sandbox';

const SECRET = 'Q7x2Lm9ZpW4vT8sB3nK6yR1dF5hJ0cGa';
const RESTART = { runtime: 'iggy', action: 'restart' } as const;

const sandbox = await startSandbox();
const { supervisorUrl, deploymentId, nodeIds: nodes } = sandbox;
const wrong = connect({ supervisorUrl, deploymentId, apiKey: `ld_pk_${SECRET}` });
const thrown = [
  await errorOf(() => wrong.trigger(RESTART)),
  await errorOf(() => wrong.roll({ ...RESTART, nodes })),
  await errorOf(() => wrong.wait({ ids: [1n] })),
  await errorOf(() => wrong.activities().next()),
  await errorOf(() => wrong.follow().next()),
];
await sandbox.stop();
assert.deepEqual(
  thrown.map((error) => error instanceof LdctlError && error.exitCode),
  [4, 4, 4, 4, 4],
);
// The server is gone, and the key is none, or no text, or stands where the address belongs.
thrown.push(await errorOf(() => wrong.trigger(RESTART)));
for (const apiKey of [`ld_pk_${SECRET}\n${SECRET}`, [SECRET] as unknown as string]) {
  thrown.push(
    await errorOf(() => connect({ supervisorUrl, deploymentId, apiKey }).trigger(RESTART)),
  );
}
const swapped = { supervisorUrl: `ld_pk_${SECRET}`, deploymentId, apiKey: 'a' };
thrown.push(await errorOf(() => connect(swapped).trigger(RESTART)));

const everything = {
  depth: null,
  showHidden: true,
  getters: true,
  maxArrayLength: null,
  maxStringLength: null,
};
for (const error of [...thrown, wrong]) {
  assert.ok(error !== undefined, 'nothing was thrown');
  const asJson = JSON.stringify(error, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  for (const text of [inspect(error, everything), asJson]) assert.ok(!text.includes(SECRET), text);
}

async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}
