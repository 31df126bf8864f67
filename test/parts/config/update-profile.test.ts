import assert from 'node:assert/strict';
import { ApiKey } from '../../../src/base/secret.js';
import { makeProfile } from '../../../src/commands/profiles/make.shared.js';
import type { ProfileFlags } from '../../../src/commands/profiles/gather.shared.js';
import { removeProfile } from '../../../src/commands/profiles/remove.js';
import type { Profile } from '../../../src/config/profiles.js';
import { KEY, OTHER_KEY, removeFolders } from './fixtures.js';
import {
  brokenKeyring,
  EXPIRES,
  memoryKeyring,
  NO_FLAGS,
  PLACE,
  plain,
  PRINTS_KEY,
  PROD,
  storedIn,
  SUPERVISOR,
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

  const stays: Array<[string, Partial<ProfileFlags>, string, ContextOptions?]> = [
    [
      'when the new key is not accepted',
      { 'api-key-stdin': true },
      'unauthorized',
      { keys: [KEY] },
    ],
    ['when the key is not one of the new tenant', { 'tenant-id': '7' }, 'forbidden'],
    [
      'when there is no keyring to move the key to',
      { 'key-store': 'keyring' },
      'keyring_unavailable',
    ],
    ['when there is nothing to change', {}, 'nothing_to_change'],
  ];
  for (const [what, flags, code, options] of stays) {
    it(`changes nothing ${what}`, async () => {
      const context = await contextWith({}, options);
      await assert.rejects(update(context, flags), { code });
      assert.deepEqual(plain(storedIn(context)), plain(PROFILE));
    });
  }

  const rotated = { key: OTHER_KEY, expires_at: EXPIRES };
  const changes: Array<[string, Partial<ProfileFlags>, Record<string, unknown>, asked: string[]]> =
    [
      ['the key, which is checked', { 'api-key-stdin': true }, rotated, ['context']],
      [
        'the deployment, and its supervisor with it',
        { deployment: 'prod' },
        { ...PLACE, supervisor_url: SUPERVISOR, expires_at: EXPIRES },
        ['context', 'structure'],
      ],
      ['protection', { protected: true }, { protected: true }, []],
      ['no protection', { protected: false }, { protected: undefined }, []],
      [
        'the supervisor',
        { 'supervisor-url': 'https://new.example/' },
        { supervisor_url: 'https://new.example' },
        [],
      ],
      ['the tenant unseen', { 'tenant-id': '7', verify: false }, { tenant_id: 7n }, []],
      [
        'a key unseen',
        { 'api-key-stdin': true, verify: false },
        { key: OTHER_KEY, expires_at: undefined },
        [],
      ],
    ];
  for (const [what, flags, expected, asked] of changes) {
    it(`changes ${what}, and that alone, whatever the environment says`, async () => {
      const names = ['LD_TENANT_ID', 'LD_DEPLOYMENT_ID', 'LD_SUPERVISOR_URL', 'LD_API_KEY'];
      const env = Object.fromEntries(names.map((name) => [name, '8']));
      const context = await contextWith({ protected: flags.protected === false }, { env });
      await update(context, flags);
      assert.deepEqual(context.calls, asked);
      const { api_url: _, ...others } = plain(storedIn(context));
      assert.deepEqual(
        { protected: undefined, expires_at: undefined, ...others },
        { ...plain({ ...PROFILE, protected: false }), ...expected },
      );
    });
  }

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

  it('at a terminal, without flags, asks for the key, and keeps it where the old one was', async () => {
    const context = await contextWith({}, { answers: [[/^API key:$/, OTHER_KEY]] });
    await update(context, {});
    assert.equal(plain(storedIn(context)).key, OTHER_KEY);
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

  it('asks at a terminal, and needs --yes elsewhere', async () => {
    const ask = /^Remove profile and key me\?$/;
    const answers: Scripted[] = [
      [ask, false],
      [ask, true],
    ];
    const context = await contextWith({}, { answers });
    const elsewhere = await contextWith();
    const answeredNo = { message: 'not confirmed; nothing was removed', hint: undefined };
    const notAsked = {
      message: 'this would remove profile me, and ldctl cannot ask without a terminal',
      hint: 'Add --yes.',
    };
    for (const [one, says] of [
      [context, answeredNo],
      [elsewhere, notAsked],
    ] as const) {
      const error = { code: 'consent_missing', exitCode: 2, ...says };
      await assert.rejects(removeProfile('me', false, one), error);
      assert.equal(one.store.read().profiles.length, 1);
    }
    await removeProfile('me', false, context);
    assert.equal(context.store.read().profiles.length, 0);
  });
});
