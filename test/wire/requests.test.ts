import assert from 'node:assert/strict';
import { CoreApi } from '../../src/api/core-api.js';
import { ApiKey } from '../../src/base/secret.js';
import { withEnv } from '../helpers/env.js';
import {
  reply,
  REQUEST_ID,
  startServer,
  type ScriptedServer,
  type Step,
} from '../helpers/server.js';
import { client, DEPLOYMENT, EMPTY_PAGE, ENTRY, KEY, LOG_PATH, QUERY, RESTART } from './wire.js';
import { fails } from '../helpers/failure.js';

describe('what is sent', () => {
  let server: ScriptedServer;
  const serve = async (...steps: Step[]) => {
    server = await startServer(steps);
    return client(server.url);
  };
  const sent = (at = 0) => server.requests[at] ?? assert.fail('no such request');
  afterEach(() => server.close());

  it('triggers by one POST: path, canonical body, key, idempotency key', async () => {
    const api = await serve(
      reply(202, null, { date: 'Mon, 01 Jun 2026 12:00:00 GMT', 'idempotent-replayed': 'true' }),
    );
    const nodes = [18446744073709551615n, 610809900976570889n];
    const accepted = await api.trigger({ ...RESTART, nodes });
    assert.deepEqual(accepted, {
      requestId: REQUEST_ID,
      replayed: true,
      serverTime: Date.UTC(2026, 5, 1, 12),
    });
    const { method, url, body, headers } = sent();
    assert.deepEqual([method, url], ['POST', `${LOG_PATH}/iggy/restart`]);
    assert.equal(body, '{"nodes":[610809900976570889,18446744073709551615]}');
    assert.equal(headers['ld-api-key'], KEY);
    assert.equal(headers['idempotency-key'], RESTART.wireKey);
    assert.equal(headers['content-type'], 'application/json');
    assert.match(headers['user-agent'] ?? '', /^ldctl\/\d+\.\d+\.\d+/);
    assert.deepEqual([headers.accept, headers['accept-encoding']], ['application/json', undefined]);
  });

  it('lists by page, and reads ids without losing a digit', async () => {
    const api = await serve(
      reply(
        200,
        { items: [ENTRY], page: 2, total_results: 101, total_pages: 2 },
        // A cache has kept it for a while, so it does not tell the time.
        { date: 'Mon, 01 Jun 2026 12:00:00 GMT', age: '90' },
      ),
    );
    const page = await api.list(DEPLOYMENT, { page: 2, results: 100 });
    assert.equal(sent().url, `${LOG_PATH}?page=2&results=100`);
    assert.equal(sent().headers['cache-control'], 'no-cache');
    assert.deepEqual(page, {
      items: [ENTRY],
      page: 2,
      total_results: 101,
      total_pages: 2,
      requestId: REQUEST_ID,
      serverTime: null,
    });
  });

  it('keeps a path in front of the API', async () => {
    await serve(reply(200, EMPTY_PAGE));
    await client(`${server.url}/gateway/v1/`, { apiKey: new ApiKey(KEY) }).list(DEPLOYMENT, QUERY);
    assert.equal(sent().headers['ld-api-key'], KEY);
    assert.equal(sent().url, `/gateway/v1${LOG_PATH}?page=1&results=10`);
  });

  it('is nothing when the request cannot be right', async () => {
    const api = await serve();
    await fails(api.trigger({ ...RESTART, nodes: [] }), {
      code: 'no_nodes',
      message: 'no node was given',
    });
    for (const apiKey of ['', 'key\n', 'ключ']) {
      assert.throws(() => client(server.url, { apiKey }), {
        code: 'invalid_api_key',
        message: /^the API key is/,
      });
    }
    assert.throws(() => client('ftp://host'), {
      name: 'UsageError',
      message: /^the supervisor URL is not/,
    });
    assert.throws(() => new CoreApi({ url: '', apiKey: KEY }), {
      name: 'UsageError',
      message: /^the API URL is not/,
    });
    assert.deepEqual(server.requests, []);
  });

  it('is nothing where the proxy is none that can be used; its password is not repeated', async () => {
    await serve();
    for (const HTTPS_PROXY of [
      'socks5://me:hunter2@proxy.corp',
      'http://me:hunter2@proxy.corp:port',
    ]) {
      await withEnv(
        { https_proxy: undefined, NO_PROXY: undefined, no_proxy: undefined, HTTPS_PROXY },
        () => {
          const made = () => client('https://supervisor.test');
          assert.throws(made, {
            code: 'invalid_proxy',
            message: /^HTTPS_PROXY is not/,
            hint: /http:\/\/HOST:PORT/,
          });
          return Promise.resolve();
        },
      );
    }
  });

  it('goes to Core by the paths of the contract', async () => {
    const permissions = { tenant: [], division: [], environment: [], divisions: {} };
    const context = { id: 1n, name: 'ci', role_name: 'operator', permissions };
    const structure = { id: 18446744073709551615n, name: 'Acme', divisions: [] };
    const deployment = { id: 4n, name: 'prices', nodes_count: 3, supervisor_url: null };
    await serve(reply(200, { api_key: context }), reply(200, structure), reply(200, deployment));
    const core = new CoreApi({ url: server.url, apiKey: KEY });
    assert.deepEqual(await core.keyContext(18446744073709551615n), context);
    assert.deepEqual(await core.structure(18446744073709551615n), structure);
    const at = {
      tenantId: 1n,
      divisionId: 2n,
      environmentId: 18446744073709551615n,
      deploymentId: 4n,
    };
    assert.deepEqual(await core.deployment(at), deployment);
    assert.equal(
      sent(2).url,
      '/tenants/1/divisions/2/environments/18446744073709551615/deployments/4',
    );
    assert.equal(sent(0).url, '/tenants/18446744073709551615/api_keys/context');
    assert.equal(sent(1).url, '/tenants/18446744073709551615/structure');
    assert.equal(sent(0).headers['ld-api-key'], KEY);
  });
});
