import { resolve } from 'node:path';
import { parseBaseUrl } from '../api/base-url.js';
import { UsageError } from '../base/errors.js';
import { parseId, type Id } from '../base/ids.js';
import type { ApiKey } from '../base/secret.js';
import type { Env } from '../base/text.js';
import { fetchKeyFile, fetchProfileKey, parseApiKey, refuseKey, type KeyTools } from './keys.js';
import { currentProfile, findProfile, type Config, type Profile } from './profiles.js';

export const DEFAULT_API_URL = 'https://api.laserdata.cloud';

const FLAGS = ['profile', 'deployment', 'supervisor-url', 'api-url', 'tenant-id'] as const;
/** The global flags that say where to act, by their names on the command line. */
export type SettingFlags = Partial<Record<(typeof FLAGS)[number], string | undefined>>;

/** The variables that say where to act, and as whom. */
const VARIABLES = [
  'LD_API_KEY',
  'LD_API_KEY_FILE',
  'LD_TENANT_ID',
  'LD_API_URL',
  'LD_SUPERVISOR_URL',
  'LD_DEPLOYMENT_ID',
] as const;
type Variable = (typeof VARIABLES)[number];

/** Set by `sandbox exec`, whose very purpose is that its variables win. */
const IN_SANDBOX = 'LDCTL_IN_SANDBOX';

/** `current`: the profile that is used when none is named; `structure`: looked up in the tenant's structure. */
export type Source = { from: 'flag' | 'env' | 'profile'; name: string } | { from: 'current' | 'default' | 'structure' };

export interface Setting<T> {
  value: T;
  source: Source;
}

/** A deployment as it was asked for. By name, its id is looked up; an id from a profile may come with the name. */
export type DeploymentRef = { id: Id; name: string | null } | { id: null; name: string };

/** Which key is used. It is not fetched before it is needed: a key command or a keyring may ask the user. */
export interface KeySetting {
  source: Source;
  /** @throws UsageError when it cannot be had; the signal's reason */
  fetch(signal?: AbortSignal): Promise<ApiKey>;
}

/** All that was said about where to act, and as whom. What was not said is null. */
export interface Settings {
  profile: (Profile & { source: Source }) | null;
  /** The names of all profiles, for errors that say what to choose from. */
  profileNames: readonly string[];
  key: KeySetting | null;
  tenantId: Setting<Id> | null;
  apiUrl: Setting<URL>;
  /** Null as well when it must be looked up. */
  supervisorUrl: Setting<URL> | null;
  deployment: Setting<DeploymentRef> | null;
  /** A line that names the variables that win over the profile, where there are any. */
  winning: string | null;
}

export interface SettingsInput {
  flags: SettingFlags;
  env: Env;
  /** @throws LdctlError for a config that cannot be used */
  readConfig: () => Config;
  keys: KeyTools;
  /** Takes the line about variables that `--profile` has ignored. */
  notify: (line: string) => void;
}

