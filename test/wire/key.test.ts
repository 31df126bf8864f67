import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import {
  hangUp,
  reply,
  stall,
  startServer,
  unusedPort,
  type ScriptedServer,
  type Step,
} from '../helpers/server.js';
import { fileURLToPath } from 'node:url';
import { LOADER } from '../helpers/loader.js';
import { startProxy } from './proxy-server.js';
import { client, DEPLOYMENT, EMPTY_PAGE, failure, KEY, QUERY, RESTART } from './wire.js';

/** Enough of the key to be a leak. */
const PART = KEY.slice(8, 24);

/** All the ways in which something may end up in front of somebody. */
function everyFormOf(value: unknown): string[] {
  const inspected = inspect(value, { depth: Infinity, showHidden: true, getters: true });
  const forms = [inspected, String(value), JSON.stringify(value)];
  if (!(value instanceof Error)) return forms;
  return [
    ...forms,
    value.stack ?? '',
    JSON.stringify(Object.entries(value)),
    ...everyFormOf(value.cause ?? null),
  ];
}

function assertNoKeyIn(value: unknown): void {
  for (const form of everyFormOf(value)) assert.ok(!form.includes(PART), form);
}

describe('the API key', () => {
  const echo = { ...EMPTY_PAGE, code: KEY, reason: `no ${KEY}`, instance: KEY, items: KEY };
  const echoing: [string, Step][] = [
    ['a problem that echoes it', reply(401, echo, { 'ld-request': KEY, 'retry-after': KEY })],
    ['a page that echoes it', reply(502, `<b>${KEY}</b>`, { 'content-type': KEY })],
    ['a redirect to it', reply(302, null, { location: `https://${KEY}@evil.test/${KEY}` })],
    ['an answer of another shape', reply(200, echo)],
    ['an answer that is not JSON', reply(200, `{"${KEY}":1,"${KEY}":2}`)],
    ['an encoding that is its name', reply(200, 'x', { 'content-encoding': KEY })],
    ['a lost connection', hangUp],
    ['a timeout', stall],
  ];
  for (const [what, step] of echoing) {
    it(`is in no error: ${what}`, async () => {
      const server = await startServer([step, step]);
      const trace: string[] = [];
      const api = client(server.url, {
        requestTimeoutMs: 400,
        onTrace: (line) => trace.push(line),
      });
      assertNoKeyIn(await failure(api.list(DEPLOYMENT, QUERY, { tries: 'one' }), Error));
      assertNoKeyIn(await failure(api.trigger(RESTART), Error));
      assert.equal(trace.length, 2);
      assertNoKeyIn(trace);
      await server.close();
    });
  }

  it('is in no error of a connection that was never made', async () => {
    assertNoKeyIn(
      await failure(client(`http://127.0.0.1:${await unusedPort()}`).trigger(RESTART), Error),
    );
  });

  it('is not to be seen in the client, before, while and after it is used', async () => {
    const server = await startServer([reply(200, EMPTY_PAGE), stall]);
    const api = client(server.url, { requestTimeoutMs: 400 });
    assertNoKeyIn(api);
    await api.list(DEPLOYMENT, QUERY);
    const call = failure(api.trigger(RESTART), Error);
    assertNoKeyIn(api);
    await call;
    assertNoKeyIn(api);
    await server.close();
  });
});

describe('a program that uses the client', () => {
  const program = fileURLToPath(import.meta.resolve('./one-call.js'));
  let server: ScriptedServer;
  afterEach(() => server.close());

  const run = async (url: string, env: Record<string, string>) => {
    const child = spawn(process.execPath, [...LOADER, program, url], {
      env: { ...process.env, ...env },
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number]>,
    ]);
    return { code, output: stdout + stderr };
  };

  it('ends by itself, though the server would keep the connection; DEBUG=* does not show the key', async () => {
    server = await startServer([reply(200, EMPTY_PAGE), reply(403)]);
    const { code, output } = await run(server.url, { DEBUG: '*' });
    assert.equal(code, 0, output);
    assert.match(output, /"http_403"/);
    assert.ok(!output.includes(PART), output);
  });

  it('shows neither the key nor the password of a proxy under DEBUG=*', async () => {
    server = await startServer([]);
    const proxy = await startProxy(server.port);
    proxy.conduct = 403;
    const HTTPS_PROXY = proxy.url.replace('//', '//ci:hunter2@');
    const { output } = await run('https://supervisor.test', {
      DEBUG: '*',
      HTTPS_PROXY,
      NO_PROXY: '',
      no_proxy: '',
    });
    proxy.close();
    assert.match(output, /https-proxy-agent/);
    assert.match(output, /proxy_refused/);
    assert.ok(!output.includes(PART) && !output.includes('hunter2'), output);
  });
});
