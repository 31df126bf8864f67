import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SupervisorApi } from '../../../src/api/index.js';
import { startSandbox, type RunningSandbox, type StartSandboxOptions } from '../../../src/sandbox/start-sandbox.js';

const QUICK: StartSandboxOptions = { appearMs: 0, workMs: 0, history: 0 };
const RESTART = { runtime: 'iggy', action: { verb: 'restart' }, wireKey: 'a-key' } as const;

async function inSandbox(
  options: StartSandboxOptions,
  use: (sandbox: RunningSandbox, api: SupervisorApi) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox(options);
  try {
    await use(sandbox, new SupervisorApi({ url: sandbox.supervisorUrl, apiKey: sandbox.apiKey, env: {} }));
  } finally {
    await sandbox.stop();
  }
}

async function statuses(api: SupervisorApi, { deploymentId }: RunningSandbox): Promise<string[]> {
  const { items } = await api.list(deploymentId, { page: 1, results: 100 });
  return items.map(({ node_id, status }) => `${node_id} ${status}`).sort();
}

describe('startSandbox', () => {
  it('serves three nodes, and records one dispatch for a trigger that was sent twice', () =>
    inSandbox(QUICK, async (sandbox, api) => {
      const request = { ...RESTART, deploymentId: sandbox.deploymentId, nodes: null };
      assert.equal((await api.trigger(request)).replayed, false);
      assert.equal((await api.trigger(request)).replayed, true);
      const { dispatches, posts } = sandbox.record;
      assert.deepEqual([dispatches.length, posts.map(({ outcome }) => outcome)], [1, ['accepted', 'replayed']]);
      assert.deepEqual(
        dispatches[0]?.activities.map(({ node_id }) => node_id),
        sandbox.nodeIds,
      );
      assert.deepEqual(sandbox.nodeIds, [610809900976570889n, 610809900976570890n, 610809900976570891n]);
    }));

  it('takes nodes by number and by id, and heals them', () =>
    inSandbox({ ...QUICK, nodes: 4, reject: [1], stuck: [610809900976570890n], missing: [3] }, async (sandbox, api) => {
      const request = { ...RESTART, deploymentId: sandbox.deploymentId, nodes: null };
      await api.trigger(request);
      assert.deepEqual(await statuses(api, sandbox), [
        '610809900976570889 rejected',
        '610809900976570890 processing',
        '610809900976570892 completed',
      ]);
      sandbox.setTrouble(1, undefined);
      await api.trigger({ ...request, nodes: sandbox.nodeIds.slice(0, 1), wireKey: 'another' });
      assert.ok((await statuses(api, sandbox)).includes('610809900976570889 completed'));
      assert.throws(() => sandbox.setTrouble(5, 'reject'), {
        name: 'TypeError',
        message: /no node 5; they are 1 to 4/,
      });
    }));

  it('loses answers, and has its way with idempotency keys', () =>
    inSandbox({ ...QUICK, dropPosts: 1, ignoreIdempotency: true }, async (sandbox, api) => {
      const request = { ...RESTART, deploymentId: sandbox.deploymentId, nodes: null };
      await assert.rejects(api.trigger(request), { name: 'TransportError' });
      await api.trigger(request);
      assert.equal(sandbox.record.dispatches.length, 2);
    }));

  it('tells the variables that point a program at it, and a key of each kind', () =>
    inSandbox({ seed: 7 }, (sandbox) => {
      assert.equal(sandbox.env.LD_API_KEY, sandbox.apiKey);
      assert.equal(sandbox.env.LD_SUPERVISOR_URL, sandbox.apiUrl);
      assert.equal(sandbox.env.LD_DEPLOYMENT_ID, String(sandbox.deploymentId));
      assert.equal(sandbox.env.LDCTL_SANDBOX_READONLY_KEY, sandbox.keys.readonly);
      assert.equal(new Set(Object.values(sandbox.keys)).size, 7);
      assert.equal(sandbox.seed, 7);
      return Promise.resolve();
    }));

  it('the same seed gives the same keys', async () => {
    const keys: string[] = [];
    for (const seed of [3, 3, 4]) await inSandbox({ seed }, ({ apiKey }) => Promise.resolve(void keys.push(apiKey)));
    assert.deepEqual([keys[0] === keys[1], keys[0] === keys[2]], [true, false]);
  });

  it('can be stopped twice, and as a resource', async () => {
    const sandbox = await startSandbox();
    await sandbox[Symbol.asyncDispose]();
    await sandbox.stop();
    await assert.rejects(fetch(sandbox.apiUrl), TypeError);
  });

  it('keeps no process alive once it is stopped, prints nothing and adds no signal handler', async () => {
    const url = new URL('../../../src/sandbox/start-sandbox.ts', import.meta.url).href;
    const program = `import { startSandbox } from ${JSON.stringify(url)};
      const before = process.eventNames().join();
      const sandbox = await startSandbox({ stuck: [1] });
      const held = fetch(sandbox.apiUrl + '/sandbox/record', { keepalive: true }).then((answer) => answer.json());
      await held;
      if (process.eventNames().join() !== before) throw new Error('a handler was added');
      await sandbox.stop();`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', program];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
    assert.deepEqual([stdout, stderr], ['', '']);
  });

  const wrong: Array<[Record<string, unknown>, RegExp]> = [
    [{ nodes: 0 }, /^startSandbox: nodes must be a whole number from 1 to 1000, not 0$/],
    [{ nodes: 2.5 }, /nodes must be .* not 2\.5$/],
    [{ nodes: '3' }, /nodes must be a whole number/],
    [{ workMs: -1 }, /workMs must be a number of milliseconds, not -1$/],
    [{ workMs: '1s' }, /workMs must be a number of milliseconds, not '1s'$/],
    [{ appearMs: NaN }, /appearMs must be a number of milliseconds, or a function/],
    [{ failRate: 1.1 }, /failRate must be a probability from 0 to 1/],
    [{ rateLimit: 0 }, /rateLimit must be a number of requests a second above 0/],
    [{ order: 'up' }, /order must be 'desc' or 'asc', not 'up'$/],
    [{ dropPosts: -1 }, /dropPosts must be a whole number, 0 or more, not -1$/],
    [{ ignoreIdempotency: 1 }, /ignoreIdempotency must be true or false/],
    [{ reject: 1 }, /reject must be a list of nodes/],
    [{ reject: [4] }, /reject: there is no node 4; they are 1 to 3, or 610809900976570889n to 610809900976570891n$/],
    [{ reject: [610809900976570900n] }, /there is no node 610809900976570900;/],
    [
      { reject: [1], stuck: [610809900976570889n] },
      /node 610809900976570889 is named twice among reject, stuck, missing$/,
    ],
    [{ work: 5 }, /there is no option work; there are port, nodes,.* workMs,/],
  ];
  for (const [options, message] of wrong) {
    const name = Object.entries(options)
      .map(([key, value]) => `${key}: ${String(value)}`)
      .join(', ');
    it(`refuses { ${name} }, and says what is right`, async () => {
      await assert.rejects(startSandbox(options), { name: 'TypeError', message });
    });
  }

  it('leaves a port that is taken to the system to explain', () =>
    inSandbox({}, async ({ apiUrl }) => {
      await assert.rejects(startSandbox({ port: Number(new URL(apiUrl).port) }), { code: 'EADDRINUSE' });
    }));
});
