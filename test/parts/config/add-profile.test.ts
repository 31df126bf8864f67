import assert from 'node:assert/strict';
import { withAdvice } from '../../../src/cli/usage.js';
import { existsSync } from 'node:fs';
import { makeProfile } from '../../../src/commands/profiles/make.shared.js';
import { type Scripted } from '../../helpers/answers.js';
import type { Prompts } from '../../../src/cli/prompts.js';
import { askTenant, type ProfileFlags } from '../../../src/commands/profiles/gather.shared.js';
import { hintOnInterrupt } from '../../../src/cli/prompts.js';
import type { Profile } from '../../../src/config/profiles.js';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import { failureOf } from '../../helpers/failure.js';
import { KEY, OTHER_KEY, removeFolders } from './fixtures.js';
import {
  BASEMENT,
  brokenKeyring,
  EXPIRES,
  memoryKeyring,
  NO_FLAGS,
  PLACE,
  plain,
  PRINTS_KEY,
  PROD,
  refusal,
  storedIn,
  SUPERVISOR,
  TENANT,
  TestContext,
  type ContextOptions,
} from './profile-context.js';

const OWN = { 'supervisor-url': 'https://own.example' };
const COMMAND = { 'api-key-stdin': false, 'key-store': undefined, 'key-command': PRINTS_KEY };
/** Everything a script says. */
const SCRIPT: ProfileFlags = {
  ...NO_FLAGS,
  'tenant-id': TENANT.toString(),
  deployment: 'prod',
  'api-key-stdin': true,
  'key-store': 'file',
};

const piped = (options: ContextOptions = {}): TestContext =>
  new TestContext({ stdin: `${KEY}\n`, keys: [KEY], ...options });

function holds(profile: Profile, expected: Partial<Profile>): void {
  const told = Object.keys(expected).map((name) => [name, profile[name]]);
  assert.deepEqual(Object.fromEntries(told), expected);
}

async function add(context: TestContext, flags: ProfileFlags): Promise<Profile> {
  return (
    await makeProfile('me', null, flags, context).catch(hintOnInterrupt('Nothing was stored.'))
  ).profile;
}

/** What it failed with, and that nothing was stored. */
async function failure(context: TestContext, flags: ProfileFlags): Promise<LdctlError> {
  const error = await failureOf(add(context, flags), LdctlError);
  assert.equal(existsSync(context.store.path), false);
  assert.doesNotMatch(`${error.message} ${error.hint ?? ''}`, /ld_pk_[a-z]/);
  return error;
}

