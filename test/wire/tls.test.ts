import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hangUp, reply, startServer, type ScriptedServer, type Step } from '../helpers/server.js';
import { createAuthority, type Certificate } from './certificates.js';
import { ChildClient } from './child.js';
import { startProxy, type TestProxy } from './proxy-server.js';
import { EMPTY_ANSWER, EMPTY_PAGE, KEY } from './wire.js';

const TRUSTED = createAuthority('ldctl test authority');
const NAMES = ['supervisor.test', '127.0.0.1'];
const EXPIRED = new Date(Date.now() - 24 * 60 * 60 * 1000);

/** A host that is reached through the proxy only. */
const REMOTE = 'https://supervisor.test';
/** This machine by an address that is not a loopback one, so that a proxy would be asked. */
const THIS_MACHINE = '0.0.0.0';

describe('over TLS', () => {
  let folder: string;
  let child: ChildClient;
  let server: ScriptedServer;

  const serve = async (certificate: Certificate, ...steps: Step[]) => {
    server = await startServer(steps, { tls: certificate });
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-tls-'));
    const file = join(folder, 'authority.pem');
    writeFileSync(file, TRUSTED.cert);
    child = new ChildClient({ NODE_EXTRA_CA_CERTS: file });
  });

  after(async () => {
    await child.close();
    rmSync(folder, { recursive: true });
  });

  afterEach(() => server.close());

  describe('a certificate', () => {
    it('of the authority that NODE_EXTRA_CA_CERTS names is trusted', async () => {
      await serve(TRUSTED.issue(NAMES), reply(200, EMPTY_PAGE), reply(202));
      assert.deepEqual(await child.run({ url: server.url, call: 'list' }), { value: EMPTY_ANSWER });
      assert.ok('value' in (await child.run({ url: server.url, call: 'trigger' })));
    });

    it('that is trusted is what the request waits for: after that it may have been sent', async () => {
      await serve(TRUSTED.issue(NAMES), hangUp);
      const error = await child.failure({ url: server.url, call: 'trigger' });
      assert.deepEqual([error.code, error.sent], ['connection_lost', 'maybe']);
    });

    const strangers: [string, Certificate, string][] = [
      [
        'of an unknown authority',
        createAuthority('stranger').issue(NAMES),
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      ],
      ['that signed itself', createAuthority('127.0.0.1'), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
      ['that has expired', TRUSTED.issue(NAMES, EXPIRED), 'CERT_HAS_EXPIRED'],
      ['for another name', TRUSTED.issue(['other.test']), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ];
    for (const [what, certificate, code] of strangers) {
      it(`${what} is not: nothing is sent, and trying again is no use`, async () => {
        await serve(certificate);
        for (const env of [{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }]) {
          const error = await child.failure({ url: server.url, call: 'trigger', env });
          assert.deepEqual([error.code, error.sent, error.transient], ['certificate', 'no', false]);
          assert.match(
            error.message,
            /^the certificate of 127\.0\.0\.1:\d+ does not verify \(\w+\)$/,
          );
          assert.ok(error.message.includes(code), error.message);
          assert.match(error.hint ?? '', /NODE_EXTRA_CA_CERTS/);
        }
        assert.deepEqual(server.requests, []);
      });
    }
  });

  describe('a proxy', () => {
    let proxy: TestProxy;
    const through = (
      call: 'list' | 'trigger',
      more: { proxy?: string; requestTimeoutMs?: number } = {},
    ) => ({
      url: REMOTE,
      call,
      env: { HTTPS_PROXY: more.proxy ?? proxy.url },
      requestTimeoutMs: more.requestTimeoutMs,
    });
    beforeEach(async () => {
      await serve(TRUSTED.issue(NAMES));
      proxy = await startProxy(server.port);
    });
    afterEach(() => proxy.close());
    const restart = async (certificate: Certificate, ...steps: Step[]) => {
      proxy.close();
      await server.close();
      await serve(certificate, ...steps);
      proxy = await startProxy(server.port);
    };

    it('that works is asked for a tunnel to the host, and sees neither key nor request', async () => {
      await restart(TRUSTED.issue(NAMES), reply(200, EMPTY_PAGE), reply(202));
      assert.deepEqual(await child.run(through('list')), { value: EMPTY_ANSWER });
      assert.ok('value' in (await child.run(through('trigger'))));
      assert.deepEqual(
        proxy.connects.map(({ to }) => to),
        ['supervisor.test:443', 'supervisor.test:443'],
      );
      assert.ok(!JSON.stringify(proxy.connects).includes(KEY));
      assert.equal(server.requests[0]?.headers['ld-api-key'], KEY);
      assert.equal(server.requests[0].headers['proxy-authorization'], undefined);
    });

    it('gets the user and password of HTTPS_PROXY', async () => {
      proxy.conduct = 407;
      const withUser = proxy.url.replace('//', '//ci:s%20cret@');
      const error = await child.failure(through('trigger', { proxy: withUser }));
      const expected = `Basic ${Buffer.from('ci:s cret').toString('base64')}`;
      assert.equal(proxy.connects[0]?.headers['proxy-authorization'], expected);
      assert.deepEqual([error.code, error.sent, error.transient], ['proxy_refused', 'no', false]);
      assert.ok(!error.text.includes('s%20cret') && !error.text.includes('s cret'));
    });

    it('that refuses is not mistaken for the API: nothing was sent', async () => {
      for (const [status, transient] of [
        [403, false],
        [503, true],
        [202, false],
      ] as const) {
        proxy.conduct = status;
        const error = await child.failure(through('trigger'));
        assert.deepEqual(
          [error.code, error.sent, error.transient],
          ['proxy_refused', 'no', transient],
        );
        assert.match(
          error.message,
          /the proxy 127\.0\.0\.1:\d+ refused to connect to supervisor\.test/,
        );
        assert.ok(error.message.includes(String(status)));
      }
    });

    it('that hangs up, or is not there: nothing was sent', async () => {
      proxy.conduct = 'hang up';
      const lost = await child.failure(through('trigger'));
      assert.equal(lost.sent, 'no');
      assert.match(lost.message, /the proxy 127\.0\.0\.1/);
      proxy.close();
      const refused = await child.failure(through('trigger'));
      assert.deepEqual([refused.code, refused.sent], ['connection_refused', 'no']);
      assert.match(refused.message, /connection refused by the proxy 127\.0\.0\.1/);
    });

    it('that never answers is given up in time, and its connection with it', async () => {
      proxy.conduct = 'silent';
      for (const call of ['list', 'trigger'] as const) {
        const error = await child.failure(through(call, { requestTimeoutMs: 400 }));
        assert.deepEqual([error.code, error.sent], ['timeout', 'no']);
        assert.match(
          error.message,
          /no connection to supervisor\.test through the proxy 127\S+ within 0\.4s/,
        );
        await proxy.abandoned;
      }
    });

    it('does not stand in for the certificate of the host', async () => {
      await restart(createAuthority('stranger').issue(NAMES));
      const error = await child.failure(through('trigger'));
      assert.deepEqual([error.code, error.sent], ['certificate', 'no']);
      assert.match(error.message, /the certificate of supervisor\.test/);
    });

    it('is not what the certificate of a host by its address is checked against', async () => {
      await restart(TRUSTED.issue(['203.0.113.7']), reply(202));
      const url = 'https://203.0.113.7';
      assert.ok('value' in (await child.run({ ...through('trigger'), url })));
      await restart(TRUSTED.issue(['127.0.0.1']));
      assert.equal((await child.failure({ ...through('trigger'), url })).code, 'certificate');
    });

    it('over TLS has to have a certificate itself', async () => {
      await restart(TRUSTED.issue(NAMES));
      const stranger = await startServer([], {
        tls: createAuthority('stranger').issue(['127.0.0.1']),
      });
      const error = await child.failure(through('trigger', { proxy: stranger.url }));
      assert.deepEqual([error.code, error.sent], ['certificate', 'no']);
      await stranger.close();
    });

    it('is not asked for the hosts in NO_PROXY', async () => {
      await restart(TRUSTED.issue([THIS_MACHINE]), reply(200, EMPTY_PAGE), reply(200, EMPTY_PAGE));
      const url = `https://${THIS_MACHINE}:${server.port}`;
      const env = { HTTPS_PROXY: proxy.url };
      assert.deepEqual(await child.run({ url, call: 'list', env }), { value: EMPTY_ANSWER });
      assert.equal(proxy.connects.length, 1);
      assert.deepEqual(
        await child.run({ url, call: 'list', env: { ...env, NO_PROXY: `a.test,${THIS_MACHINE}` } }),
        {
          value: EMPTY_ANSWER,
        },
      );
      assert.equal(proxy.connects.length, 1);
    });

    it('is never asked for this machine', async () => {
      await restart(TRUSTED.issue(NAMES), reply(200, EMPTY_PAGE));
      await child.run({ url: server.url, call: 'list', env: { HTTPS_PROXY: proxy.url } });
      assert.deepEqual(proxy.connects, []);
    });
  });
});
