import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseBaseUrl } from '../api/base-url.js';
import { parseId, type Id } from '../base/ids.js';
import type { ApiKey } from '../base/secret.js';
import { plainText, type Env } from '../base/text.js';
import type { JournalFolders } from './journal.js';
import { fetchKeyFile, fetchProfileKey, parseApiKey, refuseKey, type KeyTools } from './keys.js';
import { findProfile, type Config, type Profile } from './profiles.js';

export const DEFAULT_API_URL = 'https://api.laserdata.cloud';

/** Each global flag that says where to act, and the variable that says the same. */
const VARIABLE_OF = {
  'tenant-id': 'LD_TENANT_ID',
  'api-url': 'LD_API_URL',
  'supervisor-url': 'LD_SUPERVISOR_URL',
  deployment: 'LD_DEPLOYMENT_ID',
  profile: 'LD_PROFILE',
} as const;
type FlagName = keyof typeof VARIABLE_OF;
export type SettingFlags = Partial<Record<FlagName, string | undefined>>;

/** Where a setting is from, and how people know that: `--api-url`, `LD_API_URL`, `profile prod`. */
export interface Source {
  /** `current` is a profile's alone; `structure` a supervisor URL's that was looked up. */
  from: 'flag' | 'env' | 'profile' | 'current' | 'default' | 'structure';
  name: string;
}

/** The profile that is used when none is named. */
const CURRENT: Source = { from: 'current', name: 'the current one' };
const DEFAULT: Source = { from: 'default', name: 'default' };
/** It was looked up there. */
export const STRUCTURE: Source = { from: 'structure', name: "the tenant's structure" };

export interface Setting<T> {
  value: T;
  source: Source;
}

/** A URL counts only for the deployment that it was given with: `urlFor` (structure.ts) decides. */
export interface SupervisorSetting extends Setting<URL> {
  /** That deployment, where `--deployment` may be another; null: it is the one that is acted on. */
  of: Setting<DeploymentRef> | null;
}

/** What is known of a deployment. The rest is looked up where it is needed. */
export interface DeploymentRef {
  id: Id | null;
  /** Without an id: what a person wrote, which may be a path. */
  name: string | null;
  /** `division/environment/name` */
  path: string | null;
  divisionId?: Id | undefined;
  environmentId?: Id | undefined;
}

/** A key is fetched only when it is needed, since a key command or a keyring may ask the user. */
export interface KeySetting {
  source: Source;
  fetch(signal?: AbortSignal): Promise<ApiKey>;
}

/** A tenant, its key, and the Core that knows both. What was not given is null. */
export interface AccountSettings {
  profile: (Profile & { source: Source }) | null;
  key: KeySetting | null;
  tenantId: Setting<Id> | null;
  apiUrl: Setting<URL>;
  /** There is no profile yet. */
  isFirst: boolean;
  /** LDCTL_CONFIG_DIR, where it names a folder without profiles. */
  emptyFolder: string | null;
}

/** A deployment of an account. */
export interface DeploymentSettings {
  /** Null: none was given. */
  named: Setting<DeploymentRef> | null;
  /** Null: it is looked up. */
  supervisorUrl: SupervisorSetting | null;
  /** The stored profiles that protect their deployments: each does so whichever profile is used. */
  protectors: readonly Profile[];
}

/** Where to act, and as whom. */
export interface Settings {
  account: AccountSettings;
  deployment: DeploymentSettings;
  /** What to say before an action: which variables override the profile, or are empty; or ''. */
  overrides: string;
}

interface SettingsInput {
  flags: SettingFlags;
  env: Env;
  config: Config;
  keys: KeyTools;
}

/** A variable without white space around it; undefined when it is empty. */
export function variableIn(env: Env, name: string) {
  return env[name]?.trim() || undefined;
}

/** Where ldctl keeps its files. None need exist. */
export interface Folders {
  /** Of the profiles and the names of nodes. */
  config: string;
  journal: JournalFolders;
}

/**
 * `LDCTL_CONFIG_DIR`, else the platform's own. The journal is state: on macOS and Windows it is
 * with the data, since logs are what people clear away. Until 2026-12 it was beside the profiles.
 */
export async function foldersIn(env: Env, platform: NodeJS.Platform): Promise<Folders> {
  const chosen = variableIn(env, 'LDCTL_CONFIG_DIR');
  if (chosen) return { config: resolve(chosen), journal: [resolve(chosen)] };
  const { default: envPaths } = await import('env-paths');
  const { config, data, log } = envPaths('ldctl', { suffix: '' });
  if (['darwin', 'win32'].includes(platform)) return { config, journal: [data, config] };
  // By the standard, an XDG variable with a relative path counts as not set.
  const atHome = (path: string, orElse: string) =>
    isAbsolute(path) ? path : join(homedir(), orElse, 'ldctl');
  const own = atHome(config, '.config');
  return { config: own, journal: [atHome(log, '.local/state'), own] };
}

