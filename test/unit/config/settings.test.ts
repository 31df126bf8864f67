import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LdctlError, UsageError } from '../../../src/base/errors.js';
import { ApiKey } from '../../../src/base/secret.js';
import { type Env } from '../../../src/base/text.js';
import { type Config } from '../../../src/config/profile.js';
import { resolveSettings, type SettingFlags, type Settings } from '../../../src/config/settings.js';
import { type Source } from '../../../src/config/source.js';
import { KEY, keyTools, OTHER_KEY, parseBaseUrl, privateFolder, profileNamed, removeFolders } from './fixtures.js';

const PROD = profileNamed('prod', {
  tenant_id: 111n,
  api_url: 'https://api.prod.example',
  supervisor_url: 'https://supervisor.prod.example',
  deployment_id: 1000n,
  deployment_name: 'main',
  protected: true,
  expires_at: '2027-01-01T00:00:00Z',
});
const BARE = profileNamed('bare', { tenant_id: 222n, key: { store: 'file', api_key: new ApiKey(OTHER_KEY) } });
const CONFIG: Config = { current: 'prod', profiles: [PROD, BARE] };
const NO_PROFILES: Config = { profiles: [] };

/** Every variable that a profile taken whole switches off. */
const VARIABLES = {
  LD_API_KEY: 'key-from-env',
  LD_API_KEY_FILE: '/run/secrets/key',
  LD_TENANT_ID: '333',
  LD_API_URL: 'https://api.env.example',
  LD_SUPERVISOR_URL: 'https://supervisor.env.example',
  LD_DEPLOYMENT_ID: '3000',
};

interface Given {
  flags?: SettingFlags;
  env?: Env;
  config?: Config;
}

function resolveWith({ flags = {}, env = {}, config = CONFIG }: Given): { settings: Settings; notices: string[] } {
  const keys = keyTools();
  const settings = resolveSettings({ flags, env, readConfig: () => structuredCopy(config), parseBaseUrl, keys });
  return { settings, notices: keys.notices };
}

function structuredCopy(config: Config): Config {
  return { ...config, profiles: [...config.profiles] };
}

const flag = (name: string): Source => ({ from: 'flag', name: `--${name}` });
const env = (name: string): Source => ({ from: 'env', name });
const fromProd: Source = { from: 'profile', name: 'prod' };

/** What is expected of one setting: its value as text, and its source; null when it is not set. */
type Expected = [value: string, source: Source] | null;

const SHOW = {
  tenantId: ({ tenantId }: Settings): Expected => tenantId && [String(tenantId.value), tenantId.source],
  apiUrl: ({ apiUrl }: Settings): Expected => [apiUrl.value.href, apiUrl.source],
  supervisorUrl: ({ supervisorUrl: url }: Settings): Expected => url && [url.value.href, url.source],
  deployment: ({ deployment }: Settings): Expected =>
    deployment && [`${String(deployment.value.id)} ${String(deployment.value.name)}`, deployment.source],
};

