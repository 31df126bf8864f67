import assert from 'node:assert/strict';
import { makeProfile } from '../../../src/commands/profiles/add.js';
import { type ProfileFlags } from '../../../src/commands/profiles/profile.shared.js';
import { LdctlError } from '../../../src/base/errors.js';
import { ApiKey } from '../../../src/base/secret.js';
import { removeProfile } from '../../../src/commands/profiles/remove.js';
import { KeyringError } from '../../../src/config/keyring.js';
import { findProfile, type Profile } from '../../../src/config/profiles.js';
import { KEY, OTHER_KEY, removeFolders } from './fixtures.js';
import {
  brokenKeyring,
  memoryKeyring,
  PROD,
  SUPERVISOR,
  TENANT,
  TestContext,
  type ContextOptions,
} from './profile-context.js';

const NO_FLAGS = { 'api-key-stdin': false, verify: true } as ProfileFlags;
const PROFILE: Profile = {
  name: 'me',
  tenant_id: TENANT,
  supervisor_url: 'https://own.example',
  deployment_id: PROD,
  deployment_name: 'prod',
  expires_at: '2026-06-02T00:00:00Z',
  key: { store: 'file', api_key: new ApiKey(KEY) },
};

/** A context whose store holds the profile. */
async function contextWith(profile: Partial<Profile> = {}, options: ContextOptions = {}): Promise<TestContext> {
  const context = new TestContext({ keys: { [KEY]: {}, [OTHER_KEY]: {} }, ...options });
  await context.store.add({ ...PROFILE, ...profile });
  return context;
}

const storedIn = (context: TestContext): Profile => findProfile(context.store.read(), 'me');

async function update(context: TestContext, flags: Partial<ProfileFlags>): Promise<Profile> {
  return (await makeProfile('me', storedIn(context), { ...NO_FLAGS, ...flags }, context)).profile;
}

/** Without the key, of which only the text is told. */
function plain({ key, ...fields }: Profile): Record<string, unknown> {
  return { ...fields, key: key.store === 'file' ? key.api_key.reveal() : key };
}

