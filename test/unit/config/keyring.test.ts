import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Interrupted } from '../../../src/base/errors.js';
import { ApiKey } from '../../../src/base/secret.js';
import { KeyringError, systemKeyring, type Keyring } from '../../../src/config/keyring.js';
import { failureOf } from '../../helpers/failure.js';
import { KEY, privateFolder, removeFolders } from './fixtures.js';

/** A keyring that is asked by a process of this text, which tells what it was asked. */
function keyringBy(text: string, limitMs?: number): Keyring {
  const module = join(privateFolder(), 'child.cjs');
  writeFileSync(module, text);
  return systemKeyring({ PATH: process.env['PATH'], LD_API_KEY: KEY }, { module }, limitMs);
}
const answering = (reply: string): string =>
  `process.once('message', (request) => process.send(${reply}, () => process.disconnect()));`;

describe('the system’s keyring', function () {
  this.timeout(20_000);
  after(removeFolders);

  it('is asked by a process, for an account; the key is neither in its arguments nor in its environment', async () => {
    const seen = keyringBy(
      answering('{ key: JSON.stringify([request, process.argv.slice(2), process.env.LD_API_KEY ?? null]) }'),
    );
    assert.deepEqual(JSON.parse((await seen.get('me.1')) ?? ''), [{ do: 'get', account: 'me.1' }, [], null]);
    const told = keyringBy(answering("{ failed: 'using', reason: JSON.stringify(request) }"));
    const set = await failureOf(told.set('me.1', new ApiKey('kept-key')), KeyringError);
    assert.match(set.message, /"do":"set","account":"me.1","key":"kept-key"/);
    const removed = await failureOf(told.delete('me.1'), KeyringError);
    assert.match(removed.message, /"do":"delete","account":"me.1"/);
  });

  it('that holds none has none', async () => {
    assert.equal(await keyringBy(answering('{ key: null }')).get('me.1'), null);
  });

  for (const [what, child, code, message] of [
    [
      'does not load',
      answering("{ failed: 'loading', reason: 'no such file' }"),
      'keyring_unavailable',
      /no such file/,
    ],
    [
      'is not there',
      answering("{ failed: 'reaching', reason: 'Platform failure: no\\nbus' }"),
      'keyring_unavailable',
      /there is no keyring to be reached here \(no bus\)/,
    ],
    ['refuses', answering("{ failed: 'using', reason: 'locked' }"), 'keyring_failed', /cannot be used \(locked\)/],
    ['crashes', 'process.exit(3)', 'keyring_failed', /ended without an answer/],
    ['cannot be asked', "throw new Error('x')", 'keyring_failed', /ended without an answer/],
  ] as const) {
    it(`that ${what} is an error that says so`, async () => {
      const error = await failureOf(keyringBy(child).get('me.1'), KeyringError);
      assert.deepEqual([error.code, error.exitCode], [code, 2]);
      assert.match(error.message, message);
    });
  }

  it('that does not answer is given up after its time, and at Ctrl-C', async () => {
    const silent = keyringBy('setInterval(() => {}, 1000)', 300);
    const error = await failureOf(silent.get('me.1'), KeyringError);
    assert.deepEqual([error.code, error.message], ['keyring_silent', 'the keyring did not answer within 0.3 s']);
    assert.match(error.hint ?? '', /unlock it/);
    const stop = new AbortController();
    const reason = new Interrupted('SIGINT');
    setTimeout(() => stop.abort(reason), 50);
    await assert.rejects(keyringBy('setInterval(() => {}, 1000)').get('me.1', stop.signal), reason);
    await assert.rejects(keyringBy('').get('me.1', stop.signal), reason);
  });

  it('is asked by the process of the package, which answers or says why not', async () => {
    const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };
    const key = await systemKeyring(env)
      .get('ldctl-test.0')
      .catch((error: unknown) => error);
    assert.ok(key === null || key instanceof KeyringError, String(key));
  });
});