describe('settings', () => {
  describe('precedence: flag, environment, profile, default', () => {
    const table: Array<[setting: keyof typeof SHOW, when: string, given: Given, expected: Expected]> = [
      ['tenantId', 'flag over all', { flags: { 'tenant-id': '444' }, env: VARIABLES }, ['444', flag('tenant-id')]],
      ['tenantId', 'environment over profile', { env: VARIABLES }, ['333', env('LD_TENANT_ID')]],
      ['tenantId', 'profile', {}, ['111', fromProd]],
      ['tenantId', 'nothing', { config: NO_PROFILES }, null],
      [
        'apiUrl',
        'flag over all',
        { flags: { 'api-url': 'https://api.flag.example' }, env: VARIABLES },
        ['https://api.flag.example/', flag('api-url')],
      ],
      ['apiUrl', 'environment over profile', { env: VARIABLES }, ['https://api.env.example/', env('LD_API_URL')]],
      ['apiUrl', 'profile', {}, ['https://api.prod.example/', fromProd]],
      ['apiUrl', 'default', { config: NO_PROFILES }, ['https://api.laserdata.cloud/', { from: 'default' }]],
      [
        'apiUrl',
        'default for a profile without one',
        { env: { LD_PROFILE: 'bare' } },
        ['https://api.laserdata.cloud/', { from: 'default' }],
      ],
      [
        'supervisorUrl',
        'flag over all',
        { flags: { 'supervisor-url': 'https://supervisor.flag.example' }, env: VARIABLES },
        ['https://supervisor.flag.example/', flag('supervisor-url')],
      ],
      [
        'supervisorUrl',
        'environment over profile',
        { env: { LD_SUPERVISOR_URL: 'https://supervisor.env.example' } },
        ['https://supervisor.env.example/', env('LD_SUPERVISOR_URL')],
      ],
      ['supervisorUrl', 'profile', {}, ['https://supervisor.prod.example/', fromProd]],
      ['supervisorUrl', 'nothing', { config: NO_PROFILES }, null],
      [
        'supervisorUrl',
        'LD_API_URL is never the Supervisor',
        { env: { LD_API_URL: 'https://api.env.example' }, config: NO_PROFILES },
        null,
      ],
      [
        'deployment',
        'flag over all',
        { flags: { deployment: '4000' }, env: VARIABLES },
        ['4000 null', flag('deployment')],
      ],
      ['deployment', 'environment over profile', { env: VARIABLES }, ['3000 null', env('LD_DEPLOYMENT_ID')]],
      ['deployment', 'profile, with its name', {}, ['1000 main', fromProd]],
      ['deployment', 'nothing', { config: NO_PROFILES }, null],
      ['deployment', 'a flag by name', { flags: { deployment: 'stage' } }, ['null stage', flag('deployment')]],
      [
        'deployment',
        'a name that begins with digits',
        { flags: { deployment: '4u' } },
        ['null 4u', flag('deployment')],
      ],
      [
        'deployment',
        'the environment by name',
        { env: { LD_DEPLOYMENT_ID: 'stage' } },
        ['null stage', env('LD_DEPLOYMENT_ID')],
      ],
      [
        'deployment',
        'the largest id, digit for digit',
        { flags: { deployment: '18446744073709551615' } },
        ['18446744073709551615 null', flag('deployment')],
      ],
    ];
    for (const [setting, when, given, expected] of table) {
      it(`${setting}: ${when}`, () => {
        const { settings, notices } = resolveWith(given);
        assert.deepEqual(SHOW[setting](settings), expected);
        assert.deepEqual(
          notices.filter((line) => !line.includes(' what profile prod says; ')),
          [],
        );
      });
    }
  });

  describe('the key', () => {
    after(removeFolders);

    it('LD_API_KEY over LD_API_KEY_FILE over the profile, and says that there is a file too', async () => {
      const { key } = resolveWith({ env: VARIABLES }).settings;
      assert.deepEqual(key?.source, { ...env('LD_API_KEY'), note: 'LD_API_KEY_FILE is set too, and not read' });
      assert.equal((await key.fetch()).reveal(), 'key-from-env');
    });

    it('LD_API_KEY_FILE over the profile, read only when it is asked for', async () => {
      const { key } = resolveWith({ env: { LD_API_KEY_FILE: '/no/such/file' } }).settings;
      assert.deepEqual(key?.source, env('LD_API_KEY_FILE'));
      await assert.rejects(key.fetch(), { code: 'key_file_unreadable' });
    });

    it('the profile', async () => {
      const { key } = resolveWith({}).settings;
      assert.deepEqual(key?.source, { ...fromProd, note: 'in the config' });
      assert.equal((await key.fetch()).reveal(), KEY);
    });

    it('one that cannot be masked is warned of once, when it is fetched, wherever it comes from, and not shown', async () => {
      const folder = privateFolder();
      const file = join(folder, 'key');
      writeFileSync(file, 'ninechars', { mode: 0o600 });
      const short = { ...PROD, key: { store: 'file' as const, api_key: new ApiKey('ninechars') } };
      const sources: Array<[Given, string]> = [
        [{ env: { LD_API_KEY: 'ninechars' }, config: NO_PROFILES }, 'env LD_API_KEY'],
        [{ env: { LD_API_KEY_FILE: file }, config: NO_PROFILES }, 'env LD_API_KEY_FILE'],
        [{ config: { profiles: [short], current: 'prod' } }, 'profile prod'],
      ];
      for (const [given, source] of sources) {
        const { settings, notices } = resolveWith(given);
        assert.deepEqual(notices, []);
        await settings.key?.fetch();
        await settings.key?.fetch();
        const reason = 'it has fewer than 16 characters';
        assert.deepEqual(notices, [`the API key (${source}) is not masked where output holds it: ${reason}`]);
      }
    });

    it('nothing', () => assert.equal(resolveWith({ config: NO_PROFILES }).settings.key, null));

    it('a malformed LD_API_KEY is refused when it is asked for, and not shown', async () => {
      const { key } = resolveWith({ env: { LD_API_KEY: 'ld_pk_a b' } }).settings;
      await assert.rejects(
        () => key?.fetch() ?? Promise.resolve(),
        (error: unknown) => error instanceof UsageError && !(error.stack ?? '').includes('ld_pk_'),
      );
    });
  });

  describe('which profile', () => {
    it('--profile over LD_PROFILE over the current one', () => {
      const both = { flags: { profile: 'prod' }, env: { LD_PROFILE: 'bare' } };
      assert.deepEqual(resolveWith(both).settings.profile, {
        name: 'prod',
        protected: true,
        explicit: true,
        source: { from: 'flag', name: '--profile' },
        expiresAt: '2027-01-01T00:00:00Z',
      });
      assert.deepEqual(resolveWith({ env: { LD_PROFILE: 'bare' } }).settings.profile, {
        name: 'bare',
        protected: false,
        explicit: false,
        source: { from: 'env', name: 'LD_PROFILE' },
        expiresAt: null,
      });
      assert.deepEqual(resolveWith({}).settings.profile, {
        name: 'prod',
        protected: true,
        explicit: false,
        source: { from: 'current' },
        expiresAt: '2027-01-01T00:00:00Z',
      });
    });

    it('none, when none is current; the names are there for the error', () => {
      const { settings } = resolveWith({ config: { profiles: [PROD, BARE] } });
      assert.equal(settings.profile, null);
      assert.equal(settings.key, null);
      assert.deepEqual(settings.profileNames, ['prod', 'bare']);
    });

    for (const [how, given] of Object.entries<Given>({
      '--profile': { flags: { profile: 'gone' } },
      LD_PROFILE: { env: { LD_PROFILE: 'gone' } },
      'the config itself': { config: { ...CONFIG, current: 'gone' } },
    })) {
      it(`that does not exist, named by ${how}: exit 5 with the names there are`, () => {
        assert.throws(
          () => resolveWith(given),
          (error: unknown) =>
            error instanceof LdctlError && error.exitCode === 5 && /prod, bare/.test(error.hint ?? ''),
        );
      });
    }
  });

  describe('a profile named by --profile is taken whole', () => {
    it('none of the variables counts, and one line says which were ignored', async () => {
      const { settings, notices } = resolveWith({ flags: { profile: 'bare' }, env: VARIABLES });
      assert.deepEqual(settings.key?.source, { from: 'profile', name: 'bare', note: 'in the config' });
      assert.equal((await settings.key.fetch()).reveal(), OTHER_KEY);
      assert.deepEqual(SHOW.tenantId(settings), ['222', { from: 'profile', name: 'bare' }]);
      assert.deepEqual(SHOW.apiUrl(settings), ['https://api.laserdata.cloud/', { from: 'default' }]);
      assert.equal(settings.supervisorUrl, null);
      assert.equal(settings.deployment, null);
      assert.equal(notices.length, 1);
      for (const name of Object.keys(VARIABLES)) assert.match(notices[0] ?? '', new RegExp(`\\b${name}\\b`));
      assert.doesNotMatch(notices[0] ?? '', /key-from-env/);
    });

    for (const name of Object.keys(VARIABLES) as Array<keyof typeof VARIABLES>) {
      it(`the line names ${name} alone when only that is set`, () => {
        const { notices } = resolveWith({
          flags: { profile: 'prod' },
          env: { [name]: VARIABLES[name], LD_PROFILE: 'bare' },
        });
        assert.equal(notices.length, 1);
        assert.deepEqual(notices[0]?.match(/LD_[A-Z_]+/g), [name]);
      });
    }

    it('says nothing when there was nothing to ignore', () => {
      const empty = { LD_API_KEY: '', LD_TENANT_ID: ' ' };
      assert.deepEqual(resolveWith({ flags: { profile: 'prod' }, env: empty }).notices, []);
    });

    it('flags still win over it', () => {
      const flags = { profile: 'prod', 'tenant-id': '444', 'api-url': 'https://api.flag.example', deployment: '4000' };
      const { settings } = resolveWith({ flags, env: VARIABLES });
      assert.deepEqual(SHOW.tenantId(settings), ['444', flag('tenant-id')]);
      assert.deepEqual(SHOW.apiUrl(settings), ['https://api.flag.example/', flag('api-url')]);
      assert.deepEqual(SHOW.deployment(settings), ['4000 null', flag('deployment')]);
      assert.equal(settings.supervisorUrl, null);
    });

    it('LD_PROFILE and the current profile are not taken whole', () => {
      for (const extra of [{ LD_PROFILE: 'prod' }, {}]) {
        const { settings, notices } = resolveWith({ env: { ...VARIABLES, ...extra } });
        assert.deepEqual(settings.key?.source, {
          ...env('LD_API_KEY'),
          note: 'LD_API_KEY_FILE is set too, and not read',
        });
        const names = 'LD_API_KEY, LD_TENANT_ID, LD_API_URL, LD_SUPERVISOR_URL, LD_DEPLOYMENT_ID';
        const advice = 'unset them, or give --profile prod';
        assert.deepEqual(notices, [`${names} from the environment hide what profile prod says; ${advice}`]);
      }
    });
  });

  describe('a deployment from elsewhere', () => {
    for (const [how, given] of Object.entries<Given>({
      'a flag': { flags: { deployment: '4000' } },
      'the environment': { env: { LD_DEPLOYMENT_ID: '4000' } },
    })) {
      it(`(${how}) drops the profile's supervisor URL and name, and keeps its protection`, () => {
        const { settings } = resolveWith(given);
        assert.equal(settings.supervisorUrl, null);
        assert.deepEqual(settings.deployment?.value, { id: 4000n, name: null });
        assert.equal(settings.profile?.protected, true);
      });

      it(`(${how}) keeps a supervisor URL that is not the profile's`, () => {
        const withUrl = { ...given, env: { ...given.env, LD_SUPERVISOR_URL: 'https://supervisor.env.example' } };
        assert.deepEqual(SHOW.supervisorUrl(resolveWith(withUrl).settings), [
          'https://supervisor.env.example/',
          env('LD_SUPERVISOR_URL'),
        ]);
      });
    }
  });

  describe('what is empty', () => {
    for (const name of ['profile', 'deployment', 'supervisor-url', 'api-url', 'tenant-id'] as const) {
      for (const value of ['', ' ']) {
        it(`--${name} ${JSON.stringify(value)} is exit 2`, () => {
          assert.throws(
            () => resolveWith({ flags: { [name]: value } }),
            (error: unknown) =>
              error instanceof UsageError && error.code === 'empty_flag' && error.message.includes(`--${name}`),
          );
        });
      }
    }

    it('a variable counts as unset', () => {
      const names = [...Object.keys(VARIABLES), 'LD_PROFILE'];
      const { settings } = resolveWith({ env: Object.fromEntries(names.map((name) => [name, ''])) });
      assert.deepEqual(settings.key?.source, { ...fromProd, note: 'in the config' });
      for (const setting of [settings.tenantId, settings.apiUrl, settings.supervisorUrl, settings.deployment]) {
        assert.deepEqual(setting?.source, fromProd);
      }
    });
  });

  describe('what is malformed names its place', () => {
    const malformed: Array<[place: string, given: Given]> = [
      ['--tenant-id', { flags: { 'tenant-id': '12x' } }],
      ['LD_TENANT_ID', { env: { LD_TENANT_ID: '-1' } }],
      ['--deployment', { flags: { deployment: '18446744073709551616' } }],
      ['LD_DEPLOYMENT_ID', { env: { LD_DEPLOYMENT_ID: '18446744073709551616' } }],
      ['--api-url', { flags: { 'api-url': 'nonsense' } }],
      ['LD_API_URL', { env: { LD_API_URL: 'nonsense' } }],
      ['--supervisor-url', { flags: { 'supervisor-url': 'nonsense' } }],
      ['LD_SUPERVISOR_URL', { env: { LD_SUPERVISOR_URL: 'nonsense' } }],
      ['api_url of profile p', { config: { current: 'p', profiles: [profileNamed('p', { api_url: 'x' })] } }],
      [
        'supervisor_url of profile p',
        { config: { current: 'p', profiles: [profileNamed('p', { deployment_id: 1n, supervisor_url: 'x' })] } },
      ],
    ];
    for (const [place, given] of malformed) {
      it(place, () => {
        assert.throws(
          () => resolveWith(given),
          (error: unknown) => error instanceof UsageError && error.message.includes(place),
        );
      });
    }
  });

  it('a config that cannot be used is an error, whatever the environment says', () => {
    const fault = new UsageError('broken');
    const readConfig = (): never => {
      throw fault;
    };
    assert.throws(
      () => resolveSettings({ flags: {}, env: VARIABLES, readConfig, parseBaseUrl, keys: keyTools() }),
      fault,
    );
  });
});
