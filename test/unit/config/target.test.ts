import assert from 'node:assert/strict';
import { LdctlError, UsageError } from '../../../src/base/errors.js';
import { type Deployment, type TenantStructure } from '../../../src/api/core-api.js';
import { type Env } from '../../../src/base/text.js';
import { resumeFlags, settingOrigins } from '../../../src/config/origins.js';
import { type Config, type Profile } from '../../../src/config/profile.js';
import { resolveSettings, type SettingFlags, type Settings } from '../../../src/config/settings.js';
import { resolveTarget, resolveTenant, type Target, type TenantAccess } from '../../../src/config/target.js';
import { failureOf } from '../../helpers/failure.js';
import { KEY, keyTools, parseBaseUrl, profileNamed } from './fixtures.js';

function deployment(id: bigint, name: string, fields: Partial<Deployment> = {}): Deployment {
  const supervisor_url = `https://supervisor-${id}.example`;
  return { id, name, cloud: 'aws', region: 'us-east-1', tier: null, variant: 'managed', supervisor_url, ...fields };
}

const STRUCTURE: TenantStructure = {
  id: 111n,
  name: 'Acme',
  divisions: [
    {
      id: 1n,
      name: 'Payments',
      environments: [
        { id: 11n, name: 'live', deployments: [deployment(7261845022003200001n, 'main'), deployment(5n, 'solo')] },
        { id: 12n, name: 'test', deployments: [deployment(18446744073709551615n, 'main')] },
      ],
    },
    {
      id: 2n,
      name: 'Labs',
      environments: [
        {
          id: 21n,
          name: 'lab',
          deployments: [deployment(9n, 'cellar', { variant: 'on_premise', supervisor_url: null })],
        },
      ],
    },
  ],
};

const STORED: Partial<Profile> = { tenant_id: 111n, supervisor_url: 'https://stored.example', deployment_id: 77n };

interface Given {
  flags?: SettingFlags;
  env?: Env;
  /** Of the one profile; null for no profile at all. */
  stored?: Partial<Profile> | null;
  config?: Config;
}

function settingsOf({ flags = {}, env = {}, stored = STORED, config }: Given): Settings {
  const oneProfile = stored === null ? { profiles: [] } : { current: 'prod', profiles: [profileNamed('prod', stored)] };
  return resolveSettings({ flags, env, readConfig: () => config ?? oneProfile, parseBaseUrl, keys: keyTools() });
}

/** Resolves, and notes what Core was asked. */
async function resolve(given: Given): Promise<{ target: Target; asked: TenantAccess[]; settings: Settings }> {
  const asked: TenantAccess[] = [];
  const lookUpStructure = (access: TenantAccess): Promise<TenantStructure> => {
    asked.push(access);
    return Promise.resolve(STRUCTURE);
  };
  const settings = settingsOf(given);
  return { target: await resolveTarget(settings, { lookUpStructure, parseBaseUrl }), asked, settings };
}

const failure = (step: Promise<unknown>): Promise<LdctlError> => failureOf(step, LdctlError);

