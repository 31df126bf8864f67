import assert from 'node:assert/strict';
import { LdctlError } from '../../../src/base/errors.js';
import { type Env } from '../../../src/base/text.js';
import { type Deployment, type TenantStructure } from '../../../src/api/core-api.js';
import { type Profile } from '../../../src/config/profiles.js';
import { resolveSettings, type SettingFlags, type Settings } from '../../../src/config/settings.js';
import {
  deploymentText,
  coreKnowsDeployment,
  resolveTarget,
  resolveTenant,
  resumeFlags,
  type Target,
  type TenantAccess,
} from '../../../src/config/target.js';
import { failureOf, fails } from '../../helpers/failure.js';
import { KEY, keyTools, profileNamed } from './fixtures.js';

function deployment(id: bigint, name: string, fields: Partial<Deployment> = {}): Deployment {
  const supervisor_url = `https://supervisor-${id}.example`;
  return {
    id,
    name,
    cloud: 'aws',
    region: 'us-east-1',
    tier: null,
    variant: 'managed',
    supervisor_url,
    ...fields,
  };
}

const HOSTED = 'https://supervisor.laserdata.cloud';
const STRUCTURE: TenantStructure = {
  id: 111n,
  name: 'Acme',
  divisions: [
    {
      id: 1n,
      name: 'Payments',
      environments: [
        {
          id: 11n,
          name: 'live',
          deployments: [deployment(7261845022003200001n, 'main'), deployment(5n, 'solo')],
        },
        {
          id: 12n,
          name: 'test',
          deployments: [
            deployment(66n, 'hosted', { supervisor_url: HOSTED }),
            deployment(18446744073709551615n, 'main'),
          ],
        },
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

const STORED: Partial<Profile> = {
  tenant_id: 111n,
  supervisor_url: 'https://stored.example',
  deployment_id: 77n,
};

interface Given {
  flags?: SettingFlags;
  env?: Env;
  /** Of the one profile; null for no profile at all. */
  stored?: Partial<Profile> | null;
}

function settingsOf({ flags = {}, env = {}, stored = STORED }: Given): Settings {
  const oneProfile =
    stored === null
      ? { profiles: [] }
      : { current: 'prod', profiles: [profileNamed('prod', stored)] };
  return resolveSettings({ flags, env, config: oneProfile, keys: keyTools() });
}

/** Resolves, and notes what Core was asked. */
async function resolve(
  given: Given,
): Promise<{ target: Target; asked: TenantAccess[]; settings: Settings }> {
  const asked: TenantAccess[] = [];
  const lookUp = (access: TenantAccess): Promise<TenantStructure> => {
    asked.push(access);
    return Promise.resolve(STRUCTURE);
  };
  const settings = settingsOf(given);
  return { target: await resolveTarget(settings, lookUp, () => undefined), asked, settings };
}

const failure = (step: Promise<unknown>): Promise<LdctlError> => failureOf(step, LdctlError);

describe('the target of a command', () => {
  for (const [what, given] of Object.entries<Given>({
    'a profile that holds it all': {},
    'an id and a supervisor URL': {
      flags: { deployment: '77' },
      env: { LD_SUPERVISOR_URL: 'https://stored.example', LD_API_KEY: KEY },
      stored: null,
    },
  })) {
    it(`is ${what}, without asking Core`, async () => {
      const { target, asked } = await resolve(given);
      const { deployment: found, supervisorUrl, key } = target;
      assert.deepEqual([asked, found.id, supervisorUrl.value.host], [[], 77n, 'stored.example']);
      assert.equal(key.reveal(), KEY);
    });
  }

  it('has the path that the profile keeps, unless it is another deployment', async () => {
    const stored = { ...STORED, deployment_path: 'Payments/live/\u001Bmain' };
    const supervisor = { 'supervisor-url': 'https://stored.example' };
    for (const [flags, path] of [
      [{}, 'Payments/live/ main'],
      [{ ...supervisor, deployment: '78' }, null],
    ] as const) {
      const { target, asked } = await resolve({ stored, flags });
      assert.deepEqual([target.deployment.path, asked], [path, []]);
    }
  });

  describe('looked up in the structure', () => {
    it('by name: id, name and supervisor URL', async () => {
      const { target, asked } = await resolve({ flags: { deployment: 'solo' } });
      const place = { path: 'Payments/live/solo', divisionId: 1n, environmentId: 11n };
      assert.deepEqual(target.deployment, { id: 5n, name: 'solo', ...place });
      assert.equal(target.supervisorUrl.value.href, 'https://supervisor-5.example/');
      assert.equal(target.supervisorUrl.source.from, 'structure');
      assert.deepEqual(
        asked.map(({ tenantId, apiUrl, key }) => [tenantId, apiUrl.href, key.reveal()]),
        [[111n, 'https://api.laserdata.cloud/', KEY]],
      );
    });

    for (const [what, given, id, url] of [
      [
        'id, digit for digit',
        { env: { LD_DEPLOYMENT_ID: '18446744073709551615' } },
        18446744073709551615n,
      ],
      ['path', { flags: { deployment: 'Payments/live/main' } }, 7261845022003200001n, undefined],
      ['the id of a profile', { stored: { tenant_id: 111n, deployment_id: 5n } }, 5n, undefined],
      [
        'name, with a supervisor of its own',
        { flags: { deployment: 'cellar', 'supervisor-url': 'https://cellar.example' } },
        9n,
        'https://cellar.example/',
      ],
    ] as const) {
      it(`by ${what}`, async () => {
        const { target } = await resolve(given);
        assert.equal(target.deployment.id, id);
        assert.equal(target.supervisorUrl.value.href, url ?? `https://supervisor-${id}.example/`);
      });
    }

    const refused: Array<
      [what: string, given: Given, code: string, exit: number, message: RegExp, hint?: RegExp]
    > = [
      [
        'a name that two have',
        { flags: { deployment: 'main' } },
        'deployment_ambiguous',
        5,
        /Payments\/live\/main \(7261845022003200001\), Payments\/test\/main \(18446744073709551615\)/,
        /such as Payments\/live\/main$/,
      ],
      ...['nope', 'Solo', '6', 'live/main'].map((wanted): (typeof refused)[number] => [
        `${wanted}, which is not there`,
        { flags: { deployment: wanted } },
        'deployment_not_found',
        5,
        new RegExp(`${wanted}.* Acme \\(111\\)`),
        /ldctl deployments list/,
      ]),
      [
        'an on-premise deployment without a supervisor URL',
        { flags: { deployment: 'cellar' } },
        'supervisor_url_missing',
        5,
        /cellar \(9, on_premise\)/,
      ],
      [
        'a name without a tenant id',
        { flags: { deployment: 'solo' }, env: { LD_API_KEY: KEY }, stored: null },
        'no_tenant',
        2,
        /no tenant id/,
      ],
    ];
    for (const [what, given, code, exit, message, hint] of refused) {
      it(`refuses ${what}: exit ${exit}`, async () => {
        await fails(resolve(given), { code, exitCode: exit, message, hint });
      });
    }
  });

  const first: Array<[what: string, given: Given, code: string, hint?: RegExp]> = [
    [
      'no profile, no key',
      { stored: null },
      'no_key',
      /profiles add NAME.*LD_API_KEY, or try it without an account: ldctl sandbox exec -- bash$/,
    ],
    ['a key, but no deployment', { env: { LD_API_KEY: KEY }, stored: null }, 'no_deployment'],
    [
      'no deployment, which is said before a key command is run',
      { stored: { tenant_id: 1n, key: { store: 'command', command: 'exit 1' } } },
      'no_deployment',
    ],
  ];
  for (const [what, given, code, hint] of first) {
    it(`with ${what}: exit 2 with the way on`, async () => {
      await fails(resolve(given), { code, exitCode: 2, hint });
    });
  }

  it('of a command that asks Core is key, tenant and URL, and needs the first two', async () => {
    const access = await resolveTenant(settingsOf({ env: { LD_API_URL: 'https://core.example' } }));
    const { key, tenantId, apiUrl } = access;
    assert.deepEqual([key.reveal(), tenantId, apiUrl.href], [KEY, 111n, 'https://core.example/']);
    const keyed = settingsOf({ env: { LD_API_KEY: KEY }, stored: null });
    assert.equal((await failure(resolveTenant(keyed))).code, 'no_tenant');
    const keyless = settingsOf({ env: { LD_TENANT_ID: '1' }, stored: null });
    assert.equal((await failure(resolveTenant(keyless))).code, 'no_key');
  });
});

describe('the flags of the command that continues', () => {
  const where = ['--deployment', '77', '--supervisor-url', 'https://stored.example'];
  const tenant = ['--tenant-id', '111'];
  const core = ['--api-url', 'https://core.example'];
  const OWN = { LD_API_KEY: KEY, LD_DEPLOYMENT_ID: '77' };
  const flagsFor = async (given: Given): Promise<string[]> => {
    const { settings, target } = await resolve(given);
    return resumeFlags(settings, target);
  };

  for (const [what, given, flags] of [
    [
      'name the profile that was named',
      { flags: { profile: 'prod' }, env: { LD_API_KEY: 'x', LD_DEPLOYMENT_ID: '5' } },
      ['--profile', 'prod'],
    ],
    ['name the current profile: another may be current by then', {}, ['--profile', 'prod']],
    ['name the profile of LD_PROFILE', { env: { LD_PROFILE: 'prod' } }, ['--profile', 'prod']],
    ['leave it out where a key was mixed in', { env: { LD_API_KEY: KEY } }, [...where, ...tenant]],
    ['leave it out where a tenant was mixed in', { env: { LD_TENANT_ID: '5' } }, where],
    [
      'leave it out where an API was mixed in',
      { env: { LD_API_URL: 'https://core.example' } },
      [...where, ...tenant],
    ],
    [
      'hold the tenant and the API of flags',
      {
        flags: { 'tenant-id': '111', 'api-url': 'https://core.example' },
        env: { ...OWN, LD_SUPERVISOR_URL: 'https://stored.example' },
        stored: null,
      },
      [...tenant, ...core],
    ],
    [
      'leave out the API of a profile that is named, and hold the tenant of a flag',
      { flags: { 'tenant-id': '5' }, stored: { ...STORED, api_url: 'https://core.example' } },
      ['--profile', 'prod', '--tenant-id', '5'],
    ],
    [
      'leave out what a variable gives again',
      { env: { LD_SUPERVISOR_URL: 'https://stored.example' } },
      ['--deployment', '77', ...tenant],
    ],
    [
      'hold a URL that a variable gives again, where Core had to say whose it is',
      {
        flags: { deployment: 'solo' },
        env: { LD_DEPLOYMENT_ID: 'Payments/live/solo', LD_SUPERVISOR_URL: 'https://own.example' },
      },
      ['--deployment', '5', '--supervisor-url', 'https://own.example', ...tenant],
    ],
    [
      'hold the id and the URL that were looked up',
      { flags: { deployment: 'solo' } },
      [
        '--profile',
        'prod',
        '--deployment',
        '5',
        '--supervisor-url',
        'https://supervisor-5.example',
        '--api-url',
        'https://api.laserdata.cloud',
      ],
    ],
    [
      'name no API for a supervisor of LaserData itself',
      { flags: { deployment: 'hosted' } },
      ['--profile', 'prod', '--deployment', '66', '--supervisor-url', HOSTED],
    ],
  ] as const) {
    it(what, async () => assert.deepEqual(await flagsFor(given), flags));

    it(`${what}: the later command asks the same Core, if it may ask any`, async () => {
      const before = await resolve(given);
      const words = await flagsFor(given);
      const flagged: Record<string, string> = {};
      for (let at = 0; at < words.length; at += 2) {
        flagged[String(words[at]).slice(2)] = String(words[at + 1]);
      }
      const after = await resolve({ ...given, flags: flagged });
      const askedOf = ({ settings, target }: typeof before) => ({
        tenantId: settings.tenantId?.value,
        apiUrl: settings.apiUrl.value.href,
        isCertain: coreKnowsDeployment(settings, target),
        deploymentId: target.deployment.id,
        supervisorUrl: target.supervisorUrl.value.href,
      });
      assert.deepEqual(askedOf(after), askedOf(before));
      assert.deepEqual(after.asked, []);
    });
  }
});

it('a name of the server is cut where it stands in a sentence', () => {
  const name = 'x'.repeat(5_000_000);
  assert.equal(deploymentText({ id: 1n, name, path: null }), `deployment ${name}`.slice(0, 200));
});
