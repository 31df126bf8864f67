/*
 * What a command acts on, and as whom: settings, and where they leave something open the tenant's
 * structure, as Core knows it.
 */

import { parseBaseUrl } from '../api/base-url.js';
import { refusedError, usageError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { ApiKey } from '../base/secret.js';
import { nameText, plainText, urlText } from '../base/text.js';
import type { Deployment, Division, TenantEnvironment, TenantStructure } from '../api/core-api.js';
import {
  STRUCTURE,
  type DeploymentRef,
  type KeySetting,
  type Setting,
  type Settings,
  type Source,
  type SupervisorSetting,
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
  /** Mutable: `openDeployment` fills in name and place later, when they are needed. */
  deployment: DeploymentRef & { id: Id };
  supervisorUrl: Setting<URL> & Partial<SupervisorSetting>;
}

export function neededKey({ key, stored, emptyFolder }: Settings): KeySetting {
  if (key) return key;
  const isFirst = stored.length === 0;
  const none = isFirst ? 'there is no profile yet' : 'there is no current profile';
  const why = emptyFolder ? `there are no profiles in ${emptyFolder} (LDCTL_CONFIG_DIR)` : none;
  throw usageError(
    'no_key',
    `no API key: ${why}, and LD_API_KEY is empty or not set`,
    isFirst
      ? 'Add a profile with `ldctl profiles add NAME`, set LD_API_KEY, or try it without an account: ldctl sandbox exec -- bash'
      : 'Choose a profile with `ldctl profiles use NAME`, add one with `ldctl profiles add NAME`, or set LD_API_KEY.',
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
 * @param say gets one line about a supervisor's URL that does not count
 */
export async function resolveTarget(
  settings: Settings,
  lookUp: (access: TenantAccess) => Promise<TenantStructure>,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<Target> {
  const key = neededKey(settings);
  const { deployment, supervisorUrl } = settings;
  if (!deployment) {
    const what = 'no deployment: neither a flag, nor LD_DEPLOYMENT_ID, nor a profile names one';
    throw usageError('no_deployment', what);
  }
  const { id } = deployment.value;
  const known = urlFor(supervisorUrl, deployment.value, say);
  if (id !== null && known) {
    const ref = { ...deployment.value, id };
    return { key: await key.fetch(signal), deployment: ref, supervisorUrl: known };
  }

  const access = await resolveTenant(settings, signal);
  const structure = await lookUp(access);
  const placed = findDeployment(structure, deployment.value);
  const ref = refTo(placed);
  const given = known === undefined ? urlFor(supervisorUrl, ref, say, structure) : known;
  return {
    key: access.key,
    deployment: ref,
    supervisorUrl: given ?? { value: supervisorUrlOf(placed.deployment), source: STRUCTURE },
  };
}

/**
 * The supervisor's URL of the settings, if it belongs to this deployment; else null, which is said.
 * Undefined where that takes the structure: one of them has a name alone.
 */
export function urlFor(
  url: SupervisorSetting | null,
  ref: DeploymentRef,
  say: (line: string) => void,
  structure?: TenantStructure,
): SupervisorSetting | null | undefined {
  if (!url?.of) return url;
  const { value: owner, source } = url.of;
  if (!structure && (owner.id === null || ref.id === null)) return undefined;
  const all = structure && placedDeployments(structure).filter((placed) => isCalled(placed, owner));
  const [id, ...others] = all?.map(({ deployment }) => deployment.id) ?? [owner.id];
  if (id === ref.id && others.length === 0) return url;
  const [own, acted] = [owner, ref].map(deploymentText);
  say(`${url.source.name} is ignored: it belongs to ${own} (${source.name}), not to ${acted}`);
  return null;
}

/**
 * Whether this Core certainly knows the deployment: its URL was given, or it named the supervisor,
 * or that is one of LaserData's own. A key for an on-premise supervisor must not travel to the
 * public Core unasked.
 */
export function coreKnowsDeployment({ apiUrl }: Settings, { supervisorUrl }: Target) {
  return (
    apiUrl.source.from !== 'default' || isNamedByCore(supervisorUrl) || isHosted(supervisorUrl)
  );
}

const isNamedByCore = ({ source }: Setting<URL>) => source.from === 'structure';
const isHosted = ({ value }: Setting<URL>) => value.hostname.endsWith('.laserdata.cloud');

/**
 * The flags by which a later command acts on the same target as the same user, and asks Core under
 * the same conditions, without what the environment or the profile gives again. Never a key:
 * - all from profile prod: `--profile prod`
 * - the deployment from profile prod, the key from LD_API_KEY: `--deployment 71 --supervisor-url …`,
 *   since `--profile` would ignore the variable
 * - all from variables: nothing
 */
export function resumeFlags({ profile, ...settings }: Settings, target: Target): string[] {
  const { key, tenantId, apiUrl, deployment } = settings;
  const { supervisorUrl } = target;
  // By its variable alone it would be asked again whose it is.
  const urlSource: Source = supervisorUrl.of ? STRUCTURE : supervisorUrl.source;
  const inUse = [key, tenantId, apiUrl, deployment, supervisorUrl];
  const isMixed = inUse.some((setting) => setting?.source.from === 'env');
  const named = isMixed ? null : profile;
  /** No words where the later command is given the same by a variable or by `--profile`. */
  const flagFor = (source: Source | undefined, flag: string, value: string) =>
    !source || source.from === 'env' || (named && source.from === 'profile') ? [] : [flag, value];
  // The later command is given the supervisor's URL, and cannot know that the default Core named
  // it.
  const isDefaultEnough =
    apiUrl.source.from === 'default' && (!isNamedByCore(supervisorUrl) || isHosted(supervisorUrl));
  return [
    ...(named ? ['--profile', named.name] : []),
    ...flagFor(deployment?.source, '--deployment', String(target.deployment.id)),
    ...flagFor(urlSource, '--supervisor-url', urlText(supervisorUrl.value)),
    ...flagFor(tenantId?.source, '--tenant-id', String(tenantId?.value)),
    ...(isDefaultEnough ? [] : flagFor(apiUrl.source, '--api-url', urlText(apiUrl.value))),
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

/** All that a deployment's place says of it. */
export function refTo(placed: PlacedDeployment) {
  const { division, environment, deployment } = placed;
  return {
    id: deployment.id,
    name: deployment.name,
    path: placeText(placed),
    divisionId: division.id,
    environmentId: environment.id,
  };
}

/** What a deployment is called: its path, where that is known. */
export function deploymentText({ id, name, path }: DeploymentRef) {
  return nameText(path ?? `deployment ${name ?? id}`);
}

/** By its id; without one, by what a person wrote: its path or its name. */
function isCalled(placed: PlacedDeployment, wanted: Pick<DeploymentRef, 'id' | 'name'>) {
  const { id, name } = placed.deployment;
  if (wanted.id !== null) return id === wanted.id;
  return name === wanted.name || placeText(placed) === wanted.name;
}

/** @throws LdctlError (exit 5) where none is called so, or several are */
export function findDeployment(
  structure: TenantStructure,
  wanted: Pick<DeploymentRef, 'id' | 'name'>,
): PlacedDeployment {
  const found = placedDeployments(structure).filter((placed) => isCalled(placed, wanted));
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
