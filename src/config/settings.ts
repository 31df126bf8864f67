import { resolve } from 'node:path';
import { parseBaseUrl } from '../api/base-url.js';
import { UsageError } from '../base/errors.js';
import { parseId, type Id } from '../base/ids.js';
import type { ApiKey } from '../base/secret.js';
import { plainText, type Env } from '../base/text.js';
import { readInput } from './files.js';
import { fetchProfileKey, parseApiKey, refuseKey, type KeyTools } from './keys.js';
import { currentProfile, findProfile, type Config, type Profile } from './profiles.js';

export const DEFAULT_API_URL = 'https://api.laserdata.cloud';

const FLAGS = ['profile', 'deployment', 'supervisor-url', 'api-url', 'tenant-id'] as const;
/** The global flags that say where to act. */
export type SettingFlags = Partial<Record<(typeof FLAGS)[number], string | undefined>>;

const VARIABLES = [
  'LD_API_KEY',
  'LD_API_KEY_FILE',
  'LD_TENANT_ID',
  'LD_API_URL',
  'LD_SUPERVISOR_URL',
  'LD_DEPLOYMENT_ID',
] as const;
type Variable = (typeof VARIABLES)[number];

/**
 * `current`: the profile that is used when none is named. `structure`: the tenant's, in which it
 * was looked up.
 */
export type Source =
  | { from: 'flag' | 'env' | 'profile'; name: string }
  | { from: 'current' | 'default' | 'structure' };

export interface Setting<T> {
  value: T;
  source: Source;
}

/** A deployment by id or by name. With the id from a profile more may be known. */
export type DeploymentRef =
  { id: Id; name: string | null; path?: string } | { id: null; name: string; path?: undefined };

/** A key is fetched only when it is needed, since a key command or a keyring may ask the user. */
export interface KeySetting {
  source: Source;
  fetch(signal?: AbortSignal): Promise<ApiKey>;
}

/** Where to act, and as whom. What was not given is null. */
export interface Settings {
  profile: (Profile & { source: Source }) | null;
  key: KeySetting | null;
  tenantId: Setting<Id> | null;
  apiUrl: Setting<URL>;
  /** Null: it is looked up. */
  supervisorUrl: Setting<URL> | null;
  deployment: Setting<DeploymentRef> | null;
  /** LDCTL_CONFIG_DIR, where it names a folder without profiles. */
  emptyFolder: string | null;
  /** What to say before an action: which variables override the profile, or are empty. */
  overrides: string | null;
}

export interface SettingsInput {
  flags: SettingFlags;
  env: Env;
  readConfig: () => Config;
  keys: KeyTools;
  /** Is given the line about the variables that `--profile` ignores. */
  notify: (line: string) => void;
}