/** The value of a variable without white space around it; an empty one counts as unset. */
export function valueOf(env: Env, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

/** The folder of the profiles and the run journal: `LDCTL_CONFIG_DIR`, else the platform's own. It need not exist. */
export async function configDir(env: Env): Promise<string> {
  const chosen = valueOf(env, 'LDCTL_CONFIG_DIR');
  if (chosen) return resolve(chosen);
  const { default: envPaths } = await import('env-paths');
  return envPaths('ldctl', { suffix: '' }).config;
}

/**
 * Finds each setting: flag, environment, profile (`--profile`, `LD_PROFILE`, the current one), default. A profile named by
 * `--profile` is taken whole. Reads the config and nothing else; no network, no key.
 * @throws UsageError for an empty flag (an unset shell variable must not change the target) or a malformed value;
 *   LdctlError (exit 5) for a profile that does not exist; what `readConfig` throws
 */
export function resolveSettings({ flags, env, readConfig, keys, notify }: SettingsInput): Settings {
  const empty = FLAGS.find((name) => flags[name]?.trim() === '');
  if (empty) {
    throw new UsageError(`--${empty} is empty`, {
      code: 'empty_flag',
      hint: 'Leave it out, or give it a value. (A shell variable that is not set looks like this.)',
    });
  }
  const config = readConfig();
  const profile = chooseProfile(flags.profile, env, config);
  const isWhole = profile?.source.from === 'flag';
  const set = VARIABLES.filter((name) => valueOf(env, name) !== undefined);
  if (isWhole && set.length > 0) {
    notify(`--profile ${profile.name} is taken whole: ${set.join(', ')} from the environment ignored`);
  }
  const variable = (name: Variable): string | undefined => (isWhole ? undefined : valueOf(env, name));

  function choose<T>(
    flag: keyof SettingFlags,
    name: Variable,
    parse: (text: string, what: string) => T,
    stored: T | null | undefined,
  ): Setting<T> | null {
    const source: Source = flags[flag] === undefined ? { from: 'env', name } : { from: 'flag', name: `--${flag}` };
    const said = flags[flag] ?? variable(name);
    if (said !== undefined) {
      refuseKey(said, source.name, env);
      return { value: parse(said, source.name), source };
    }
    const isStored = profile && stored !== undefined && stored !== null;
    return isStored ? { value: stored, source: { from: 'profile', name: profile.name } } : null;
  }

  const storedUrl = (field: 'api_url' | 'supervisor_url'): URL | null => {
    const text = profile?.[field];
    return text === undefined ? null : parseBaseUrl(text, `${field} of profile ${profile?.name}`);
  };

  const deployment = choose('deployment', 'LD_DEPLOYMENT_ID', parseDeployment, profile && storedDeployment(profile));
  // The profile's supervisor is that of the profile's deployment, and of no other.
  const storedSupervisor = deployment?.source.from === 'profile' ? storedUrl('supervisor_url') : null;
  const found = {
    key: chooseKey(variable('LD_API_KEY'), variable('LD_API_KEY_FILE'), profile, keys),
    tenantId: choose('tenant-id', 'LD_TENANT_ID', parseId, profile?.tenant_id),
    apiUrl: choose('api-url', 'LD_API_URL', parseBaseUrl, storedUrl('api_url')) ?? {
      value: new URL(DEFAULT_API_URL),
      source: { from: 'default' as const },
    },
    supervisorUrl: choose('supervisor-url', 'LD_SUPERVISOR_URL', parseBaseUrl, storedSupervisor),
    deployment,
  };
  const winning = Object.values(found).flatMap((setting) =>
    setting?.source.from === 'env' ? [setting.source.name] : [],
  );
  const isTold = profile && winning.length > 0 && valueOf(env, IN_SANDBOX) === undefined;
  return {
    ...found,
    profile,
    profileNames: config.profiles.map(({ name }) => name),
    winning: isTold
      ? `the environment (${winning.join(', ')}) wins over profile ${profile.name}; --profile ${profile.name} ignores it`
      : null,
  };
}

function chooseProfile(flag: string | undefined, env: Env, config: Config): Settings['profile'] {
  const said = flag ?? valueOf(env, 'LD_PROFILE');
  if (said === undefined) {
    const current = currentProfile(config);
    return current && { ...current, source: { from: 'current' } };
  }
  const source: Source = flag === undefined ? { from: 'env', name: 'LD_PROFILE' } : { from: 'flag', name: '--profile' };
  refuseKey(said, source.name, env);
  return { ...findProfile(config, said), source };
}

/** Digits only are an id, all else a name. */
function parseDeployment(text: string, what: string): DeploymentRef {
  return /^\d+$/.test(text) ? { id: parseId(text, what), name: null } : { id: null, name: text };
}

function storedDeployment({ deployment_id: id, deployment_name: name }: Profile): DeploymentRef | null {
  if (id !== undefined) return { id, name: name ?? null };
  return name === undefined ? null : { id: null, name };
}

function chooseKey(
  text: string | undefined,
  path: string | undefined,
  profile: Profile | null,
  tools: KeyTools,
): KeySetting | null {
  if (text !== undefined) {
    // Within a promise, so that a bad key rejects like every other.
    const fetch = () => Promise.resolve(text).then((key) => parseApiKey(key, 'LD_API_KEY'));
    return { source: { from: 'env', name: 'LD_API_KEY' }, fetch };
  }
  if (path !== undefined) {
    return { source: { from: 'env', name: 'LD_API_KEY_FILE' }, fetch: (signal) => fetchKeyFile(path, signal) };
  }
  if (!profile) return null;
  const source = { from: 'profile', name: profile.name } as const;
  return { source, fetch: (signal) => fetchProfileKey(profile, tools, signal) };
}