describe('the target of a command', () => {
  describe('without asking Core', () => {
    const silent: Record<string, Given> = {
      'a profile that holds it all': {},
      'an id and a supervisor URL from flags': {
        flags: { deployment: '77', 'supervisor-url': 'https://stored.example' },
        env: { LD_API_KEY: KEY },
        stored: null,
      },
      'an id and a supervisor URL from the environment': {
        env: { LD_DEPLOYMENT_ID: '77', LD_SUPERVISOR_URL: 'https://stored.example', LD_API_KEY: KEY },
        stored: null,
      },
    };
    for (const [what, given] of Object.entries(silent)) {
      it(what, async () => {
        const { target, asked } = await resolve(given);
        assert.deepEqual(asked, []);
        assert.equal(target.deployment.id, 77n);
        assert.equal(target.supervisorUrl.value.href, 'https://stored.example/');
        assert.equal(target.key.reveal(), KEY);
      });
    }
  });

  describe('looked up in the structure', () => {
    it('by name: id, name and supervisor URL', async () => {
      const { target, asked } = await resolve({ flags: { deployment: 'solo' } });
      assert.deepEqual(target.deployment, { id: 5n, name: 'solo' });
      assert.equal(target.supervisorUrl.value.href, 'https://supervisor-5.example/');
      assert.deepEqual(target.supervisorUrl.source, { from: 'structure' });
      assert.equal(asked.length, 1);
      assert.equal(asked[0]?.tenantId, 111n);
      assert.equal(asked[0].apiUrl.href, 'https://api.laserdata.cloud/');
      assert.equal(asked[0].key.reveal(), KEY);
    });

    it('by id without a supervisor URL, digit for digit', async () => {
      const { target } = await resolve({ env: { LD_DEPLOYMENT_ID: '18446744073709551615' } });
      assert.deepEqual(target.deployment, { id: 18446744073709551615n, name: 'main' });
      assert.equal(target.supervisorUrl.value.href, 'https://supervisor-18446744073709551615.example/');
    });

    it('by name with a supervisor URL of its own: that URL stays', async () => {
      const { target } = await resolve({ flags: { deployment: 'cellar', 'supervisor-url': 'https://cellar.example' } });
      assert.deepEqual(target.deployment, { id: 9n, name: 'cellar' });
      assert.equal(target.supervisorUrl.value.href, 'https://cellar.example/');
      assert.deepEqual(target.supervisorUrl.source, { from: 'flag', name: '--supervisor-url' });
    });

    it('a profile that holds an id only', async () => {
      const { target } = await resolve({ stored: { tenant_id: 111n, deployment_id: 5n } });
      assert.deepEqual(target.deployment, { id: 5n, name: 'solo' });
    });

    it('a name that two have: exit 5 with division, environment and id of both', async () => {
      const error = await failure(resolve({ flags: { deployment: 'main' } }));
      assert.equal(error.code, 'deployment_ambiguous');
      assert.equal(error.exitCode, 5);
      assert.match(error.message, /Payments\/live\/main \(7261845022003200001\)/);
      assert.match(error.message, /Payments\/test\/main \(18446744073709551615\)/);
      assert.match(error.hint ?? '', /--deployment Payments\/live\/main$/);
    });

    for (const [what, wanted] of [
      ['name', 'nope'],
      ['name in another case', 'Solo'],
      ['id', '6'],
    ] as const) {
      it(`an unknown ${what}: exit 5 with the command that lists them`, async () => {
        const error = await failure(resolve({ flags: { deployment: wanted } }));
        assert.equal(error.code, 'deployment_not_found');
        assert.equal(error.exitCode, 5);
        assert.match(error.message, new RegExp(wanted));
        assert.match(error.message, /Acme \(111\)/);
        assert.match(error.hint ?? '', /ldctl deployments list/);
      });
    }

    it('an on-premise deployment without a supervisor URL: exit 5 that asks for --supervisor-url', async () => {
      const error = await failure(resolve({ flags: { deployment: 'cellar' } }));
      assert.equal(error.code, 'supervisor_url_missing');
      assert.equal(error.exitCode, 5);
      assert.match(error.message, /cellar \(9, on_premise\)/);
      assert.match(error.hint ?? '', /--supervisor-url/);
    });

    it('without a tenant id: exit 2 that says how to give one, and nobody is asked', async () => {
      const error = await failure(resolve({ flags: { deployment: 'solo' }, env: { LD_API_KEY: KEY }, stored: null }));
      assert.equal(error.code, 'no_tenant');
      assert.equal(error.exitCode, 2);
      assert.match(error.message, /"solo"/);
      assert.match(error.hint ?? '', /--tenant-id/);
    });

    it('hands on what the look-up throws', async () => {
      const fault = new LdctlError('denied', 'unauthorized', 'no');
      const lookUpStructure = (): Promise<never> => Promise.reject(fault);
      const settings = settingsOf({ flags: { deployment: 'solo' } });
      await assert.rejects(resolveTarget(settings, { lookUpStructure, parseBaseUrl }), fault);
    });
  });

  describe('the first five minutes', () => {
    it('no profile, no key: how to add one', async () => {
      const error = await failure(resolve({ stored: null }));
      assert.equal(error.code, 'no_key');
      assert.equal(error.exitCode, 2);
      assert.match(error.hint ?? '', /ldctl profiles add NAME/);
      assert.match(error.hint ?? '', /LD_API_KEY/);
    });

    it('profiles, but none is current: which there are, and how to choose', async () => {
      const config = { profiles: [profileNamed('prod'), profileNamed('test')] };
      const error = await failure(resolve({ config }));
      assert.match(error.hint ?? '', /ldctl profiles use NAME/);
      assert.match(error.hint ?? '', /prod, test/);
    });

    it('a key, but no deployment', async () => {
      const error = await failure(resolve({ env: { LD_API_KEY: KEY }, stored: null }));
      assert.equal(error.code, 'no_deployment');
      assert.equal(error.exitCode, 2);
      assert.match(error.hint ?? '', /--deployment/);
      assert.match(error.hint ?? '', /ldctl deployments list/);
    });

    it('what can be refused without the key is refused before a key command is run', async () => {
      const command = ['ldctl-no-such-program'];
      const error = await failure(resolve({ stored: { tenant_id: 1n, key: { store: 'command', command } } }));
      assert.equal(error.code, 'no_deployment');
    });
  });
});

