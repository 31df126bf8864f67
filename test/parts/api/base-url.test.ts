import assert from 'node:assert/strict';
import { endpoint, parseBaseUrl } from '../../../src/api/base-url.js';
import { UsageError } from '../../../src/base/errors.js';

describe('a base URL', () => {
  it('is https, with or without a slash at the end, and keeps a path in front; a colon stays as it is', () => {
    for (const [text, url] of [
      [
        'https://supervisor-aws-us.laserdata.cloud',
        'https://supervisor-aws-us.laserdata.cloud/deployments/7:1',
      ],
      [
        'https://supervisor-aws-us.laserdata.cloud/',
        'https://supervisor-aws-us.laserdata.cloud/deployments/7:1',
      ],
      ['https://Gateway.corp:8443/ld/v1//', 'https://gateway.corp:8443/ld/v1/deployments/7:1'],
    ] as const) {
      assert.equal(endpoint(parseBaseUrl(text, 'url'), '/deployments/7:1').href, url);
    }
    assert.equal(parseBaseUrl('https://host/ld//', 'url').href, 'https://host/ld');
  });

  it('is http on this machine only', () => {
    const here = [
      '127.0.0.1',
      '127.0.0.1:8080',
      '127.8.9.10',
      '127.1',
      'localhost:80',
      'LOCALHOST',
      '[::1]:3000',
    ];
    for (const host of here) {
      assert.equal(parseBaseUrl(`http://${host}`, 'url').protocol, 'http:', host);
    }
  });

  const elsewhere = [
    'example.com',
    '10.0.0.1',
    '128.0.0.1',
    '0.0.0.0',
    '127.0.0.1.test',
    'localhost.test',
    '[::2]',
  ];
  const secrets = [
    'me:hunter2@host',
    'hunter2@host',
    ':hunter2@host',
    'host/?k=hunter2',
    'host/#hunter2',
  ];
  const others = [
    ...['', 'host', '/deployments', 'https://', 'https://a b', 'ld_pk_hunter2'],
    ...['ftp://host', 'ws://host', 'file:///etc/passwd', 'localhost:8080'],
    ...secrets.map((rest) => `https://${rest}`),
    ...['https://host?', 'https://host#'],
  ];
  const refused: Array<[texts: string[], message: RegExp, hint: RegExp]> = [
    [others, /is not the base URL of an API/, /https:\/\/HOST.* without a user name/],
    [elsewhere.map((host) => `http://${host}`), /unencrypted/, /Write https:\/\/.*127\.0\.0\.1/],
  ];
  for (const [texts, message, hint] of refused) {
    it(`${String(message)}: refused, with how to write it, and nothing that may be a secret`, () => {
      for (const text of texts) {
        const isRefused = (error: unknown): boolean => {
          assert.ok(error instanceof UsageError && error.code === 'invalid_url', text);
          assert.match(error.message, /^--supervisor-url/);
          assert.match(error.message, message);
          assert.match(error.hint ?? '', hint);
          assert.doesNotMatch(`${error.message} ${error.hint}`, /hunter2/);
          return true;
        };
        assert.throws(() => parseBaseUrl(text, '--supervisor-url'), isRefused);
      }
    });
  }
});
