import assert from 'node:assert/strict';
import { openAccount, type Account } from '../../../src/app/account.js';
import { openDeployment, type OpenDeployment } from '../../../src/app/open.js';
import { TransportError } from '../../../src/base/errors.js';
import { type Env } from '../../../src/base/text.js';
import { type Deployment, type TenantStructure } from '../../../src/api/core-api.js';
import { openRunJournal } from '../../../src/config/journal.js';
import { type Profile } from '../../../src/config/profiles.js';
import { resolveSettings, type SettingFlags, type Settings } from '../../../src/config/settings.js';
import { VirtualClock } from '../../helpers/clock.js';
import { KEY, keyTools, profileNamed } from '../config/fixtures.js';

function deployment(id: bigint, name: string, supervisor_url: string): Deployment {
  const where = { cloud: 'aws', region: 'us-east-1', tier: null, variant: 'managed' };
  return { id, name, ...where, supervisor_url };
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
          deployments: [
            deployment(5n, 'solo', 'https://supervisor-5.example'),
            deployment(66n, 'hosted', HOSTED),
          ],
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
  others?: Profile[];
}

function settingsOf({ flags = {}, env = {}, stored = STORED, others = [] }: Given): Settings {
  const config =
    stored === null
      ? { profiles: [] }
      : { current: 'prod', profiles: [profileNamed('prod', stored), ...others] };
  return resolveSettings({ flags, env, config, keys: keyTools() });
}

const never = (): Promise<never> => Promise.reject(new Error('this was not to be asked'));
const { signal } = new AbortController();

/** An account, and for which tenants its Core was asked. */
function accountOf(
  { account }: Settings,
  answer: () => Promise<TenantStructure> = () => Promise.resolve(STRUCTURE),
): { account: Account; asked: bigint[] } {
  const asked: bigint[] = [];
  const structure = (tenantId: bigint): Promise<TenantStructure> => {
    asked.push(tenantId);
    return answer();
  };
  const core = { structure, keyContext: never, deployment: never };
  return { account: openAccount(account, { signal, core: () => core }), asked };
}

function open(account: Account, { deployment }: Settings): Promise<OpenDeployment> {
  const clock = new VirtualClock();
  return openDeployment(account, deployment, {
    clock,
    signal,
    newKey: () => 'a-random-key',
    say: () => undefined,
    journal: openRunJournal(['/no/such/folder'], clock),
    supervisor: () => ({ trigger: never, list: never }),
  });
}

/** Opens what is given, and notes what Core was asked. */
async function openGiven(given: Given): Promise<{
  settings: Settings;
  opened: OpenDeployment;
  asked: bigint[];
}> {
  const settings = settingsOf(given);
  const { account, asked } = accountOf(settings);
  return { settings, opened: await open(account, settings), asked };
}

describe('the flags of the command that continues', () => {
  const where = ['--deployment', '77', '--supervisor-url', 'https://stored.example'];
  const tenant = ['--tenant-id', '111'];
  const core = ['--api-url', 'https://core.example'];
  const OWN = { LD_API_KEY: KEY, LD_DEPLOYMENT_ID: '77' };

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
    it(`${what}, so that the later command asks the same Core, if it may ask any`, async () => {
      const before = await openGiven(given);
      const words = before.opened.flags;
      assert.deepEqual(words, flags);
      const flagged: Record<string, string> = {};
      for (let at = 0; at < words.length; at += 2) {
        flagged[String(words[at]).slice(2)] = String(words[at + 1]);
      }
      const after = await openGiven({ ...given, flags: flagged });
      const askedOf = ({ settings: { account }, opened }: typeof before) => ({
        tenantId: account.tenantId?.value,
        apiUrl: account.apiUrl.value.href,
        isCertain: opened.counter?.isCertain,
        deploymentId: opened.deploymentId,
        supervisorUrl: opened.supervisorUrl.value.href,
      });
      assert.deepEqual(askedOf(after), askedOf(before));
      assert.deepEqual(after.asked, []);
    });
  }
});

describe('a deployment that a profile protects by its name', () => {
  const given: Given = {
    flags: { deployment: '5', 'supervisor-url': 'https://supervisor-5.example' },
    env: { LD_API_KEY: KEY, LD_TENANT_ID: '111', LD_API_URL: 'https://core.example' },
  };
  const isDown = () => Promise.reject(new TransportError('ECONNREFUSED', 'no', { sent: 'no' }));
  const solo = { ...STORED, deployment_id: 5n, deployment_name: 'solo' };
  const USED = { flags: { profile: 'dev' }, env: {}, others: [profileNamed('dev', solo)] };
  const old = { ...solo, deployment_name: 'old', deployment_path: 'Payments/live/old' };
  const OLD = { ...USED, others: [profileNamed('dev', old)] };
  for (const [what, name, answer, protects, used = {}] of [
    ['is protected if Core says that it is called so', 'solo', undefined, true],
    ['is not protected if Core says another name', 'hosted', undefined, false],
    ['is protected if Core does not say what it is called', 'hosted', isDown, true],
    ['is protected if Core does not say what its path is', 'a/b/solo', isDown, true, USED],
    ['is protected if only a profile says that it has another name', 'hosted', isDown, true, USED],
    [
      'is protected if it was renamed since a profile stored its path',
      'solo',
      undefined,
      true,
      OLD,
    ],
  ] as const) {
    it(what, async () => {
      const stored = { deployment_id: undefined, deployment_name: name, protected: true };
      const settings = settingsOf({ ...given, ...used, stored });
      const { account } = accountOf(settings, answer);
      const { protector } = await open(account, settings);
      assert.equal(protector?.name, protects ? 'prod' : undefined);
    });
  }
});

describe('several deployments of one account', () => {
  it('are open at once, each with its own place and flags, and the structure is fetched once', async () => {
    const [solo, hosted] = ['solo', 'hosted'].map((name) =>
      settingsOf({ flags: { deployment: name } }),
    );
    assert.ok(solo && hosted);
    const { account, asked } = accountOf(solo);
    const opened = [await open(account, solo), await open(account, hosted)];
    assert.deepEqual(
      await Promise.all(
        opened.map(async ({ place, supervisorUrl, flags }) => [
          await place(),
          supervisorUrl.value.hostname,
          flags[3],
        ]),
      ),
      [
        ['Payments/live/solo', 'supervisor-5.example', '5'],
        ['Payments/live/hosted', 'supervisor.laserdata.cloud', '66'],
      ],
    );
    assert.deepEqual(asked, [111n]);
  });
});