/** @param what names the setting in errors */
type Parse<T> = (text: string, what: string) => T;

/**
 * Finds each setting: flag, environment, profile (`--profile`, `LD_PROFILE`, the current one),
 * default. No network, no key.
 * @throws UsageError; LdctlError (exit 5) for a profile that does not exist
 */
export function resolveSettings(input: SettingsInput): Settings {
  const { flags, env, config, keys } = input;
  // With `--profile` no variable counts. Without it they override the profile, even one that
  // LD_PROFILE names.
  const variables = flags.profile === undefined ? env : {};
  /** By its flag, or else its variable. @throws UsageError for what looks like a key */
  const fromFlagOrEnv = <T>(flag: FlagName, parse: Parse<T>): Setting<T> | null => {
    const variable = VARIABLE_OF[flag];
    const typed = flags[flag];
    const text = typed ?? variableIn(variables, variable);
    if (text === undefined) return null;
    const source: Source =
      typed === undefined ? { from: 'env', name: variable } : { from: 'flag', name: `--${flag}` };
    refuseKey(text, source.name, env);
    return { value: parse(text, source.name), source };
  };

  const named = fromFlagOrEnv('profile', (name, of) =>
    findProfile(config, name, flags.profile === undefined ? of : undefined),
  );
  const { current: name } = config;
  const current = named || name === undefined ? null : findProfile(config, name, CURRENT.name);
  const profile = named
    ? { ...named.value, source: named.source }
    : current && { ...current, source: CURRENT };
  const settingOf: SettingOf = (flag, parse, stored) => {
    const found = fromFlagOrEnv(flag, parse);
    if (found || !profile) return found;
    const value = stored(profile);
    return value === null ? null : { value, source: sourceOf(profile) };
  };

  const deployment = deploymentOf(input, profile, settingOf);
  const isFirst = config.profiles.length === 0;
  const account = {
    profile,
    key: chooseKey(variables, profile, keys),
    tenantId: settingOf('tenant-id', parseId, ({ tenant_id }) => tenant_id),
    apiUrl: settingOf('api-url', parseBaseUrl, (from) => urlIn(from, 'api_url')) ?? {
      value: new URL(DEFAULT_API_URL),
      source: DEFAULT,
    },
    isFirst,
    emptyFolder: (isFirst && variableIn(env, 'LDCTL_CONFIG_DIR')) || null,
  };
  return { account, deployment, overrides: overridesOf(variables, account, deployment) };
}

/** By its flag, its variable, or the profile. */
type SettingOf = <T>(
  flag: FlagName,
  parse: Parse<T>,
  stored: (profile: Profile) => T | null,
) => Setting<T> | null;

function deploymentOf(
  input: SettingsInput,
  profile: Profile | null,
  settingOf: SettingOf,
): DeploymentSettings {
  const named = settingOf('deployment', parseDeployment, deploymentIn);
  // The profile's supervisor URL is for the profile's deployment only.
  const isStored = named?.source.from === 'profile';
  const url = settingOf('supervisor-url', parseBaseUrl, (from) =>
    isStored ? urlIn(from, 'supervisor_url') : null,
  );
  // The owner of LD_SUPERVISOR_URL: the deployment that is acted on without `--deployment`.
  const ofVariables = { ...input, flags: { ...input.flags, deployment: undefined } };
  const isOther = url?.source.from === 'env' && input.flags.deployment !== undefined;
  const of = isOther ? resolveSettings(ofVariables).deployment.named : null;
  // One that names no deployment protects whatever it is used for.
  const protectors = input.config.profiles.filter(
    (one) => one.protected === true && (deploymentIn(one) || one.name === profile?.name),
  );
  return { named, supervisorUrl: url && { ...url, of }, protectors };
}

/**
 * The stored profile that protects a deployment, however that was reached; null for none. One that
 * has no id for its deployment protects what is called so.
 */
export function protectorOf(
  { protectors, named }: DeploymentSettings,
  ref: DeploymentRef | null = named?.value ?? null,
): Profile | null {
  const protects = (one: Profile) => {
    const own = deploymentIn(one);
    if (!own) return true;
    if (own.id !== null) return own.id === ref?.id;
    return own.name !== null && ref !== null && isCalled(ref, own.name);
  };
  return protectors.find(protects) ?? null;
}

