import { type Id } from '../base/ids.js';
import { type Permissions } from '../api/core-api.js';

/** What it takes to list (contract, "Supervisor: list") and to trigger (contract, "Supervisor: trigger"). */
export type SupervisorPermission = 'deployment:read' | 'deployment:manage';

/** Where a deployment stands. */
export interface GrantPlace {
  divisionId: Id;
  environmentId: Id;
}

/**
 * Whether a key holds a permission on the deployments of an environment: granted for the whole tenant, for the
 * division, or for the environment (contract, "Core: whose key is this"). The server decides; this is its forecast.
 * @param place null when it is not known where the deployment stands
 * @returns null when that cannot be told: only grants for the whole tenant count without a place
 */
export function isGranted(
  permissions: Permissions,
  wanted: SupervisorPermission,
  place: GrantPlace | null,
): boolean | null {
  const everywhere = [...permissions.tenant, ...permissions.division, ...permissions.environment];
  if (includes(everywhere, wanted)) return true;
  if (!place) return Object.keys(permissions.divisions).length > 0 ? null : false;
  const division = permissions.divisions[place.divisionId.toString()];
  if (!division) return false;
  const environment = division.environments[place.environmentId.toString()];
  return includes([...division.permissions, ...division.environment, ...(environment?.permissions ?? [])], wanted);
}

/** A grant of `x:manage` includes `x:read` (contract, "Core: whose key is this"). */
function includes(granted: readonly string[], wanted: string): boolean {
  return granted.includes(wanted) || granted.includes(wanted.replace(/:read$/, ':manage'));
}
