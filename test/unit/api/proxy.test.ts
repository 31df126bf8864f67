import assert from 'node:assert/strict';
import { proxyFor } from '../../../src/api/proxy.js';
import { UsageError } from '../../../src/base/errors.js';

const URL_OF_API = 'https://supervisor.test';

describe('the proxy of a URL', () => {
  const proxied = (env: Record<string, string>, url = URL_OF_API): string | undefined =>
    proxyFor(new URL(url), env)?.href;

  it('comes from HTTPS_PROXY, in either case', () => {
    assert.equal(proxied({}), undefined);
    assert.equal(proxied({ HTTPS_PROXY: 'http://proxy.corp:3128' }), 'http://proxy.corp:3128/');
    assert.equal(proxied({ https_proxy: 'https://proxy.corp' }), 'https://proxy.corp/');
    assert.equal(proxied({ https_proxy: '', HTTPS_PROXY: 'http://proxy.corp:3128' }), 'http://proxy.corp:3128/');
  });

  it('is spoken to in plain HTTP unless it says otherwise', () => {
    assert.equal(proxied({ HTTPS_PROXY: 'proxy.corp:3128' }), 'http://proxy.corp:3128/');
  });

  it('is none for the hosts in NO_PROXY', () => {
    const HTTPS_PROXY = 'http://proxy.corp:3128';
    const naming = [
      ...[
        'supervisor.test',
        'Supervisor.TEST',
        'a.test, supervisor.test',
        'a.test supervisor.test',
        ',supervisor.test',
      ],
      ...['.test', '*.test', '*', 'a.test,*', 'supervisor.test:443', '*.test:443'],
    ];
    for (const list of naming) {
      assert.equal(proxied({ HTTPS_PROXY, NO_PROXY: list }), undefined, list);
      assert.equal(proxied({ HTTPS_PROXY, no_proxy: list }), undefined, list);
    }
    for (const list of [
      '',
      ',',
      'other.test',
      'test',
      'visor.test',
      '.supervisor.test',
      'supervisor.test:8443',
      '*.test:8443',
    ]) {
      assert.equal(proxied({ HTTPS_PROXY, NO_PROXY: list }), 'http://proxy.corp:3128/', list);
    }
  });

  it('is none for an address in NO_PROXY, and a port that is not the default', () => {
    const env = { HTTPS_PROXY: 'http://proxy.corp:3128', NO_PROXY: '10.0.0.7,[fd00::7],other.test:8443' };
    for (const url of ['https://10.0.0.7', 'https://[fd00::7]:8443', 'https://other.test:8443']) {
      assert.equal(proxied(env, url), undefined, url);
    }
    assert.equal(proxied(env, 'https://other.test'), 'http://proxy.corp:3128/');
  });

  it('is none on this machine', () => {
    const env = { HTTPS_PROXY: 'http://proxy.corp:3128', HTTP_PROXY: 'http://proxy.corp:3128' };
    for (const url of ['http://127.0.0.1:80', 'https://localhost', 'https://127.9.9.9', 'https://[::1]']) {
      assert.equal(proxied(env, url), undefined, url);
    }
  });

  it('is not taken from the variables for other schemes', () => {
    assert.equal(proxied({ HTTP_PROXY: 'http://proxy.corp:3128', ALL_PROXY: 'socks5://proxy.corp' }), undefined);
  });

  it('has to be an HTTP proxy; its password is not repeated', () => {
    for (const HTTPS_PROXY of ['socks5://me:hunter2@proxy.corp', 'http://me:hunter2@proxy.corp:port']) {
      assert.throws(
        () => proxied({ HTTPS_PROXY }),
        (error) => {
          assert.ok(error instanceof UsageError);
          assert.equal(error.code, 'invalid_proxy');
          const said = `${error.message} ${error.hint ?? ''}`;
          assert.match(said, /HTTPS_PROXY.*http:\/\/HOST:PORT/);
          assert.doesNotMatch(said, /hunter2/);
          return true;
        },
      );
    }
  });
});
