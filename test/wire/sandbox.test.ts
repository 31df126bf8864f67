import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parse } from 'lossless-json';
import { LOADER } from '../helpers/loader.js';
import {
  startSandbox,
  type RunningSandbox,
  type SandboxRecord,
  type StartSandboxOptions,
} from '../../src/sandbox/index.js';

const FAST: StartSandboxOptions = { appearMs: 0, workMs: 0, history: 0, seed: 7 };

describe('startSandbox, over real sockets', () => {
  let server: RunningSandbox | undefined;

  async function serve(options: StartSandboxOptions = {}): Promise<RunningSandbox> {
    return (server = await startSandbox({ ...FAST, ...options }));
  }
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  function get({ deploymentId, apiUrl, apiKey }: RunningSandbox): Promise<Response> {
    return fetch(`${apiUrl}/deployments/${deploymentId}/activities`, {
      headers: { 'ld-api-key': apiKey },
    });
  }

  function post(
    { deploymentId, apiUrl, apiKey }: RunningSandbox,
    key: string,
    body = '{}',
  ): Promise<Response> {
    // As curl -d declares it, which is no matter.
    const headers = {
      'ld-api-key': apiKey,
      'idempotency-key': key,
      'content-type': 'application/x-www-form-urlencoded',
    };
    return fetch(`${apiUrl}/deployments/${deploymentId}/activities/iggy/restart`, {
      method: 'POST',
      headers,
      body,
    });
  }

  /** What came of a request: its status, or `lost` when no answer came. */
  function fate(answer: Promise<Response>): Promise<number | 'lost'> {
    return answer.then(
      (response) => response.status,
      () => 'lost',
    );
  }

  it('listens on loopback only, and tells its record without a key', async () => {
    const running = await serve();
    assert.equal(new URL(running.apiUrl).hostname, '127.0.0.1');
    await post(running, 'mine');
    const told = await (await fetch(`${running.apiUrl}/sandbox/record`)).text();
    const { posts } = parse(told, undefined, BigInt) as SandboxRecord;
    const [{ idempotency_key: key, outcome } = {}] = posts;
    assert.deepEqual({ key, outcome }, { key: 'mine', outcome: 'accepted' });
    assert.doesNotMatch(told, /ld_pk_/);
  });

  it('is undisturbed by a caller that goes away in the middle', async () => {
    const running = await serve();
    const socket = connect(Number(new URL(running.apiUrl).port), '127.0.0.1');
    await once(socket, 'connect');
    const line = 'POST /deployments/1/activities/iggy/restart HTTP/1.1\r\nhost: localhost';
    socket.write(`${line}\r\ncontent-length: 99\r\n\r\n{"no`);
    socket.destroy();
    assert.equal(await fate(get(running)), 200);
    assert.deepEqual(running.record.posts, []);
  });

  it('stops at once, twice and as a resource, idle connections and held answers or not', async () => {
    const running = await serve({ answerMs: 60_000 });
    await get(running);
    const held = fate(post(running, 'k'));
    while (running.record.posts.length === 0) await sleep(1);
    await running.stop();
    assert.equal(await held, 'lost');
    await running[Symbol.asyncDispose]();
    await assert.rejects(fetch(running.apiUrl), TypeError);
  });

  it('keeps no process alive once it is stopped, prints nothing and adds no signal handler', async () => {
    const url = import.meta.resolve('../../src/sandbox/index.js');
    const program = `import { startSandbox } from ${JSON.stringify(url)};
      const before = process.eventNames().join();
      const sandbox = await startSandbox({ stuck: [1] });
      await fetch(sandbox.apiUrl + '/sandbox/record', { keepalive: true }).then((answer) => answer.json());
      if (process.eventNames().join() !== before) throw new Error('a handler was added');
      await sandbox.stop();`;
    const args = [...LOADER, '--input-type=module', '-e', program];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
      timeout: 30_000,
    });
    assert.deepEqual([stdout, stderr], ['', '']);
  });
});
