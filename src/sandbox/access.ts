import { type KeyContext, type TenantStructure } from '../base/wire.js';
import { type DeploymentScope } from './deployment-log.js';
import { type KeyRing, type SandboxKey } from './keys.js';
import { type SandboxRequest } from './message.js';
import { Refusal } from './problems.js';

/**
 * The key a request carries (contract, "Shared by both").
 * @throws Refusal 401 when it is missing, wrong or expired at `at` (ms UTC); 403 from an address that is not allowed
 */
export function authenticate(keys: KeyRing, request: SandboxRequest, at: number): SandboxKey {
  const value = request.headers['ld-api-key'];
  if (value === undefined) throw new Refusal('unauthorized', 'The ld-api-key header is missing.');
  const key = Object.values(keys).find((known) => known.value === value);
  if (!key) throw new Refusal('unauthorized', 'The API key is wrong or was revoked.');
  if (at >= key.expiresAt) throw new Refusal('unauthorized', 'The API key has expired.');
  const address = request.remoteAddress ?? '127.0.0.1';
  const { validate_ip, allowed_ips } = key.context;
  if (validate_ip && !allowed_ips?.includes(address)) {
    throw new Refusal('forbidden', `This key may not be used from ${address}.`);
  }
  return key;
}

export type PermissionName = 'deployment:read' | 'deployment:manage';

/**
 * Whether the key holds a permission on the deployments of an environment: granted for the whole tenant, the division,
 * or that environment (contract, "Core: whose key is this").
 */
export function holds(
  { permissions }: KeyContext,
  wanted: PermissionName,
  { divisionId, environmentId }: Pick<DeploymentScope, 'divisionId' | 'environmentId'>,
): boolean {
  const division = permissions.divisions[String(divisionId)];
  const granted = [
    ...permissions.environment,
    ...(division?.environment ?? []),
    ...(division?.environments[String(environmentId)]?.permissions ?? []),
  ];
  return includes(granted, wanted);
}

/** A grant of `x:manage` includes `x:read` (contract, "Core: whose key is this"). */
function includes(granted: readonly string[], wanted: string): boolean {
  return granted.includes(wanted) || granted.includes(wanted.replace(':read', ':manage'));
}

/**
 * The structure with only what the key may see: an environment or a division where it may see nothing is left out.
 * @throws Refusal 403 without `info:read` (contract, "Core: which deployments are there")
 */
export function visibleStructure(context: KeyContext, structure: TenantStructure): TenantStructure {
  if (!includes(context.permissions.tenant, 'info:read')) {
    throw new Refusal('forbidden', `This key lacks the permission info:read on tenant ${structure.id}.`);
  }
  const divisions = structure.divisions.map((division) => ({
    ...division,
    environments: division.environments.filter((environment) =>
      holds(context, 'deployment:read', { divisionId: division.id, environmentId: environment.id }),
    ),
  }));
  return { ...structure, divisions: divisions.filter((division) => division.environments.length > 0) };
}
