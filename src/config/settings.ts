import { type Env } from '../base/text.js';
import { UsageError } from '../base/errors.js';
import { parseId, type Id } from '../base/ids.js';
import { setVariables, valueOf, type Variable, type Variables } from './environment.js';
import { hiddenText } from './hidden-settings.js';
import { refuseKey } from './api-key.js';
import { chooseKey, type KeySetting } from './key-setting.js';
import { type KeyTools } from './keys.js';
import { currentProfile, findProfile, type Config, type Profile } from './profile.js';
import { type Setting, type Source } from './source.js';

const FLAGS = ['profile', 'deployment', 'supervisor-url', 'api-url', 'tenant-id'] as const;

/** The global flags that say where to act, by their names on the command line; undefined when not given. */
export type SettingFlags = Partial<Record<(typeof FLAGS)[number], string | undefined>>;

/** A deployment as it was asked for. By name, its id is looked up; an id from a profile may come with the name. */
export type DeploymentRef = { id: Id; name: string | null } | { id: null; name: string };

export interface UsedProfile {
  name: string;
  protected: boolean;
  /** Named by `--profile`, and so taken whole. */
  explicit: boolean;
  source: Source;
  /** When its key expires, RFC 3339, as the API last said; null when it never did. */
  expiresAt: string | null;
}

/** All that was said about where to act, and as whom. What nobody said is null. */
export interface Settings {
  profile: UsedProfile | null;
  /** The names of all profiles, for errors that say what to choose from. */
  profileNames: readonly string[];
  key: KeySetting | null;
  tenantId: Setting<Id> | null;
  apiUrl: Setting<URL>;
  /** Null as well when it must be looked up. */
  supervisorUrl: Setting<URL> | null;
  deployment: Setting<DeploymentRef> | null;
}

/** Checks a base URL; `what` names it in the error. @throws UsageError */
export type ParseBaseUrl = (text: string, what: string) => URL;

export interface SettingsInput {
  flags: SettingFlags;
  env: Env;
  /** @throws LdctlError for a config that cannot be used */
  readConfig(): Config;
  parseBaseUrl: ParseBaseUrl;
  /** Its `notify` also takes the line about variables that are ignored, or hide what the profile says. */
  keys: KeyTools;
}

export const DEFAULT_API_URL = 'https://api.laserdata.cloud';

/**
 * Settles each setting (design, "Settings"): flag, environment, profile (`--profile`, `LD_PROFILE`, the current
 * one), default. Reads the config and nothing else; no network, no key.
 * @throws UsageError for an empty flag (an unset shell variable must not change the target) or a malformed value;
 *   LdctlError (exit 5) for a profile that does not exist; what `readConfig` throws
 */
export function resolveSettings(input: SettingsInput): Settings {
  const { flags, parseBaseUrl } = input;
  refuseEmpty(flags);
  const config = input.readConfig();
  const used = chooseProfile(flags.profile, input.env, config);
  const stored = used?.stored;
  const variables = variablesFor(used, input);

  function choose<T>(
    flag: keyof SettingFlags,
    variable: Variable,
    parse: (text: string, what: string) => T,
    fromProfile: T | undefined,
  ): Setting<T> | null {
    const given = flags[flag];
    const set = variables[variable];
    const said = given ?? set;
    if (said !== undefined) {
      const name = given === undefined ? variable : `--${flag}`;
      refuseKey(said, name, input.env);
      return { value: parse(said, name), source: { from: given === undefined ? 'env' : 'flag', name } };
    }
    if (fromProfile === undefined || !stored) return null;
    return { value: fromProfile, source: { from: 'profile', name: stored.name } };
  }

  const storedUrl = (field: 'api_url' | 'supervisor_url'): URL | undefined => {
    const text = stored?.[field];
    return stored && text !== undefined ? parseBaseUrl(text, `${field} of profile ${stored.name}`) : undefined;
  };

  const deployment = choose('deployment', 'LD_DEPLOYMENT_ID', parseDeployment, stored && storedDeployment(stored));
  // The profile's supervisor is that of the profile's deployment, and of no other.
  const storedSupervisor = deployment?.source.from === 'profile' ? storedUrl('supervisor_url') : undefined;
  return {
    profile: used && describe(used),
    profileNames: config.profiles.map(({ name }) => name),
    key: chooseKey(variables, stored, input.keys),
    tenantId: choose('tenant-id', 'LD_TENANT_ID', parseId, stored?.tenant_id),
    apiUrl: choose('api-url', 'LD_API_URL', parseBaseUrl, storedUrl('api_url')) ?? {
      value: new URL(DEFAULT_API_URL),
      source: { from: 'default' },
    },
    supervisorUrl: choose('supervisor-url', 'LD_SUPERVISOR_URL', parseBaseUrl, storedSupervisor),
    deployment,
  };
}

interface ChosenProfile {
  stored: Profile;
  source: Source;
}

function chooseProfile(named: string | undefined, env: Env, config: Config): ChosenProfile | null {
  const said = named ?? valueOf(env, 'LD_PROFILE');
  if (said !== undefined) refuseKey(said, named === undefined ? 'LD_PROFILE' : '--profile', env);
  if (named !== undefined) return { stored: findProfile(config, named), source: { from: 'flag', name: '--profile' } };
  const variable = valueOf(env, 'LD_PROFILE');
  if (variable) return { stored: findProfile(config, variable), source: { from: 'env', name: 'LD_PROFILE' } };
  const current = currentProfile(config);
  return current && { stored: current, source: { from: 'current' } };
}

function isExplicit(used: ChosenProfile): boolean {
  return used.source.from === 'flag';
}

function describe(used: ChosenProfile): UsedProfile {
  const { name, protected: isProtected = false, expires_at: expiresAt = null } = used.stored;
  return { name, protected: isProtected, explicit: isExplicit(used), source: used.source, expiresAt };
}

/**
 * The variables that count. A profile named by `--profile` is taken whole, and one line says what that left out; for
 * any other, one line says what of it the variables hide.
 */
function variablesFor(used: ChosenProfile | null, { env, flags, keys }: SettingsInput): Variables {
  const set = setVariables(env);
  if (!used) return set;
  if (!isExplicit(used)) {
    const hidden = hiddenText(used.stored, env, flags);
    if (hidden !== null) keys.notify(hidden);
    return set;
  }
  const ignored = Object.keys(set);
  if (ignored.length > 0) {
    keys.notify(`--profile ${used.stored.name} is taken whole: ${ignored.join(', ')} from the environment ignored`);
  }
  return {};
}

function refuseEmpty(flags: SettingFlags): void {
  const empty = FLAGS.find((name) => flags[name]?.trim() === '');
  if (!empty) return;
  throw new UsageError(`--${empty} is empty`, {
    code: 'empty_flag',
    hint: 'Leave it out, or give it a value. (A shell variable that is not set looks like this.)',
  });
}

/** Digits only are an id, all else a name (design, "Settings"). */
function parseDeployment(text: string, what: string): DeploymentRef {
  return /^\d+$/.test(text) ? { id: parseId(text, what), name: null } : { id: null, name: text };
}

function storedDeployment({ deployment_id: id, deployment_name: name }: Profile): DeploymentRef | undefined {
  if (id !== undefined) return { id, name: name ?? null };
  return name === undefined ? undefined : { id: null, name };
}
