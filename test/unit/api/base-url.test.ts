import assert from 'node:assert/strict';
import { endpoint, parseBaseUrl } from '../../../src/api/base-url.js';
import { UsageError } from '../../../src/base/errors.js';

const refusal = (text: string): UsageError => {
  try {
    parseBaseUrl(text, '--supervisor-url');
  } catch (error) {
    assert.ok(error instanceof UsageError);
    assert.equal(error.code, 'invalid_url');
    assert.match(error.message, /^--supervisor-url/);
    return error;
  }
  return assert.fail(`${text} was taken`);
};

describe('a base URL', () => {
  it('is https, with or without a slash at the end, and keeps a path in front', () => {
    const bases = {
      'https://supervisor-aws-us.laserdata.cloud': 'https://supervisor-aws-us.laserdata.cloud/deployments/7',
      'https://supervisor-aws-us.laserdata.cloud/': 'https://supervisor-aws-us.laserdata.cloud/deployments/7',
      'https://Gateway.corp:8443/ld/v1//': 'https://gateway.corp:8443/ld/v1/deployments/7',
    };
    for (const [text, url] of Object.entries(bases)) {
      assert.equal(endpoint(parseBaseUrl(text, 'url'), '/deployments/7').href, url);
    }
  });

  it('is http on this machine only', () => {
    const here = ['127.0.0.1', '127.0.0.1:8080', '127.8.9.10', '127.1', 'localhost:80', 'LOCALHOST', '[::1]:3000'];
    for (const host of here) {
      assert.equal(parseBaseUrl(`http://${host}`, 'url').protocol, 'http:', host);
    }
    const elsewhere = ['example.com', '10.0.0.1', '128.0.0.1', '0.0.0.0', '127.0.0.1.test', 'localhost.test', '[::2]'];
    for (const host of elsewhere) assert.match(refusal(`http://${host}`).message, /unencrypted/, host);
  });

  it('is not just any text, or any scheme', () => {
    for (const text of ['', 'supervisor.example.com', '/deployments', 'https://', 'https://a b']) {
      assert.match(refusal(text).message, /is not a URL/, text);
    }
    for (const text of ['ftp://host', 'ws://host', 'file:///etc/passwd', 'localhost:8080']) {
      assert.match(refusal(text).message, /must begin with https/, text);
    }
  });

  it('has no credentials, query or fragment, and does not repeat them', () => {
    for (const rest of ['me:hunter2@host', 'hunter2@host', ':hunter2@host', 'host/?k=hunter2', 'host/#hunter2']) {
      const { message, hint } = refusal(`https://${rest}`);
      assert.doesNotMatch(`${message} ${hint ?? ''}`, /hunter2/);
    }
    refusal('https://host?');
    refusal('https://host#');
  });

  it('that is refused is told how to write it', () => {
    assert.match(refusal('host').hint ?? '', /https:\/\/HOST/);
    assert.match(refusal('ftp://host').hint ?? '', /https:\/\/HOST/);
    assert.match(refusal('https://me@host').hint ?? '', /API key is all/);
    assert.equal(refusal('https://host/ld?k=1').hint, 'Give https://host/ld alone.');
    assert.match(refusal('http://host').hint ?? '', /Write https:\/\/.*127\.0\.0\.1/);
  });

  it('does not repeat what may be a key in the wrong variable', () => {
    const { message, hint } = refusal('ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c');
    assert.doesNotMatch(`${message} ${hint ?? ''}`, /4f9a/);
  });

  it('is kept without the slashes at its end', () => {
    assert.equal(parseBaseUrl('https://host/ld//', 'url').href, 'https://host/ld');
  });

  it('leaves a colon in a path as it is', () => {
    const base = parseBaseUrl('https://host', 'url');
    assert.equal(endpoint(base, '/activities/iggy/reconfigure:42').pathname, '/activities/iggy/reconfigure:42');
  });
});
