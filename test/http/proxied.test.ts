import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { TransportError } from '../../src/api/index.js';
import { TunnelAgent, ProxyConnectError } from '../../src/api/tunnel.js';
import { withEnv } from '../helpers/env.js';
import { reply, startServer, unusedPort, type ScriptedServer } from '../helpers/server.js';
import { type Certificate, createAuthority } from './certificates.js';
import { startProxy, type TestProxy } from './proxy-server.js';
import { client, failure, RESTART } from './wire.js';

const TRUSTED = createAuthority('ldctl test authority');
const REMOTE = 'supervisor.test';

describe('a tunnel', () => {
  let server: ScriptedServer;
  let proxy: TestProxy;
  const begin = async (certificate: Certificate) => {
    server = await startServer(reply(204), { tls: certificate });
    proxy = await startProxy(server.port);
  };
  beforeEach(() => begin(TRUSTED.issue([REMOTE])));
  afterEach(async () => {
    proxy.close();
    await server.close();
  });
  const restart = async (certificate: Certificate) => {
    proxy.close();
    await server.close();
    await begin(certificate);
  };
  /** The status that a GET through a tunnel ends with. */
  const get = async (host: string, proxyUrl = proxy.url) => {
    const agent = new TunnelAgent(new URL(proxyUrl), { keepAlive: false });
    const [answer] = (await once(httpsRequest({ host, agent, ca: TRUSTED.cert }).end(), 'response')) as [
      { statusCode: number },
    ];
    return answer.statusCode;
  };
  const fault = async (proxyUrl?: string) => {
    const error: unknown = await get(REMOTE, proxyUrl).catch((cause: unknown) => cause);
    assert.ok(error instanceof ProxyConnectError, String(error));
    return error;
  };

  it('leads to the host, past the proxy', async () => {
    assert.equal(await get(REMOTE), 204);
    assert.deepEqual(
      proxy.connects.map(({ to }) => to),
      [`${REMOTE}:443`],
    );
    assert.equal(proxy.connects[0]?.headers['proxy-authorization'], undefined);
  });

  it('ends at a certificate for the host: by its name, or by its address', async () => {
    const otherName = { code: 'ERR_TLS_CERT_ALTNAME_INVALID' };
    await restart(TRUSTED.issue(['203.0.113.7']));
    assert.equal(await get('203.0.113.7'), 204);
    for (const host of [REMOTE, '203.0.113.8']) await assert.rejects(get(host), otherName);
    await restart(TRUSTED.issue(['127.0.0.1']));
    await assert.rejects(get('203.0.113.7'), otherName);
  });

  it('is asked for with user and password, which the agent does not show', async () => {
    const sent = async (credentials: string) => {
      await get(REMOTE, proxy.url.replace('//', `//${credentials}@`));
      const [, base64] = proxy.connects.at(-1)?.headers['proxy-authorization']?.split('Basic ') ?? [];
      return Buffer.from(base64 ?? '', 'base64').toString();
    };
    assert.equal(await sent('ci:s%20cret'), 'ci:s cret');
    assert.equal(await sent('c%40i'), 'c@i:');
    assert.equal(await sent(':cret'), ':cret');
    const agent = new TunnelAgent(new URL('http://ci:hunter2@proxy.corp'), { keepAlive: false });
    assert.equal(agent.proxy.href, 'http://proxy.corp/');
  });

  it('that is refused is no answer of the host', async () => {
    for (const status of [202, 403, 503]) {
      proxy.conduct = status;
      assert.deepEqual(await fault(), new ProxyConnectError(status));
    }
  });

  it('that the proxy cannot be asked for says why', async () => {
    assert.deepEqual(
      await fault(`http://127.0.0.1:${await unusedPort()}`),
      new ProxyConnectError(null, 'ECONNREFUSED'),
    );
    proxy.conduct = 'hang up';
    assert.equal((await fault()).status, null);
  });

  it('is not asked for at a proxy over TLS whose certificate nobody vouches for', async () => {
    const { status, code } = await withEnv({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, () => fault(server.url));
    assert.deepEqual([status, code], [null, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']);
  });

  it('takes the requests of a client, and is given up with them', async () => {
    const env = { HTTPS_PROXY: proxy.url, https_proxy: undefined, NO_PROXY: undefined, no_proxy: undefined };
    const triggerFails = () =>
      withEnv(env, () => {
        const api = client(`https://${REMOTE}`, { requestTimeoutMs: 400 });
        return failure(api.trigger(RESTART), TransportError);
      });
    proxy.conduct = 403;
    const refused = await triggerFails();
    assert.deepEqual([refused.code, refused.sent], ['proxy_refused', 'no']);
    proxy.conduct = 'silent';
    const silent = await triggerFails();
    assert.match(silent.message, /through the proxy 127\.0\.0\.1:\d+ within 0\.4s/);
    await proxy.abandoned;
  });
});