describe('the tenant of a command', () => {
  it('is the key, the tenant and the Core API', async () => {
    const access = await resolveTenant(settingsOf({ env: { LD_API_URL: 'https://core.example' } }));
    assert.equal(access.key.reveal(), KEY);
    assert.equal(access.tenantId, 111n);
    assert.equal(access.apiUrl.href, 'https://core.example/');
  });

  it('needs a tenant id', async () => {
    const error = await failure(resolveTenant(settingsOf({ env: { LD_API_KEY: KEY }, stored: null })));
    assert.ok(error instanceof UsageError);
    assert.equal(error.code, 'no_tenant');
  });

  it('needs a key', async () => {
    assert.equal(
      (await failure(resolveTenant(settingsOf({ env: { LD_TENANT_ID: '1' }, stored: null })))).code,
      'no_key',
    );
  });
});

describe('where each setting came from', () => {
  it('from a profile alone', () => {
    assert.deepEqual(settingOrigins(settingsOf({})), {
      profile: 'the current one',
      api_key: 'profile prod, in the config',
      tenant_id: 'profile prod',
      api_url: 'default',
      deployment: 'profile prod',
      supervisor_url: 'profile prod',
    });
  });

  it('from flags and the environment', () => {
    const env = { LD_API_KEY: KEY, LD_API_KEY_FILE: '/key', LD_TENANT_ID: '1', LD_PROFILE: 'prod' };
    assert.deepEqual(settingOrigins(settingsOf({ flags: { deployment: '5' }, env })), {
      profile: 'env LD_PROFILE',
      api_key: 'env LD_API_KEY, LD_API_KEY_FILE is set too, and not read',
      tenant_id: 'env LD_TENANT_ID',
      api_url: 'default',
      deployment: 'flag --deployment',
      supervisor_url: null,
    });
  });

  it('from nowhere', () => {
    assert.deepEqual(settingOrigins(settingsOf({ stored: null })), {
      profile: null,
      api_key: null,
      tenant_id: null,
      api_url: 'default',
      deployment: null,
      supervisor_url: null,
    });
  });
});

describe('the flags that take a run up again', () => {
  const where = ['--deployment', '77', '--supervisor-url', 'https://stored.example'];
  const flagsFor = async (given: Given): Promise<string[]> => {
    const { settings, target } = await resolve(given);
    return resumeFlags(settings, target);
  };

  it('name the profile that was named', async () => {
    assert.deepEqual(await flagsFor({ flags: { profile: 'prod' }, env: { LD_API_KEY: 'x', LD_DEPLOYMENT_ID: '5' } }), [
      '--profile',
      'prod',
    ]);
  });

  it('name the profile that was used unmixed, since another one may be current by then', async () => {
    assert.deepEqual(await flagsFor({}), ['--profile', 'prod']);
    assert.deepEqual(await flagsFor({ env: { LD_PROFILE: 'prod' } }), ['--profile', 'prod']);
  });

  for (const [name, value] of Object.entries({
    LD_API_KEY: KEY,
    LD_TENANT_ID: '5',
    LD_API_URL: 'https://core.example',
  })) {
    it(`leave the profile out when ${name} was mixed in: --profile would switch it off`, async () => {
      assert.deepEqual(await flagsFor({ env: { [name]: value } }), where);
    });
  }

  it('leave out what a variable gives again', async () => {
    const env = { LD_SUPERVISOR_URL: 'https://stored.example' };
    assert.deepEqual(await flagsFor({ env }), ['--deployment', '77']);
  });

  it('hold the id and the URL that were looked up, and no key', async () => {
    const flags = await flagsFor({ flags: { deployment: 'solo' } });
    assert.deepEqual(flags, [
      '--profile',
      'prod',
      '--deployment',
      '5',
      '--supervisor-url',
      'https://supervisor-5.example',
    ]);
  });

  it('act on the same target again, without Core', async () => {
    const [, , ...flags] = await flagsFor({ flags: { deployment: 'solo' } });
    const given = { profile: 'prod', deployment: flags[1], 'supervisor-url': flags[3] };
    const { target, asked } = await resolve({ flags: given });
    assert.deepEqual(asked, []);
    assert.equal(target.deployment.id, 5n);
    assert.equal(target.supervisorUrl.value.href, 'https://supervisor-5.example/');
  });
});