describe('profiles add', () => {
  afterEach(removeFolders);

  it('in a script checks key and deployment, and stores what it found, ids digit for digit', async () => {
    const context = piped();
    await add(context, SCRIPT);
    assert.deepEqual(context.calls, ['context', 'structure']);
    assert.equal(context.said, 'key "ci", role operator\n');
    const found = { tenant_id: TENANT, ...PLACE, supervisor_url: SUPERVISOR };
    assert.deepEqual(plain(storedIn(context)), {
      name: 'me',
      ...found,
      expires_at: EXPIRES,
      key: KEY,
    });
  });

  const left = { LD_SUPERVISOR_URL: 'https://left-over.example' };
  const where = {
    LD_TENANT_ID: TENANT.toString(),
    LD_API_KEY: KEY,
    LD_DEPLOYMENT_ID: PROD.toString(),
  };
  const stored: Array<
    [what: string, ContextOptions, Partial<ProfileFlags>, Partial<Profile>, asked?: string[]]
  > = [
    [
      'what the environment says, which needs no look-up',
      { env: { ...where, ...left }, stdin: '' },
      { ...NO_FLAGS, 'tenant-id': undefined, deployment: undefined },
      { tenant_id: TENANT, deployment_id: PROD, supervisor_url: 'https://left-over.example' },
      ['context'],
    ],
    [
      'no supervisor that was left over, for a deployment from a flag',
      { env: left },
      {},
      { supervisor_url: SUPERVISOR },
    ],
    [
      'nothing of a profile that LD_PROFILE names',
      { env: { LD_PROFILE: 'gone' } },
      {},
      { name: 'me' },
    ],
    [
      'an API of its own',
      {},
      { 'api-url': 'https://core.example/' },
      { api_url: 'https://core.example' },
    ],
    [
      'not the public API',
      {},
      { 'api-url': 'https://api.laserdata.cloud' },
      { api_url: undefined },
    ],
    [
      'no deployment without one',
      {},
      { deployment: undefined },
      { deployment_id: undefined },
      ['context'],
    ],
    [
      'what it was given, unseen',
      { keys: [] },
      { verify: false, ...OWN },
      { deployment_name: 'prod', supervisor_url: OWN['supervisor-url'], expires_at: undefined },
      [],
    ],
    [
      'the command alone',
      { stdin: '' },
      COMMAND,
      { key: { store: 'command', command: PRINTS_KEY } },
    ],
    [
      'the supervisor of the flag for an on-premise deployment',
      {},
      { deployment: 'basement', ...OWN },
      { deployment_id: BASEMENT, supervisor_url: OWN['supervisor-url'] },
    ],
  ];
  for (const [what, options, flags, expected, asked] of stored) {
    it(`stores ${what}`, async () => {
      const context = piped(options);
      const profile = await add(context, { ...SCRIPT, ...flags });
      holds(profile, expected);
      if (asked) assert.deepEqual(context.calls, asked);
    });
  }

  it('keeps the key in the keyring unless something else is said', async () => {
    const { keyring, kept } = memoryKeyring();
    const { key } = await add(piped({ keyring }), { ...SCRIPT, 'key-store': undefined });
    assert.ok(key.store === 'keyring');
    assert.deepEqual([...kept], [[key.account, KEY]]);
  });

  const failures: Array<
    [what: string, Partial<ProfileFlags>, code: string, exitCode: number, ContextOptions?]
  > = [
    ['when the API does not know the key', {}, 'unauthorized', 4, { keys: [] }],
    ['when the tenant is not the key’s', { 'tenant-id': '7' }, 'forbidden', 4],
    ['when there is no such deployment', { deployment: 'nope' }, 'deployment_not_found', 5],
    [
      'when the deployment has no supervisor URL',
      { deployment: 'basement' },
      'supervisor_url_missing',
      5,
    ],
    ['without a tenant id', { 'tenant-id': undefined }, 'no_tenant', 2],
    ['without a key', { 'api-key-stdin': false }, 'no_key', 2],
    ['when stdin is empty', {}, 'invalid_key', 2, { stdin: '\n' }],
    ['when stdin is no key', {}, 'invalid_key', 2, { stdin: 'two words' }],
    [
      'when there is no keyring, and nothing else is said',
      { 'key-store': undefined },
      'keyring_unavailable',
      2,
    ],
    [
      'when the key command fails',
      { ...COMMAND, 'key-command': 'exit 1' },
      'key_command_failed',
      2,
    ],
    [
      'for a URL that would send the key unencrypted',
      { 'api-url': 'http://core.example' },
      'invalid_url',
      2,
    ],
  ];
  for (const [what, flags, code, exitCode, options] of failures) {
    it(`stores nothing ${what}`, async () => {
      const error = await failure(piped(options), { ...SCRIPT, ...flags });
      assert.deepEqual([error.code, error.exitCode], [code, exitCode]);
      // As the command ends with it, flags and all.
      const shown = withAdvice(error, 'profiles:add') as typeof error;
      assert.notEqual(shown.hint ?? '', '');
    });
  }

  it('stores nothing under a name that is taken, and asks for nothing first', async () => {
    const context = piped();
    await add(context, SCRIPT);
    await assert.rejects(add(context, SCRIPT), { code: 'profile_exists' });
    assert.deepEqual(context.calls, ['context', 'structure']);
  });

  it('leaves nothing in the keyring when the config could not be written after all', async () => {
    const { keyring, kept } = memoryKeyring();
    const context = piped({ keyring });
    const full = new LdctlError('usage', 'config_unwritable', 'no space left');
    context.store.add = () => Promise.reject(full);
    await assert.rejects(add(context, { ...SCRIPT, 'key-store': 'keyring' }), full);
    assert.equal(kept.size, 0);
  });

  describe('at a terminal', () => {
    const tenant: Scripted = [/^Tenant id \(the LaserData console shows it\):$/, TENANT.toString()];
    const key: Scripted = [/^API key:$/, KEY];
    const deployment: Scripted = [/^Deployment/, /^platform\/production\/prod$/];
    const open: Scripted = [/^Ask for the deployment's name before every action\?$/, false];
    const inFile: Scripted = [/^Where should the key be kept/, /file/];
    const talk: Scripted[] = [tenant, key, deployment, open, [inFile[0], /keyring$/]];
    const terminal = (answers: Scripted[], options: ContextOptions = {}): TestContext =>
      new TestContext({
        answers: [...answers],
        keys: [KEY],
        keyring: memoryKeyring().keyring,
        ...options,
      });

    it('asks for tenant, key, deployment and where the key is kept, and no more', async () => {
      const profile = await add(terminal(talk), NO_FLAGS);
      assert.equal(profile.key.store, 'keyring');
      const found = {
        tenant_id: TENANT,
        deployment_id: PROD,
        deployment_name: 'prod',
        supervisor_url: SUPERVISOR,
      };
      holds(profile, { ...found, protected: undefined });
    });

    it('asks nothing that a flag has said', async () => {
      const { 'tenant-id': id, deployment: name } = SCRIPT;
      const flags = {
        ...NO_FLAGS,
        'tenant-id': id,
        deployment: name,
        protected: false,
        'key-command': PRINTS_KEY,
      };
      assert.equal((await add(terminal([]), flags)).deployment_id, PROD);
    });

    it('offers the tenant and the key of the environment, and takes them at Enter', async () => {
      const env = { ...where, ...left, LD_DEPLOYMENT_ID: BASEMENT.toString() };
      const found: Scripted = [/^API key \(Enter takes ld_pk_…2345 from the environment\):$/, ''];
      const { tenant_id, deployment_id, supervisor_url } = await add(
        terminal([[tenant[0], ''], found, deployment, open, inFile], { env }),
        NO_FLAGS,
      );
      assert.deepEqual([tenant_id, deployment_id, supervisor_url], [TENANT, PROD, SUPERVISOR]);
    });

    it('asks again for a key that is not accepted, and for a tenant that is not the key’s', async () => {
      const wrong: Scripted[] = [
        [tenant[0], '7'],
        [key[0], OTHER_KEY],
      ];
      const context = terminal([...wrong, key, tenant, deployment, open, inFile]);
      assert.equal((await add(context, NO_FLAGS)).tenant_id, TENANT);
      assert.match(
        context.said,
        /warning: GET \/context: 401 unauthorized\nwarning: GET \/context: 403 forbidden\n/,
      );
    });

    it('asks for no other tenant where the API refuses to list the deployments', async () => {
      const context = terminal([tenant, key]);
      const core = context.core.bind(context);
      const structure = () => Promise.reject(refusal(403, 'forbidden'));
      context.core = (access) => ({ ...core(access), structure });
      const { exitCode, message } = await failure(context, NO_FLAGS);
      assert.deepEqual([exitCode, message], [4, 'GET /context: 403 forbidden']);
    });

    it('says at once of a tenant id that it is none, also of one with too many digits', async () => {
      const wrong = ['7x', '18446744073709551616'];
      const told: unknown[] = [];
      const text: Prompts['text'] = (_message, { validate = (): true => true } = {}) => {
        told.push(...[...wrong, '7'].map((typed) => validate(typed)));
        return Promise.resolve('7');
      };
      assert.equal(await askTenant({ text } as Prompts, undefined), 7n);
      const none = wrong.map((id) => `the tenant id: "${id}" is not an id`);
      assert.deepEqual(told, [...none, true]);
    });

    it('protects the profile where that is wanted', async () => {
      const answers: Scripted[] = [tenant, key, deployment, [open[0], true], inFile];
      assert.equal((await add(terminal(answers), NO_FLAGS)).protected, true);
    });

    it('asks for the supervisor of a deployment that the API knows none of', async () => {
      const basement: Scripted = [/^Deployment/, /basement$/];
      const url: Scripted = [
        /^Supervisor URL of platform\/production\/basement:$/,
        'https://cellar.example/',
      ];
      const profile = await add(terminal([tenant, key, basement, url, open, inFile]), NO_FLAGS);
      assert.deepEqual(
        [profile.deployment_id, profile.supervisor_url],
        [BASEMENT, 'https://cellar.example'],
      );
    });

    describe('where the keyring takes no key', () => {
      const keyring = { ...memoryKeyring().keyring, set: brokenKeyring.set.bind(brokenKeyring) };
      const instead = /^Keep the key in .* instead/;

      it('keeps it in a file after all', async () => {
        const context = terminal([...talk, [instead, true]], { keyring });
        assert.equal((await add(context, NO_FLAGS)).key.store, 'file');
      });

      it('stores nothing if that is not wanted', async () => {
        const context = terminal([...talk, [instead, false]], { keyring });
        const { message, hint } = await failure(context, NO_FLAGS);
        assert.equal(message, 'nothing was stored: there is no keyring');
        assert.match(
          String(hint),
          /^Keep the key in a file \(--key-store file\), or let a command/,
        );
      });
    });

    for (const [index, [message]] of talk.entries()) {
      it(`stores nothing at Ctrl-C when asked ${String(message)}`, async () => {
        const { keyring, kept } = memoryKeyring();
        const answers: Scripted[] = [...talk.slice(0, index), [message, new Interrupted('SIGINT')]];
        const { exitCode, hint } = await failure(terminal(answers, { keyring }), NO_FLAGS);
        assert.deepEqual([exitCode, hint, kept.size], [130, 'Nothing was stored.', 0]);
      });
    }
  });
});