describe('profiles update', () => {
  afterEach(removeFolders);

  it('rotates the key: checks it, and the deployment with it, and stores when it expires', async () => {
    const context = await contextWith({}, { stdin: OTHER_KEY });
    await update(context, { 'api-key-stdin': true });
    assert.deepEqual(context.calls, ['context', 'structure']);
    assert.deepEqual(plain(storedIn(context)), {
      ...plain(PROFILE),
      key: OTHER_KEY,
      expires_at: '2026-12-18T12:00:00Z',
    });
  });

  const stays: Array<[string, Partial<Profile>, ContextOptions, Partial<ProfileFlags>, string]> = [
    ['when the new key is not accepted', {}, { keys: { [KEY]: {} } }, { 'api-key-stdin': true }, 'unauthorized'],
    [
      'when it does not see the deployment',
      { deployment_id: 1n },
      {},
      { 'api-key-stdin': true },
      'deployment_not_found',
    ],
    ['when the key is not one of the new tenant', {}, {}, { 'tenant-id': '7' }, 'forbidden'],
    ['when there is no keyring to move the key to', {}, {}, { 'key-store': 'keyring' }, 'keyring_unavailable'],
    ['when there is nothing to change', {}, {}, {}, 'nothing_to_change'],
  ];
  for (const [what, fields, options, flags, code] of stays) {
    it(`changes nothing ${what}`, async () => {
      const context = await contextWith(fields, { stdin: OTHER_KEY, ...options });
      await assert.rejects(update(context, flags), { code });
      assert.deepEqual(plain(storedIn(context)), { ...plain(PROFILE), ...fields });
    });
  }

  const unasked: Array<[string, Partial<ProfileFlags>, Record<string, unknown>]> = [
    ['protection', { protected: true }, { protected: true }],
    ['no protection', { protected: false }, { protected: undefined }],
    ['the supervisor', { 'supervisor-url': 'https://new.example/' }, { supervisor_url: 'https://new.example' }],
    ['the tenant unseen', { 'tenant-id': '7', verify: false }, { tenant_id: 7n }],
    ['a key unseen', { 'api-key-stdin': true, verify: false }, { key: OTHER_KEY, expires_at: undefined }],
  ];
  for (const [what, flags, expected] of unasked) {
    it(`changes ${what}, and that alone, without asking the API or the environment`, async () => {
      const env = {
        LD_TENANT_ID: '8',
        LD_API_KEY: KEY,
        LD_DEPLOYMENT_ID: '8',
        LD_SUPERVISOR_URL: 'https://old.example',
      };
      const context = await contextWith(
        { protected: flags.protected === false || undefined },
        { env, stdin: OTHER_KEY },
      );
      await update(context, flags);
      assert.deepEqual(context.calls, []);
      const { protected: isProtected, expires_at, ...others } = plain(storedIn(context));
      assert.deepEqual(
        { protected: isProtected, expires_at, ...others },
        { protected: undefined, ...plain(PROFILE), ...expected },
      );
    });
  }

  it('changes the deployment, and its supervisor with it', async () => {
    const context = await contextWith({ deployment_id: 1n, deployment_name: 'old' });
    const { deployment_id, deployment_name, supervisor_url } = await update(context, { deployment: 'prod' });
    assert.deepEqual([deployment_id, deployment_name, supervisor_url], [PROD, 'prod', SUPERVISOR]);
  });

  it('loses nothing that another process has changed meanwhile', async () => {
    const context = await contextWith({}, { stdin: OTHER_KEY });
    const other = context.store.update('me', (profile) => ({ ...profile, protected: true }));
    await context.clock.run(Promise.all([update(context, { 'api-key-stdin': true }), other]));
    assert.deepEqual([storedIn(context).protected, plain(storedIn(context)).key], [true, OTHER_KEY]);
  });

  describe('moves the key', () => {
    it('from the file to the keyring, and back, without asking the API', async () => {
      const { keyring, kept } = memoryKeyring();
      const context = await contextWith({}, { keyring });
      const { key } = await update(context, { 'key-store': 'keyring' });
      assert.ok(key.store === 'keyring');
      assert.deepEqual([...kept], [[key.account, KEY]]);
      await update(context, { 'key-store': 'file' });
      assert.equal(plain(storedIn(context)).key, KEY);
      assert.equal(kept.size, 0);
      assert.deepEqual(context.calls, []);
    });

    it('a new key takes the place of the old one in the keyring', async () => {
      const { keyring, kept } = memoryKeyring();
      await keyring.set('me.1', new ApiKey(KEY));
      const context = await contextWith({ key: { store: 'keyring', account: 'me.1' } }, { keyring, stdin: OTHER_KEY });
      await update(context, { 'api-key-stdin': true });
      assert.deepEqual([...kept.values()], [OTHER_KEY]);
    });

    it('to a command, and takes it out of the keyring', async () => {
      const { keyring, kept } = memoryKeyring();
      await keyring.set('me.1', new ApiKey(KEY));
      const context = await contextWith({ key: { store: 'keyring', account: 'me.1' } }, { keyring });
      await update(context, { 'key-command': `"${process.execPath}" -p "'${OTHER_KEY}'"` });
      assert.equal(storedIn(context).key.store, 'command');
      assert.equal(kept.size, 0);
    });

    it('says so when the old key cannot be taken out', async () => {
      const { keyring } = memoryKeyring();
      await keyring.set('me.1', new ApiKey(KEY));
      const locked = { ...keyring, delete: () => Promise.reject(new KeyringError('it is locked')) };
      const context = await contextWith({ key: { store: 'keyring', account: 'me.1' } }, { keyring: locked });
      await update(context, { 'key-store': 'file' });
      assert.match(context.said, /warning: a key was left in the keyring, as me\.1 of ldctl: it is locked/);
    });
  });

  it('at a terminal, without flags, asks for the key, and keeps it where the old one was', async () => {
    const context = await contextWith({}, { answers: [[/^API key:$/, OTHER_KEY]] });
    await update(context, {});
    assert.equal(plain(storedIn(context)).key, OTHER_KEY);
  });
});

describe('profiles remove', () => {
  afterEach(removeFolders);

  const inKeyring = { key: { store: 'keyring', account: 'me.1' } } as const;
  const remove = (context: TestContext, flags = { yes: true, 'keep-key': false }): Promise<string | null> =>
    removeProfile('me', flags, context);

  it('takes the profile away, and its key out of the keyring', async () => {
    const { keyring, kept } = memoryKeyring();
    await keyring.set('me.1', new ApiKey(KEY));
    const context = await contextWith(inKeyring, { keyring });
    assert.equal(await remove(context), null);
    assert.deepEqual([context.store.read().profiles, kept.size], [[], 0]);
  });

  it('keeps the profile when the keyring cannot be reached, and names the flag for that', async () => {
    const context = await contextWith(inKeyring, { keyring: brokenKeyring });
    const error: unknown = await remove(context).catch((fault: unknown) => fault);
    assert.ok(error instanceof LdctlError);
    assert.match(error.hint ?? '', /--keep-key/);
    assert.equal(context.store.read().profiles.length, 1);
    await remove(context, { yes: true, 'keep-key': true });
    assert.equal(context.store.read().profiles.length, 0);
  });

  it('needs --yes where nobody can be asked', async () => {
    const context = await contextWith();
    await assert.rejects(remove(context, { yes: false, 'keep-key': false }), { code: 'consent_missing', exitCode: 2 });
    assert.equal(context.store.read().profiles.length, 1);
  });

  it('asks at a terminal', async () => {
    const context = await contextWith(
      {},
      {
        answers: [
          [/^Remove profile and key me\?$/, false],
          [/^Remove profile and key me\?$/, true],
        ],
      },
    );
    await assert.rejects(remove(context, { yes: false, 'keep-key': false }), { code: 'consent_missing' });
    await remove(context, { yes: false, 'keep-key': false });
    assert.equal(context.store.read().profiles.length, 0);
  });
});
