import { UsageError } from '../base/errors.js';
import { type Id } from '../base/ids.js';
import { type ApiKey } from '../base/secret.js';
import { type TenantStructure } from '../api/core-api.js';
import { findDeployment, supervisorUrlOf } from './deployments.js';
import { type KeySetting } from './key-setting.js';
import { type DeploymentRef, type ParseBaseUrl, type Settings } from './settings.js';
import { type Setting } from './source.js';

/** What a request to the Core API needs. */
export interface TenantAccess {
  key: ApiKey;
  tenantId: Id;
  apiUrl: URL;
}

/** What a request to the Supervisor needs. */
export interface Target {
  key: ApiKey;
  /** The name is null where nobody said it: an id from a flag or the environment that needed no look-up. */
  deployment: { id: Id; name: string | null };
  supervisorUrl: Setting<URL>;
}

export interface TargetTools {
  /** Asks Core for the tenant's structure. */
  lookUpStructure(access: TenantAccess, signal?: AbortSignal): Promise<TenantStructure>;
  parseBaseUrl: ParseBaseUrl;
}

/**
 * The key alone, fetched.
 * @throws UsageError that says how to give one, or that it cannot be had
 */
export async function resolveKey(settings: Settings, signal?: AbortSignal): Promise<ApiKey> {
  return neededKey(settings).fetch(signal);
}

/**
 * For commands that ask Core: the key, fetched, and the tenant.
 * @throws UsageError that says what is missing and how to give it, or that the key cannot be had
 */
export async function resolveTenant(settings: Settings, signal?: AbortSignal): Promise<TenantAccess> {
  const key = neededKey(settings);
  const { tenantId } = settings;
  if (!tenantId) throw noTenant('no tenant id');
  return { key: await key.fetch(signal), tenantId: tenantId.value, apiUrl: settings.apiUrl.value };
}

/**
 * For commands that act on a deployment, or read its log. Core is asked only when the deployment was given by name, or
 * its supervisor URL is not known, so that an outage of Core stops no restart (design, "Settings").
 * @throws UsageError that says what is missing and how to give it; LdctlError (exit 5) for a deployment that is not
 *   found, that several have the name of, or that has no supervisor URL; what `lookUpStructure` throws
 */
export async function resolveTarget(settings: Settings, tools: TargetTools, signal?: AbortSignal): Promise<Target> {
  const key = neededKey(settings);
  const { deployment, supervisorUrl, tenantId } = settings;
  if (!deployment) throw noDeployment();
  const { id, name } = deployment.value;
  if (id !== null && supervisorUrl) return { key: await key.fetch(signal), deployment: { id, name }, supervisorUrl };

  if (!tenantId) throw noTenant(`no tenant id, which is needed to look up deployment ${wording(deployment.value)}`);
  const access = { key: await key.fetch(signal), tenantId: tenantId.value, apiUrl: settings.apiUrl.value };
  const { deployment: found } = findDeployment(await tools.lookUpStructure(access, signal), deployment.value);
  return {
    key: access.key,
    deployment: { id: found.id, name: found.name },
    supervisorUrl: supervisorUrl ?? {
      value: tools.parseBaseUrl(supervisorUrlOf(found), `the supervisor URL of deployment ${found.name}`),
      source: { from: 'structure' },
    },
  };
}

function neededKey(settings: Settings): KeySetting {
  if (settings.key) return settings.key;
  const names = settings.profileNames;
  if (names.length === 0) {
    throw new UsageError('no API key: there is no profile yet, and LD_API_KEY is not set', {
      code: 'no_key',
      hint: 'Start with `ldctl profiles add NAME`, or set LD_API_KEY (or LD_API_KEY_FILE).',
    });
  }
  throw new UsageError('no API key: no profile is the current one, and LD_API_KEY is not set', {
    code: 'no_key',
    hint: `Choose one with \`ldctl profiles use NAME\`, or for once with --profile NAME. There are: ${names.join(', ')}.`,
  });
}

function noDeployment(): UsageError {
  return new UsageError('no deployment', {
    code: 'no_deployment',
    hint: 'Give --deployment ID or NAME, or set LD_DEPLOYMENT_ID. `ldctl deployments list` shows what there is.',
  });
}

function noTenant(message: string): UsageError {
  return new UsageError(message, {
    code: 'no_tenant',
    hint: 'Give --tenant-id ID, or set LD_TENANT_ID. A deployment by id with --supervisor-url needs none.',
  });
}

function wording(deployment: DeploymentRef): string {
  return deployment.id === null ? JSON.stringify(deployment.name) : deployment.id.toString();
}
