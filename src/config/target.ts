import { parseBaseUrl } from '../api/base-url.js';
import { refusedError, usageError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { ApiKey } from '../base/secret.js';
import { count, nameText, plainText, urlText } from '../base/text.js';
import type {
  Deployment,
  Division,
  Permissions,
  TenantEnvironment,
  TenantStructure,
} from '../api/core-api.js';
import {
  STRUCTURE,
  type DeploymentRef,
  type KeySetting,
  type Setting,
  type Settings,
  type Source,
} from './settings.js';

/** What a request to the Core API needs. */
export interface TenantAccess {
  key: ApiKey;
  tenantId: Id;
  apiUrl: URL;
}

/** What a request to the Supervisor needs. */
export interface Target {
  key: ApiKey;
  /**
   * Name and path (`division/environment/name`) are null for an id that was given without them and
   * needed no look-up.
   */
  deployment: DeploymentRef & { id: Id };
  supervisorUrl: Setting<URL>;
  /** Where it stands, if it had to be looked up. */
  placed?: PlacedDeployment;
}

export function neededKey({ key, emptyFolder }: Settings): KeySetting {
  if (key) return key;
  const why = emptyFolder
    ? `there are no profiles in ${emptyFolder} (LDCTL_CONFIG_DIR)`
    : 'there is no current profile';
  throw usageError(
    'no_key',
    `no API key: ${why}, and LD_API_KEY is empty or not set`,
    'Add a profile with `ldctl profiles add NAME`, choose one with `ldctl profiles use NAME`, or set LD_API_KEY.',
  );
}

/** For commands that ask Core. */
export async function resolveTenant(
  settings: Settings,
  signal?: AbortSignal,
): Promise<TenantAccess> {
  const key = neededKey(settings);
  const { tenantId, apiUrl } = settings;
  if (tenantId) {
    return { key: await key.fetch(signal), tenantId: tenantId.value, apiUrl: apiUrl.value };
  }
  throw usageError('no_tenant', 'no tenant id, which is needed to look up a deployment');
}

/**
 * For commands that act on a deployment or read its log. Core is asked only for what is not known,
 * id or supervisor URL, so that an outage of Core stops no restart.
 */
export async function resolveTarget(
  settings: Settings,
  lookUp: (access: TenantAccess) => Promise<TenantStructure>,
  signal?: AbortSignal,
): Promise<Target> {
  const key = neededKey(settings);
  const { deployment, supervisorUrl } = settings;
  if (!deployment) {
    const what = 'no deployment: neither a profile nor LD_DEPLOYMENT_ID sets one';
    throw usageError('no_deployment', what);
  }
  const { id, name, path } = deployment.value;
  if (id !== null && supervisorUrl) {
    return { key: await key.fetch(signal), deployment: { id, name, path }, supervisorUrl };
  }

  const access = await resolveTenant(settings, signal);
  const placed = findDeployment(await lookUp(access), deployment.value);
  const found = placed.deployment;
  return {
    key: access.key,
    placed,
    deployment: { id: found.id, name: found.name, path: placeText(placed) },
    supervisorUrl: supervisorUrl ?? { value: supervisorUrlOf(found), source: STRUCTURE },
  };
}

/**
 * Whether this Core certainly knows the deployment: its URL was given, or it named the supervisor,
 * or that is one of LaserData's own. A key for a supervisor on premise must not travel to the
 * public Core unasked.
 */
export function isCoreCertain(
  { apiUrl }: Pick<Settings, 'apiUrl'>,
  supervisorUrl: Target['supervisorUrl'],
) {
  return (
    apiUrl.source.from !== 'default' ||
    supervisorUrl.source.from === 'structure' ||
    supervisorUrl.value.hostname.endsWith('.laserdata.cloud')
  );
}

/**
 * The flags by which a later command acts on the same target as the same user, without what the
 * environment or the profile gives again. No key, and no `--profile` where variables were used
 * beside it, which it would ignore.
 */
export function resumeFlags({ profile, ...settings }: Settings, target: Target): string[] {
  const { key, tenantId, apiUrl, deployment, supervisorUrl } = settings;
  const inUse = [key, tenantId, apiUrl, deployment, supervisorUrl];
  const isMixed = inUse.some((setting) => setting?.source.from === 'env');
  const unlessGivenAgain = (source: Source | undefined, ...flag: string[]) =>
    source?.from === 'env' || (source?.from === 'profile' && !isMixed) ? [] : flag;
  const { value: url, source } = target.supervisorUrl;
  return [
    ...(profile && !isMixed ? ['--profile', profile.name] : []),
    ...unlessGivenAgain(deployment?.source, '--deployment', String(target.deployment.id)),
    ...unlessGivenAgain(source, '--supervisor-url', urlText(url)),
  ];
}

export interface PlacedDeployment {
  division: Division;
  environment: TenantEnvironment;
  deployment: Deployment;
}

export function placedDeployments({ divisions }: TenantStructure): PlacedDeployment[] {
  return divisions.flatMap((division) =>
    division.environments.flatMap((environment) =>
      environment.deployments.map((deployment) => ({ division, environment, deployment })),
    ),
  );
}

/** `division/environment/name`, fit for a terminal: what `--deployment` takes. */
export function placeText({ division, environment, deployment }: PlacedDeployment) {
  return nameText([division, environment, deployment].map(({ name }) => name).join('/'));
}

/** What a deployment is called: its path, where that is known. */
export function deploymentText({ id, name, path }: DeploymentRef) {
  return nameText(path ?? `deployment ${name ?? id}`);
}

/** By id, path or name. */
export function findDeployment(
  structure: TenantStructure,
  wanted: Pick<DeploymentRef, 'id' | 'name'>,
): PlacedDeployment {
  const found = placedDeployments(structure).filter((placed) => {
    const { id, name } = placed.deployment;
    return wanted.id === null
      ? name === wanted.name || placeText(placed) === wanted.name
      : id === wanted.id;
  });
  const called = wanted.id ?? JSON.stringify(wanted.name);
  const [first, ...others] = found;
  if (!first) {
    const tenant = `${plainText(structure.name)} (${structure.id})`;
    const what = `this key can see no deployment ${called} in tenant ${tenant}`;
    const hint = '`ldctl deployments list` shows the ones it can see.';
    throw refusedError('deployment_not_found', what, hint);
  }
  if (others.length > 0) {
    const candidates = found.map((placed) => `${placeText(placed)} (${placed.deployment.id})`);
    const what = `several deployments are named ${called}: ${candidates.join(', ')}`;
    const hint = `Give the path or the id of the one you mean, such as ${placeText(first)}`;
    throw refusedError('deployment_ambiguous', what, hint);
  }
  return first;
}

export function supervisorUrlOf({ id, name, variant, supervisor_url: url }: Deployment): URL {
  if (url !== null) return parseBaseUrl(url, `the supervisor URL of deployment ${name}`);
  const what = `deployment ${plainText(name)} (${id}, ${plainText(variant)})`;
  throw refusedError('supervisor_url_missing', `the API knows no supervisor URL for ${what}`);
}

/**
 * Whether a key may list (`read`) or trigger (`manage`) on a deployment, by its grants for the
 * tenant, the division and the environment. The server decides; this is a forecast.
 * @returns null when it depends on where the deployment is, which is not known
 */
export function isGranted(
  { tenant, division: inDivisions, environment: inEnvironments, divisions }: Permissions,
  wanted: 'read' | 'manage',
  placed: Pick<PlacedDeployment, 'division' | 'environment'> | null,
): boolean | null {
  const includes = (granted: readonly string[]) =>
    granted.includes('deployment:manage') || granted.includes(`deployment:${wanted}`);
  if (includes([...tenant, ...inDivisions, ...inEnvironments])) return true;
  if (!placed) return Object.keys(divisions).length > 0 ? null : false;
  const division = divisions[placed.division.id.toString()];
  if (!division) return false;
  const environment = division.environments[placed.environment.id.toString()];
  return includes([
    ...division.permissions,
    ...division.environment,
    ...(environment?.permissions ?? []),
  ]);
}

/** Keys are valid for 365 days at most. */
const WARN_BEFORE_DAYS = 14;
const DAY_MS = 24 * 60 * 60_000;

/**
 * When a key expires: `in 5 days`, `2 days ago`; as a verb: `expires in 5 days`; and what that means:
 * `key good for 5 days`.
 * @returns null when `expiresAt` is not a time
 */
export function expiryOf(expiresAt: string | null, now: number) {
  const left = (Date.parse(expiresAt ?? '') - now) / DAY_MS;
  if (Number.isNaN(left)) return null;
  const expired = left <= 0;
  const days = count(Math.floor(Math.abs(left)), 'day');
  const text = expired ? `${days} ago` : `in ${days}`;
  const expires = `${expired ? 'expired' : 'expires'} ${text}`;
  const life = expired ? `key ${expires}` : `key good for ${days}`;
  return { daysLeft: Math.floor(left), soon: left < WARN_BEFORE_DAYS, text, expires, life };
}

/** The warning that the key of the profile expires soon, by the time that is stored. */
export function expiryWarning({ profile, key }: Settings, now: number): string | null {
  if (!profile?.expires_at || key?.source.from !== 'profile') return null;
  const expiry = expiryOf(profile.expires_at, now);
  if (!expiry?.soon) return null;
  const when = `${expiry.expires} (${profile.expires_at.slice(0, 10)})`;
  return `the API key of profile ${profile.name} ${when}; ${renewal(profile.name)}`;
}

export const NEW_KEY = 'make a new one in the LaserData console';
export const renewal = (profile: string): string =>
  `${NEW_KEY}, and store it with \`ldctl profiles update ${profile}\``;
