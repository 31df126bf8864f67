import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Interrupted } from '../../../src/base/errors.js';
import { ApiKey } from '../../../src/base/secret.js';
import { systemKeyring, type Keyring } from '../../../src/config/keyring.js';
import { fails } from '../../helpers/failure.js';
import { KEY, privateFolder, removeFolders } from './fixtures.js';

/** A keyring that is asked by a process of this text. */
function keyringBy(text: string, limitMs?: number): Keyring {
  const module = join(privateFolder(), 'child.cjs');
  writeFileSync(module, text);
  return systemKeyring({ PATH: process.env['PATH'], LD_API_KEY: KEY }, module, limitMs);
}
const answering = (reply: string): string =>
  `process.once('message', (request) => process.send(${reply}, () => process.disconnect()));`;

describe('the system’s keyring', function () {
  this.timeout(20_000);
  after(removeFolders);

  it('is asked by a process, for an account; the key is neither in its arguments nor in its environment', async () => {
    const seen = keyringBy(
      answering(
        '{ key: JSON.stringify([request, process.argv.slice(2), process.env.LD_API_KEY ?? null]) }',
      ),
    );
    assert.deepEqual(JSON.parse((await seen.get('me.1')) ?? ''), [
      { do: 'get', account: 'me.1' },
      [],
      null,
    ]);
    assert.equal(await keyringBy(answering('{ key: null }')).get('me.1'), null);
    const told = keyringBy(answering('{ reason: JSON.stringify(request) }'));
    await fails(told.set('me.1', new ApiKey('kept-key')), {
      message: /"do":"set","account":"me.1","key":"kept-key"/,
    });
    await fails(told.delete('me.1'), { message: /"do":"delete","account":"me.1"/ });
  });

  for (const [what, child, limitMs, message] of [
    ['refuses', answering("{ reason: 'locked\\n' }"), 60_000, 'locked '],
    ['crashes', 'process.exit(3)', 60_000, 'it does not answer'],
    ['does not answer', 'setInterval(() => {}, 1000)', 100, 'it does not answer'],
  ] as const) {
    it(`that ${what} is an error that says so`, async () => {
      await fails(keyringBy(child, limitMs).get('me.1'), {
        code: 'keyring_failed',
        exitCode: 2,
        message: `the keyring cannot be used (${message})`,
        // Of no flag: each command says it, and the library.
        hint: /^It may be locked: unlock it, and try again\. Or set LD_API_KEY/,
      });
    });
  }

  it('that does not answer is given up at Ctrl-C', async () => {
    const stop = new AbortController();
    const reason = new Interrupted('SIGINT');
    setTimeout(() => stop.abort(reason), 50);
    await assert.rejects(keyringBy('setInterval(() => {}, 1000)').get('me.1', stop.signal), reason);
    await assert.rejects(keyringBy('').get('me.1', stop.signal), reason);
  });
});
