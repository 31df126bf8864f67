import assert from 'node:assert/strict';
import { LdctlError } from '../../../src/base/errors.js';
import { ApiKey } from '../../../src/base/secret.js';
import { makeProfile } from '../../../src/commands/profiles/make.shared.js';
import type { ProfileFlags } from '../../../src/commands/profiles/gather.shared.js';
import { removeProfile } from '../../../src/commands/profiles/remove.js';
import type { Profile } from '../../../src/config/profiles.js';
import { KEY, OTHER_KEY, removeFolders } from './fixtures.js';
import {
  brokenKeyring,
  memoryKeyring,
  NO_FLAGS,
  plain,
  PRINTS_KEY,
  PROD,
  storedIn,
  TENANT,
  TestContext,
  type ContextOptions,
} from './profile-context.js';
import { type Scripted } from '../../helpers/answers.js';

const PROFILE: Profile = {
  name: 'me',
  tenant_id: TENANT,
  supervisor_url: 'https://own.example',
  deployment_id: PROD,
  deployment_name: 'prod',
  expires_at: '2026-06-02T00:00:00Z',
  key: { store: 'file', api_key: new ApiKey(KEY) },
};
const IN_KEYRING = { key: { store: 'keyring', account: 'me.1' } } as const;

/** A context whose store holds the profile. */
async function contextWith(
  profile: Partial<Profile> = {},
  options: ContextOptions = {},
): Promise<TestContext> {
  const context = new TestContext({ stdin: OTHER_KEY, keys: [KEY, OTHER_KEY], ...options });
  await context.store.add({ ...PROFILE, ...profile });
  return context;
}

/** A keyring that holds the key of the profile. */
async function filledKeyring() {
  const { keyring, kept } = memoryKeyring();
  await keyring.set('me.1', new ApiKey(KEY));
  return { keyring, kept };
}

afterEach(removeFolders);

describe('profiles update', () => {
  const update = async (context: TestContext, flags: Partial<ProfileFlags>): Promise<Profile> =>
    (await makeProfile('me', storedIn(context), { ...NO_FLAGS, ...flags }, context)).profile;

  it('moves the key from the file to the keyring, and back, without asking the API', async () => {
    const { keyring, kept } = memoryKeyring();
    const context = await contextWith({}, { keyring });
    const { key } = await update(context, { 'key-store': 'keyring' });
    assert.ok(key.store === 'keyring');
    assert.deepEqual([...kept], [[key.account, KEY]]);
    await update(context, { 'key-store': 'file' });
    assert.deepEqual([plain(storedIn(context)).key, kept.size, context.calls], [KEY, 0, []]);
  });

  it('takes the old key out of the keyring, once there is another or a command', async () => {
    const { keyring, kept } = await filledKeyring();
    const context = await contextWith(IN_KEYRING, { keyring });
    await update(context, { 'api-key-stdin': true });
    assert.deepEqual([...kept.values()], [OTHER_KEY]);
    await update(context, { 'key-command': PRINTS_KEY });
    assert.deepEqual([storedIn(context).key.store, kept.size], ['command', 0]);
  });

  describe('of a profile whose command prints the key', () => {
    const printed = { key: { store: 'command', command: PRINTS_KEY } } as const;

    it('asks at a terminal where a new key is kept: the command named no place', async () => {
      const answers: Scripted[] = [
        [/^API key:$/, OTHER_KEY],
        [/^Where should the key be kept/, /file/],
      ];
      const { keyring } = memoryKeyring();
      const context = await contextWith(printed, { keyring, answers });
      await update(context, {});
      assert.equal(plain(storedIn(context)).key, OTHER_KEY);
    });

    it('keeps a new key in the keyring in a script, as for a new profile', async () => {
      const { keyring, kept } = memoryKeyring();
      const context = await contextWith(printed, { keyring });
      const { key } = await update(context, { 'api-key-stdin': true });
      assert.ok(key.store === 'keyring');
      assert.deepEqual([...kept], [[key.account, OTHER_KEY]]);
    });
  });

  it('leaves nothing in the keyring when the config could not be written after all', async () => {
    const { keyring, kept } = memoryKeyring();
    const context = await contextWith({}, { keyring });
    const full = new LdctlError('usage', 'config_unwritable', 'no space left');
    context.store.update = () => Promise.reject(full);
    await assert.rejects(update(context, { 'api-key-stdin': true, 'key-store': 'keyring' }), full);
    assert.equal(kept.size, 0);
  });
});

describe('profiles remove', () => {
  it('takes the profile away, and its key out of the keyring; that it cannot is a warning', async () => {
    const { keyring, kept } = await filledKeyring();
    const context = await contextWith(IN_KEYRING, { keyring });
    assert.equal(await removeProfile('me', true, context), null);
    assert.deepEqual([context.store.read().profiles, kept.size], [[], 0]);
    const locked = await contextWith(IN_KEYRING, { keyring: brokenKeyring });
    await removeProfile('me', true, locked);
    assert.deepEqual(locked.store.read().profiles, []);
    assert.match(
      locked.said,
      /warning: a key was left in the keyring, as me\.1 of ldctl: there is no keyring/,
    );
  });
});
