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
// The server is gone, and the key is not one, or not a text, or the address is that of a key.
thrown.push(await errorOf(() => wrong.trigger(RESTART)));
thrown.push(
  await errorOf(() => connect({ supervisorUrl, deploymentId, apiKey: `ld_pk_${SECRET}\n${SECRET}` }).trigger(RESTART)),
);
thrown.push(
  await errorOf(() => connect({ supervisorUrl, deploymentId, apiKey: [SECRET] as unknown as string }).trigger(RESTART)),
);
thrown.push(
  await errorOf(() => connect({ supervisorUrl: `ld_pk_${SECRET}`, deploymentId, apiKey: 'a' }).trigger(RESTART)),
);

for (const error of [...thrown, wrong]) {
  assert.ok(error !== undefined, 'nothing was thrown');
  assert.deepEqual(
    [...textsOf(error)].filter((text) => text.includes(SECRET)),
    [],
  );
}

async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Every text that can be reached from a value: by properties of all kinds, getters, elements, as JSON, and by `inspect`. */
function* textsOf(value: unknown, seen = new Set<unknown>()): Generator<string> {
  if (typeof value === 'string') yield value;
  if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return;
  seen.add(value);
  if (seen.size === 1) {
    yield inspect(value, { depth: null, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null });
    yield JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? String(item) : item));
    if (value instanceof Error) yield value.toString();
  }
  for (
    let owner: object | null = value;
    owner !== null && owner !== Object.prototype && owner !== Function.prototype;
  ) {
    for (const name of Reflect.ownKeys(owner)) {
      yield String(name);
      yield* textsOf(got(value, name), seen);
    }
    owner = Reflect.getPrototypeOf(owner);
  }
  if (value instanceof Map || value instanceof Set) for (const item of value) yield* textsOf(item, seen);
}

function got(value: object, name: string | symbol): unknown {
  try {
    return Reflect.get(value, name);
  } catch {
    return undefined;
  }
}