/**
 * One that protects a deployment of which it knows the name alone: Core has to say what another one
 * is called, so that it is certain that this one does not protect it.
 */
export const protectorByName = ({ protectors }: DeploymentSettings): Profile | null =>
  protectors.find((one) => deploymentIn(one)?.id === null) ?? null;

/**
 * Whether a person may call a deployment so: by its name or its path, or by an end of the path that
 * starts at a slash and has the whole name.
 */
export const isCalled = ({ name, path }: DeploymentRef, text: string): boolean =>
  text === name ||
  text === path ||
  (path !== null && text.length > (name ?? '').length && path.endsWith(`/${text}`));

/** The variables that are set, and override a profile. */
export const overridingVariables = (env: Env) =>
  [...Object.keys(KEY_VARIABLES), ...Object.values(VARIABLE_OF)].filter(
    (name) => name !== 'LD_PROFILE' && variableIn(env, name) !== undefined,
  );

const sourceOf = ({ name }: Profile): Source => ({ from: 'profile', name: `profile ${name}` });

function urlIn(profile: Profile, field: 'api_url' | 'supervisor_url') {
  const text = profile[field];
  return text === undefined ? null : parseBaseUrl(text, `${field} of profile ${profile.name}`);
}

function deploymentIn(profile: Profile): DeploymentRef | null {
  const { deployment_id: id, deployment_name: name, deployment_path: path } = profile;
  // Without an id it is looked up by its name, as that is.
  if (id === undefined) return name === undefined ? null : { id: null, name, path: null };
  return {
    id,
    name: name ? plainText(name) : null,
    path: path ? plainText(path) : null,
    divisionId: profile.division_id,
    environmentId: profile.environment_id,
  };
}

/**
 * Which variables override the profile, and what the profile says where LD_PROFILE or
 * LD_DEPLOYMENT_ID is set and empty: that was meant to say something else.
 */
function overridesOf(
  env: Env,
  { profile, key, tenantId, apiUrl }: AccountSettings,
  { named, supervisorUrl }: DeploymentSettings,
): string {
  if (!profile) return '';
  const { name, source } = profile;
  const isEmpty = (variable: string) => env[variable]?.trim() === '';
  // A supervisor's URL of another deployment overrides nothing.
  const own = supervisorUrl?.of ? null : supervisorUrl;
  const fromEnv = variablesOf([key, tenantId, apiUrl, own, named]);
  const lines = [
    isEmpty('LD_PROFILE') &&
      source.from === 'current' &&
      `LD_PROFILE is empty, so the current profile, ${name}, is used`,
    isEmpty('LD_DEPLOYMENT_ID') &&
      named?.source.from === 'profile' &&
      `LD_DEPLOYMENT_ID is empty, so this is ${name}'s deployment, ${named.value.name ?? named.value.id}`,
    fromEnv.length > 0 &&
      `${fromEnv.join(', ')} ${fromEnv.length > 1 ? 'override' : 'overrides'} profile ${name}. To use the profile: --profile ${name}`,
  ];
  return lines.filter(Boolean).join('\n');
}

/** Those that some of these settings are from. */
export const variablesOf = (settings: ReadonlyArray<{ source: Source } | null>) =>
  settings.flatMap((one) => (one?.source.from === 'env' ? one.source.name : []));

/** Digits are an id, any other text a name. */
function parseDeployment(text: string, what: string): DeploymentRef {
  return /^\d+$/.test(text)
    ? { id: parseId(text, what), name: null, path: null }
    : { id: null, name: text, path: null };
}

/** What a key is fetched by, the first that is set. */
const KEY_VARIABLES: Readonly<
  Record<string, (text: string, signal?: AbortSignal) => ApiKey | Promise<ApiKey>>
> = {
  LD_API_KEY: (text) => parseApiKey(text, 'LD_API_KEY'),
  LD_API_KEY_FILE: fetchKeyFile,
};

function chooseKey(variables: Env, profile: Profile | null, tools: KeyTools): KeySetting | null {
  for (const [name, fetchBy] of Object.entries(KEY_VARIABLES)) {
    const text = variableIn(variables, name);
    if (text === undefined) continue;
    // A bad key rejects, like every other that cannot be had.
    return { source: { from: 'env', name }, fetch: async (signal) => fetchBy(text, signal) };
  }
  if (!profile) return null;
  return { source: sourceOf(profile), fetch: (signal) => fetchProfileKey(profile, tools, signal) };
}
