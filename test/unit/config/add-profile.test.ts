import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { makeProfile } from '../../../src/commands/profiles/add.js';
import { type ProfileFlags } from '../../../src/commands/profiles/profile.shared.js';
import { saying } from '../../../src/cli/signals.js';
import { currentProfile, findProfile, type Profile } from '../../../src/config/profiles.js';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import { failureOf } from '../../helpers/failure.js';
import { KEY, OTHER_KEY, removeFolders } from './fixtures.js';
import {
  BASEMENT,
  brokenKeyring,
  memoryKeyring,
  PROD,
  SUPERVISOR,
  TENANT,
  TestContext,
  type ContextOptions,
  type Scripted,
} from './profile-context.js';
import { itOnPosix } from '../../helpers/platform.js';

/** It reads the same by the rules of either system. */
const PRINTS_KEY = `"${process.execPath}" -p "'${KEY}'"`;
const NO_FLAGS = { 'api-key-stdin': false, verify: true } as ProfileFlags;
/** Everything a script says. */
const SCRIPT: ProfileFlags = {
  ...NO_FLAGS,
  'tenant-id': TENANT.toString(),
  deployment: 'prod',
  'api-key-stdin': true,
  'key-store': 'file',
};
const piped = (options: ContextOptions = {}): TestContext =>
  new TestContext({ stdin: `${KEY}\n`, keys: { [KEY]: {} }, ...options });
interface Added {
  profile: Profile;
  current: boolean;
}

async function add(context: TestContext, flags: ProfileFlags, name = 'me'): Promise<Added> {
  const { profile, current } = await makeProfile(name, null, flags, context).catch(saying('Nothing was stored.'));
  return { profile, current: current === name };
}
const storedIn = (context: TestContext): Profile => findProfile(context.store.read(), 'me');

/** What it failed with, and that nothing was stored. */
async function failure(context: TestContext, flags: ProfileFlags): Promise<LdctlError> {
  const error = await failureOf(add(context, flags), LdctlError);
  assert.equal(existsSync(context.store.path), false);
  return error;
}