/** A variable without white space around it; undefined when it is empty. */
export function valueOf(env: Env, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

/**
 * The folder of the profiles and the run journal: `LDCTL_CONFIG_DIR`, else the platform's own. It
 * need not exist.
 */
export async function configDir(env: Env): Promise<string> {
  const chosen = valueOf(env, 'LDCTL_CONFIG_DIR');
  if (chosen) return resolve(chosen);
  const { default: envPaths } = await import('env-paths');
  return envPaths('ldctl', { suffix: '' }).config;
}

/**
 * Finds each setting: flag, environment, profile (`--profile`, `LD_PROFILE`, the current one),
 * default. A profile named by `--profile` is taken whole. Reads the config and nothing else; no
 * network, no key.
 */
export function resolveSettings({ flags, env, readConfig, keys, notify }: SettingsInput): Settings {
  refuseEmpty(flags);
  const config = readConfig();
  const profile = profileOf(config, given(flags, env, 'profile', 'LD_PROFILE', env));
  const variables = variablesBeside(profile, env, notify);
  const choose = chooser({ flags, env, variables, profile });
  const deployment = chooseDeployment(choose, profile);
  // The profile's supervisor URL is for the profile's deployment only.
  const storedSupervisor =
    deployment?.source.from === 'profile' ? profile?.supervisor_url : undefined;
  const found = {
    key: chooseKey(variables, profile, keys),
    tenantId: choose('tenant-id', 'LD_TENANT_ID', profile?.tenant_id.toString(), parseId),
    apiUrl: choose('api-url', 'LD_API_URL', profile?.api_url, parseBaseUrl) ?? {
      value: new URL(DEFAULT_API_URL),
      source: { from: 'default' as const },
    },
    supervisorUrl: choose('supervisor-url', 'LD_SUPERVISOR_URL', storedSupervisor, parseBaseUrl),
    deployment,
  };
  const emptyFolder = config.profiles.length === 0 && valueOf(env, 'LDCTL_CONFIG_DIR');
  return {
    ...found,
    profile,
    emptyFolder: emptyFolder || null,
    overrides: sayingOf(variables, found, profile),
  };
}

/** The variables that override any profile. */
export const variablesIn = (env: Env): string[] =>
  VARIABLES.filter((name) => valueOf(env, name) !== undefined);

/** @throws UsageError */
function refuseEmpty(flags: SettingFlags): void {
  const empty = FLAGS.find((name) => flags[name]?.trim() === '');
  if (!empty) return;
  throw new UsageError(`--${empty} is empty`, {
    code: 'empty_flag',
    hint: 'Leave it out, or give it a value. (Perhaps a shell variable is not set.)',
  });
}

/** From the flag, or else from the variable. @throws UsageError for what looks like a key */
function given(
  flags: SettingFlags,
  env: Env,
  flag: keyof SettingFlags,
  variable: string,
  variables: Env,
) {
  const isFlag = flags[flag] !== undefined;
  const name = isFlag ? `--${flag}` : variable;
  const value = flags[flag] ?? valueOf(variables, variable);
  if (value === undefined) return null;
  refuseKey(value, name, env);
  const source: Source & { name: string } = { from: isFlag ? 'flag' : 'env', name };
  return { value, source };
}

/** The profile that is named, or else the current one. @throws LdctlError (exit 5) for no such */
function profileOf(config: Config, named: ReturnType<typeof given>): Settings['profile'] {
  if (named) return { ...findProfile(config, named.value), source: named.source };
  const current = currentProfile(config);
  return current && { ...current, source: { from: 'current' } };
}

/** None beside a profile that is taken whole, which is said. */
function variablesBeside(
  profile: Settings['profile'],
  env: Env,
  notify: SettingsInput['notify'],
): Env {
  if (profile?.source.from !== 'flag') return env;
  const set = variablesIn(env).join(', ');
  if (set) notify(`--profile ${profile.name} is taken whole: ${set} from the environment ignored`);
  return {};
}

function chooseDeployment(
  choose: ReturnType<typeof chooser>,
  profile: Settings['profile'],
): Settings['deployment'] {
  const { deployment_id: id, deployment_name: name, deployment_path: path } = profile ?? {};
  const stored = id?.toString() ?? name;
  const found = choose('deployment', 'LD_DEPLOYMENT_ID', stored, parseDeployment);
  if (found?.source.from !== 'profile' || id === undefined) return found;
  const value = {
    id,
    name: name === undefined ? null : plainText(name),
    ...(path && { path: plainText(path) }),
  };
  return { ...found, value };
}

/** Chooses a setting: the flag, the variable, what the profile has. */
function chooser({
  flags,
  env,
  variables,
  profile,
}: Pick<SettingsInput, 'flags' | 'env'> & Pick<Settings, 'profile'> & { variables: Env }) {
  return <T>(
    flag: keyof SettingFlags,
    variable: Variable,
    stored: string | undefined,
    parse: (text: string, what: string) => T,
  ): Setting<T> | null => {
    const found = given(flags, env, flag, variable, variables);
    if (found) return { value: parse(found.value, found.source.name), source: found.source };
    if (!profile || stored === undefined) return null;
    const what = `${flag.replace('-', '_')} of profile ${profile.name}`;
    return { value: parse(stored, what), source: { from: 'profile', name: profile.name } };
  };
}

/** A variable that is set and empty was meant to say something: the profile says it instead. */
function emptyIn(
  env: Env,
  deployment: Settings['deployment'],
  { name, source }: NonNullable<Settings['profile']>,
): string[] {
  const isEmpty = (variable: string): boolean => env[variable]?.trim() === '';
  const lines: string[] = [];
  if (isEmpty('LD_PROFILE') && source.from === 'current') {
    lines.push(`LD_PROFILE is empty: profile ${name}`);
  }
  if (isEmpty('LD_DEPLOYMENT_ID') && deployment?.source.from === 'profile') {
    const { value } = deployment;
    lines.push(`LD_DEPLOYMENT_ID is empty: profile ${name}'s ${value.name ?? value.id}`);
  }
  return lines;
}

function sayingOf(
  env: Env,
  found: Pick<Settings, 'deployment' | 'key' | 'tenantId' | 'apiUrl' | 'supervisorUrl'>,
  profile: Settings['profile'],
): string | null {
  if (!profile) return null;
  const { name } = profile;
  const lines = emptyIn(env, found.deployment, profile);
  const names = Object.values(found).flatMap((setting) =>
    setting?.source.from === 'env' ? [setting.source.name] : [],
  );
  if (names.length > 0) {
    lines.push(
      `the environment (${names.join(', ')}) overrides profile ${name}; use --profile ${name} to ignore it`,
    );
  }
  return lines.length === 0 ? null : lines.join('\n');
}

/** Digits are an id, any other text a name. */
function parseDeployment(text: string, what: string): DeploymentRef {
  return /^\d+$/.test(text) ? { id: parseId(text, what), name: null } : { id: null, name: text };
}

function chooseKey(variables: Env, profile: Profile | null, tools: KeyTools): KeySetting | null {
  const text = valueOf(variables, 'LD_API_KEY');
  const path = valueOf(variables, 'LD_API_KEY_FILE');
  if (text !== undefined) {
    // Within a promise, so that a bad key rejects like every other.
    const fetch = () => Promise.resolve(text).then((key) => parseApiKey(key, 'LD_API_KEY'));
    return { source: { from: 'env', name: 'LD_API_KEY' }, fetch };
  }
  if (path !== undefined) {
    const name = 'LD_API_KEY_FILE';
    const fetch = async (signal?: AbortSignal) =>
      parseApiKey(await readInput(path, name, signal), `the file of ${name}`);
    return { source: { from: 'env', name }, fetch };
  }
  if (!profile) return null;
  const source = { from: 'profile', name: profile.name } as const;
  return { source, fetch: (signal) => fetchProfileKey(profile, tools, signal) };
}
