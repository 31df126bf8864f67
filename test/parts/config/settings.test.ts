import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { ApiKey } from '../../../src/base/secret.js';
import { type Env } from '../../../src/base/text.js';
import { type Config } from '../../../src/config/profiles.js';
import {
  foldersIn,
  resolveSettings,
  type SettingFlags,
  type Settings,
  type Source,
} from '../../../src/config/settings.js';
import { keyTools, OTHER_KEY, profileNamed } from './fixtures.js';

const PROD = profileNamed('prod', {
  tenant_id: 111n,
  api_url: 'https://api.prod.example',
  supervisor_url: 'https://supervisor.prod.example',
  deployment_id: 1000n,
  deployment_name: 'main',
  protected: true,
  expires_at: '2027-01-01T00:00:00Z',
});
const BARE = profileNamed('bare', {
  tenant_id: 222n,
  key: { store: 'file', api_key: new ApiKey(OTHER_KEY) },
});
const CONFIG: Config = { current: 'prod', profiles: [PROD, BARE] };
const NONE: Config = { profiles: [] };

const VARIABLES = {
  LD_API_KEY: 'key-from-env',
  LD_API_KEY_FILE: '/no/such/file',
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

function settle({ flags = {}, env = {}, config = CONFIG }: Given): Settings {
  return resolveSettings({ flags, env, config, keys: keyTools() });
}

function sourceText({ from, name }: Source): string {
  if (from === 'profile') return name;
  return from === 'flag' || from === 'env' ? `${from} ${name}` : from;
}

/** Each setting as `value < source`, and null for what is not set. */
function shown({ account, deployment: { named, supervisorUrl } }: Settings) {
  const { tenantId, apiUrl, key, profile } = account;
  const text = (value: unknown, setting: { source: Source } | null): string | null =>
    setting && `${String(value)} < ${sourceText(setting.source)}`;
  const { id, name } = named?.value ?? {};
  return {
    tenantId: text(tenantId?.value, tenantId),
    apiUrl: text(apiUrl.value.host, apiUrl),
    supervisorUrl: text(supervisorUrl?.value.host, supervisorUrl),
    deployment: text(`${String(id)} ${String(name)}`, named),
    key: key && sourceText(key.source),
    profile: text(profile?.name, profile),
  };
}
type Shown = Partial<ReturnType<typeof shown>>;

describe('settings', () => {
  const flags = {
    'tenant-id': '444',
    'api-url': 'https://api.flag.example',
    'supervisor-url': 'https://supervisor.flag.example',
    deployment: '18446744073709551615',
  };
  const table: Record<string, [Given, Shown]> = {
    'flags win over all': [
      { flags, env: VARIABLES },
      {
        tenantId: '444 < flag --tenant-id',
        apiUrl: 'api.flag.example < flag --api-url',
        supervisorUrl: 'supervisor.flag.example < flag --supervisor-url',
        deployment: '18446744073709551615 null < flag --deployment',
      },
    ],
    'the environment overrides the profile': [
      { env: VARIABLES },
      {
        tenantId: '333 < env LD_TENANT_ID',
        apiUrl: 'api.env.example < env LD_API_URL',
        supervisorUrl: 'supervisor.env.example < env LD_SUPERVISOR_URL',
        deployment: '3000 null < env LD_DEPLOYMENT_ID',
        key: 'env LD_API_KEY',
        profile: 'prod < current',
      },
    ],
    'the profile overrides the default': [
      {},
      {
        tenantId: '111 < profile prod',
        apiUrl: 'api.prod.example < profile prod',
        supervisorUrl: 'supervisor.prod.example < profile prod',
        deployment: '1000 main < profile prod',
        key: 'profile prod',
        profile: 'prod < current',
      },
    ],
    'without anything there is the default': [
      { config: NONE },
      {
        tenantId: null,
        apiUrl: 'api.laserdata.cloud < default',
        supervisorUrl: null,
        deployment: null,
        key: null,
        profile: null,
      },
    ],
    'LD_PROFILE overrides the current one': [
      { env: { LD_PROFILE: 'bare' } },
      { profile: 'bare < env LD_PROFILE', apiUrl: 'api.laserdata.cloud < default' },
    ],
    '--profile overrides LD_PROFILE': [
      { flags: { profile: 'prod' }, env: { LD_PROFILE: 'bare' } },
      { profile: 'prod < flag --profile' },
    ],
    'LD_API_URL is never the Supervisor': [
      { env: { LD_API_URL: 'https://api.env.example' }, config: NONE },
      { supervisorUrl: null },
    ],
    'a deployment from a flag drops the supervisor of the profile': [
      { flags: { deployment: '4000' } },
      { supervisorUrl: null, deployment: '4000 null < flag --deployment' },
    ],
    '--profile is taken whole: no variable counts': [
      { flags: { profile: 'bare' }, env: VARIABLES },
      {
        tenantId: '222 < profile bare',
        apiUrl: 'api.laserdata.cloud < default',
        supervisorUrl: null,
        deployment: null,
        key: 'profile bare',
      },
    ],
    'flags still win over --profile': [
      { flags: { ...flags, profile: 'bare' }, env: VARIABLES },
      { tenantId: '444 < flag --tenant-id', apiUrl: 'api.flag.example < flag --api-url' },
    ],
  };
  for (const [what, [given, expected]] of Object.entries(table)) {
    it(what, () => {
      const all = shown(settle(given));
      assert.deepEqual({ ...all, ...expected }, all);
    });
  }
});

describe('the folders of the config and the journal', () => {
  it('are the one that LDCTL_CONFIG_DIR names, from where the command runs, else the platform’s own', async () => {
    const here = resolve('here');
    const chosen = await foldersIn({ LDCTL_CONFIG_DIR: 'here' }, process.platform);
    assert.deepEqual(chosen, { config: here, journal: [here] });
    for (const unset of [undefined, '', ' ']) {
      const { config: folder, journal } = await foldersIn(
        { LDCTL_CONFIG_DIR: unset },
        process.platform,
      );
      assert.equal(journal.at(-1), folder);
      assert.notEqual(journal[0], folder);
      assert.ok(folder.includes('ldctl') && !folder.includes('nodejs'), folder);
      assert.ok(
        process.env['XDG_CONFIG_HOME'] !== undefined || folder.startsWith(homedir()),
        folder,
      );
    }
  });
});