describe('profiles add', () => {
  afterEach(removeFolders);

  describe('in a script', () => {
    it('needs no look-up for an id with a supervisor URL: a key without info:read will do', async () => {
      const context = piped({ seesStructure: false });
      await add(context, { ...SCRIPT, deployment: PROD.toString(), 'supervisor-url': 'https://own.example' });
      const { deployment_id, supervisor_url, deployment_name } = storedIn(context);
      assert.deepEqual([deployment_id, supervisor_url, deployment_name], [PROD, 'https://own.example', undefined]);
      assert.match(context.said, /lacks info:read/);
    });

    it('checks key and deployment, and stores what it found, ids digit for digit', async () => {
      const context = piped();
      const { profile, current } = await add(context, SCRIPT);
      assert.equal(current, true);
      assert.deepEqual(context.calls, ['context', 'structure']);
      assert.ok(profile.key.store === 'file' && profile.key.api_key.reveal() === KEY);
      const { key, ...rest } = storedIn(context);
      assert.ok(key.store === 'file' && key.api_key.reveal() === KEY);
      assert.deepEqual(rest, {
        name: 'me',
        tenant_id: TENANT,
        supervisor_url: SUPERVISOR,
        deployment_id: PROD,
        deployment_name: 'prod',
        expires_at: '2026-12-18T12:00:00Z',
      });
    });

    it('says whose key it is and when it expires, and never shows it', async () => {
      const context = piped();
      await add(context, SCRIPT);
      assert.equal(context.said, 'key ci (role operator), expires in 200 days\n');
    });

    const left = { LD_SUPERVISOR_URL: 'https://left-over.example' };
    const where = { LD_TENANT_ID: TENANT.toString(), LD_API_KEY: KEY, LD_DEPLOYMENT_ID: PROD.toString() };
    const own = { 'supervisor-url': 'https://own.example' };
    const commanded = { 'api-key-stdin': false, 'key-store': undefined, 'key-command': PRINTS_KEY };
    const stored: Array<[string, ContextOptions, Partial<ProfileFlags>, Partial<Profile>]> = [
      [
        'the deployment and its supervisor of the environment',
        { env: { ...where, ...left }, stdin: '' },
        { ...NO_FLAGS, 'tenant-id': undefined, deployment: undefined },
        { tenant_id: TENANT, deployment_id: PROD, supervisor_url: 'https://left-over.example' },
      ],
      [
        'no supervisor that was left over, for a deployment from a flag',
        { env: left },
        {},
        { supervisor_url: SUPERVISOR },
      ],
      ['nothing of a profile that LD_PROFILE names', { env: { LD_PROFILE: 'gone' } }, {}, { name: 'me' }],
      ['an API of its own', {}, { 'api-url': 'https://core.example/' }, { api_url: 'https://core.example' }],
      ['not the public API', {}, { 'api-url': 'https://api.laserdata.cloud' }, { api_url: undefined }],
      [
        'no deployment without one',
        {},
        { deployment: undefined },
        { deployment_id: undefined, supervisor_url: undefined },
      ],
      [
        'what it was given, unseen',
        { keys: {} },
        { verify: false, ...own },
        { deployment_name: 'prod', supervisor_url: 'https://own.example', expires_at: undefined },
      ],
      ['the command alone', { stdin: '' }, commanded, { key: { store: 'command', command: PRINTS_KEY } }],
      [
        'the supervisor of the flag for an on-premise deployment',
        {},
        { deployment: 'basement', ...own },
        { deployment_id: BASEMENT, supervisor_url: 'https://own.example' },
      ],
    ];
    for (const [what, options, flags, expected] of stored) {
      it(`stores ${what}`, async () => {
        const { profile } = await add(piped(options), { ...SCRIPT, ...flags });
        const told = Object.keys(expected).map((name) => [name, profile[name]]);
        assert.deepEqual(Object.fromEntries(told), expected);
      });
    }

    it('a second profile does not become the current one', async () => {
      const context = piped();
      await add(context, SCRIPT);
      assert.equal((await add(context, { ...SCRIPT, ...commanded }, 'two')).current, false);
      assert.equal(currentProfile(context.store.read())?.name, 'me');
    });

    it('warns of a key that may not manage the deployment', async () => {
      const permissions = { tenant: [], division: [], environment: ['deployment:read'], divisions: {} };
      const context = piped({ keys: { [KEY]: { permissions } } });
      await add(context, SCRIPT);
      assert.match(context.said, /warning: this key lacks deployment:manage on platform\/production\/prod/);
    });
  });

  describe('stores nothing', () => {
    const failures: Array<[string, ContextOptions, ProfileFlags, string, number]> = [
      ['when the API does not know the key', { keys: {} }, SCRIPT, 'unauthorized', 4],
      ['when the tenant is not the key’s', {}, { ...SCRIPT, 'tenant-id': '7' }, 'forbidden', 4],
      ['when there is no such deployment', {}, { ...SCRIPT, deployment: 'nope' }, 'deployment_not_found', 5],
      [
        'when the deployment has no supervisor URL',
        {},
        { ...SCRIPT, deployment: 'basement' },
        'supervisor_url_missing',
        5,
      ],
      ['without a tenant id', {}, { ...SCRIPT, 'tenant-id': undefined }, 'no_tenant', 2],
      ['without a key', {}, { ...SCRIPT, 'api-key-stdin': false }, 'no_key', 2],
      ['when stdin is empty', { stdin: '\n' }, SCRIPT, 'empty_key', 2],
      ['when stdin is no key', { stdin: 'two words' }, SCRIPT, 'invalid_key', 2],
      [
        'when there is no keyring, and nothing else was asked for',
        {},
        { ...SCRIPT, 'key-store': undefined },
        'keyring_unavailable',
        2,
      ],
      [
        'when the key command fails',
        {},
        { ...NO_FLAGS, 'tenant-id': '7', 'key-command': 'exit 1' },
        'key_command_failed',
        2,
      ],
      [
        'for a URL that would send the key unencrypted',
        {},
        { ...SCRIPT, 'api-url': 'http://core.example' },
        'invalid_url',
        2,
      ],
      ['for flags that do not go together', {}, { ...SCRIPT, 'key-command': 'op read' }, 'conflicting_flags', 2],
    ];
    for (const [name, options, flags, code, exitCode] of failures) {
      it(name, async () => {
        const error = await failure(piped(options), flags);
        assert.deepEqual([error.code, error.exitCode], [code, exitCode]);
        assert.notEqual(error.hint ?? '', '');
        assert.doesNotMatch(`${error.message} ${error.hint ?? ''}`, /ld_pk_[a-z]/);
      });
    }

    it('by name with a key without info:read', async () => {
      const error = await failure(piped({ seesStructure: false }), SCRIPT);
      assert.deepEqual([error.code, error.exitCode], ['forbidden', 4]);
    });

    it('under a name that is taken, and asks for nothing first', async () => {
      const context = piped();
      await add(context, SCRIPT);
      await assert.rejects(add(context, SCRIPT), { code: 'profile_exists' });
      assert.deepEqual(context.calls, ['context', 'structure']);
    });

    it('in a folder that cannot be written, and asks for nothing first', async () => {
      const context = new TestContext({ answers: [] });
      // Not even root can make a folder where a file is.
      writeFileSync(context.folder, '');
      const error = await failure(context, NO_FLAGS);
      assert.equal(error.code, 'config_unwritable');
      assert.match(error.hint ?? '', /LDCTL_CONFIG_DIR/);
    });

    itOnPosix('in a folder that others can read, and names the chmod', 'it keeps no modes', async () => {
      const context = piped();
      mkdirSync(context.folder, { mode: 0o755 });
      const error = await failure(context, SCRIPT);
      assert.match(error.hint ?? '', /chmod 700/);
    });

    it('in the keyring when the config could not be written after all', async () => {
      const { keyring, kept } = memoryKeyring();
      const context = piped({ keyring });
      const full = new LdctlError('usage', 'config_unwritable', 'no space left');
      context.store.add = () => Promise.reject(full);
      await assert.rejects(add(context, { ...SCRIPT, 'key-store': 'keyring' }), full);
      assert.equal(kept.size, 0);
    });
  });

  describe('in the keyring', () => {
    it('is where a key goes unless something else was said', async () => {
      const { keyring, kept } = memoryKeyring();
      const { profile } = await add(piped({ keyring }), { ...SCRIPT, 'key-store': undefined });
      assert.ok(profile.key.store === 'keyring');
      assert.deepEqual([...kept], [[profile.key.account, KEY]]);
    });
  });

  describe('at a terminal', () => {
    const talk: Scripted[] = [
      [/^Tenant id:$/, TENANT.toString()],
      [/^API key:$/, KEY],
      [/^Deployment/, /^platform\/production\/prod$/],
      [/^Where should the key be kept/, /keyring$/],
    ];
    const terminal = (answers: Scripted[], options: ContextOptions = {}): TestContext =>
      new TestContext({ answers: [...answers], keys: { [KEY]: {} }, keyring: memoryKeyring().keyring, ...options });

    it('asks for tenant, key, deployment and where the key is kept, and no more', async () => {
      const { profile, current } = await add(terminal(talk), NO_FLAGS);
      assert.equal(current, true);
      assert.deepEqual(
        [profile.tenant_id, profile.deployment_id, profile.supervisor_url, profile.protected, profile.key.store],
        [TENANT, PROD, SUPERVISOR, undefined, 'keyring'],
      );
    });

    it('asks nothing that a flag has said', async () => {
      const flags = {
        ...NO_FLAGS,
        'tenant-id': TENANT.toString(),
        deployment: 'prod',
        protected: false,
        'key-command': PRINTS_KEY,
      };
      const { profile } = await add(terminal([]), flags);
      assert.deepEqual([profile.deployment_id, profile.protected], [PROD, undefined]);
    });

    it('offers what the environment says, and takes it at Enter', async () => {
      const env = { LD_TENANT_ID: TENANT.toString(), LD_API_KEY: KEY, LD_DEPLOYMENT_ID: BASEMENT.toString() };
      const answers: Scripted[] = [
        [/^Tenant id:$/, ''],
        [/^API key \(Enter takes ld_pk_…2345 from the environment\):$/, ''],
        [/^Deployment/, /prod$/],
        [/^Where should the key be kept/, /file/],
      ];
      const { profile } = await add(terminal(answers, { env }), NO_FLAGS);
      assert.deepEqual([profile.tenant_id, profile.deployment_id], [TENANT, PROD]);
    });

    it('asks again for a key that is not accepted, and for a tenant that is not the key’s', async () => {
      const answers: Scripted[] = [
        [/^Tenant id:$/, '7'],
        [/^API key:$/, OTHER_KEY],
        [/^API key:$/, KEY],
        [/^Tenant id:$/, TENANT.toString()],
        [/^Deployment/, /prod$/],
        [/^Where should the key be kept/, /file/],
      ];
      const context = terminal(answers);
      assert.equal((await add(context, NO_FLAGS)).profile.tenant_id, TENANT);
      assert.match(context.said, /warning: GET \/context: 401 unauthorized\nwarning: GET \/context: 403 forbidden\n/);
    });

    it('asks for the supervisor of an on-premise deployment', async () => {
      const answers: Scripted[] = [
        [/^Tenant id:$/, TENANT.toString()],
        [/^API key:$/, KEY],
        [/^Deployment/, /basement$/],
        [/supervisor URL for basement/, 'https://own.example/'],
        [/^Where should the key be kept/, /file/],
      ];
      assert.equal((await add(terminal(answers), NO_FLAGS)).profile.supervisor_url, 'https://own.example');
    });

    it('asks again where the key is to be kept when the keyring cannot be used', async () => {
      const context = terminal([...talk, [/^Where should/, /file/]], { keyring: brokenKeyring });
      assert.equal((await add(context, NO_FLAGS)).profile.key.store, 'file');
      assert.match(context.said, /warning: there is no keyring/);
    });

    for (const [index, [message]] of talk.entries()) {
      it(`stores nothing at Ctrl-C when asked ${String(message)}`, async () => {
        const { keyring, kept } = memoryKeyring();
        const answers: Scripted[] = [...talk.slice(0, index), [message, new Interrupted('SIGINT')]];
        const error = await failure(terminal(answers, { keyring }), NO_FLAGS);
        assert.equal(error.exitCode, 130);
        assert.match(error.hint ?? '', /Nothing was stored/);
        assert.equal(kept.size, 0);
      });
    }
  });
});
