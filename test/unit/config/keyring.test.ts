import assert from 'node:assert/strict';
import { Interrupted } from '../../../src/base/errors.js';
import { ApiKey } from '../../../src/base/secret.js';
import { forgetKey, keepKey } from '../../../src/config/key-keeping.js';
import { KeyringError, type KeyStore } from '../../../src/config/key-store.js';
import { SystemKeyring, type AskKeyring } from '../../../src/config/keyring.js';
import type { KeyringReply, KeyringRequest } from '../../../src/config/serve-keyring.js';
import { VirtualClock } from '../../helpers/clock.js';
import { KEY, OTHER_KEY } from './fixtures.js';

/** A keyring whose process gives one answer, and what it was asked. */
function keyring(
  reply: KeyringReply | Error | 'silence',
  clock = new VirtualClock(),
): { keyring: SystemKeyring; asked: KeyringRequest[] } {
  const asked: KeyringRequest[] = [];
  const ask: AskKeyring = (request, signal) => {
    asked.push(request);
    if (reply === 'silence') {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    }
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  };
  return { keyring: new SystemKeyring({}, clock, ask), asked };
}

const isFault =
  (fault: string, message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof KeyringError && error.code === fault && message.test(error.message) && error.exitCode === 2;

describe('the system’s keyring', () => {
  it('keeps keys under the service ldctl, by account', async () => {
    const { keyring: ring, asked } = keyring({ key: KEY });
    assert.equal((await ring.get('prod.1'))?.reveal(), KEY);
    await ring.set('prod.1', new ApiKey(OTHER_KEY));
    await ring.delete('prod.1');
    const place = { service: 'ldctl', account: 'prod.1' };
    assert.deepEqual(asked, [
      { do: 'get', ...place },
      { do: 'set', ...place, key: OTHER_KEY },
      { do: 'delete', ...place },
    ]);
  });

  it('that holds none has none', async () => {
    assert.equal(await keyring({ key: null }).keyring.get('prod.1'), null);
  });

  it('leaves no timer behind', async () => {
    const clock = new VirtualClock();
    await keyring({ key: KEY }, clock).keyring.get('prod.1');
    assert.equal(clock.asleep, 0);
  });

  it('that does not answer is given up after 3 s', async () => {
    const clock = new VirtualClock();
    const began = clock.now();
    await assert.rejects(
      clock.run(keyring('silence', clock).keyring.get('prod.1')),
      isFault('keyring_silent', /within 3 s/),
    );
    assert.equal(clock.now() - began, 3000);
  });

  it('that waits is given up at Ctrl-C', async () => {
    const stop = new AbortController();
    const reason = new Interrupted('SIGINT');
    const got = keyring('silence').keyring.get('prod.1', stop.signal);
    stop.abort(reason);
    await assert.rejects(got, reason);
  });

  const failures: Array<[string, KeyringReply | Error, string, RegExp]> = [
    [
      'whose library does not load',
      { failed: 'loading', reason: 'no binding' },
      'keyring_unavailable',
      /does not load here \(no binding\)/,
    ],
    [
      'that is not there',
      { failed: 'reaching', reason: 'no bus' },
      'keyring_unavailable',
      /no keyring to be reached here \(no bus\)/,
    ],
    [
      'that refuses',
      { failed: 'using', reason: 'prompt\u001b[2J dismissed' },
      'keyring_failed',
      /cannot be used \(prompt \[2J dismissed\)/,
    ],
    ['whose process crashes', new Error('ended'), 'keyring_failed', /cannot be used \(ended\)/],
  ];
  for (const [name, reply, fault, message] of failures) {
    it(`${name} is an error that says so`, async () => {
      await assert.rejects(keyring(reply).keyring.set('prod.1', new ApiKey(KEY)), isFault(fault, message));
    });
  }

  it('is asked by a process of its own, which answers or says why not', async () => {
    const nowhere = { PATH: process.env.PATH, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };
    const clock = new VirtualClock();
    const ring = new SystemKeyring(nowhere, clock);
    const answer = ring.get('ldctl-test');
    // Other systems have theirs without a bus, and nothing in it.
    if (process.platform === 'linux') await assert.rejects(answer, isFault('keyring_unavailable', /keyring/));
    else assert.equal(await answer, null);
  });
});

describe('keeping a key', () => {
  const kept = new Map<string, string>();
  const store: KeyStore = {
    get: (account) => Promise.resolve(kept.has(account) ? new ApiKey(kept.get(account) ?? '') : null),
    set: (account, key) => Promise.resolve(void kept.set(account, key.reveal())),
    delete: (account) => Promise.resolve(void kept.delete(account)),
  };
  beforeEach(() => kept.clear());

  it('in the keyring uses an account that names the profile, and another one each time', async () => {
    const first = await keepKey('prod', new ApiKey(KEY), store);
    const second = await keepKey('prod', new ApiKey(OTHER_KEY), store);
    assert.deepEqual([first.store, second.store], ['keyring', 'keyring']);
    assert.match(first.account, /^prod\.[0-9a-f]{8}$/);
    assert.notEqual(first.account, second.account);
    assert.deepEqual(
      [...kept],
      [
        [first.account, KEY],
        [second.account, OTHER_KEY],
      ],
    );
    await forgetKey(first, store);
    assert.deepEqual([...kept.keys()], [second.account]);
  });

  it('with a command has nothing to take out', async () => {
    await forgetKey(
      { store: 'command', command: ['op'] },
      { ...store, delete: () => Promise.reject(new Error('asked')) },
    );
  });
});
