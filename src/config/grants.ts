import type { Permissions } from '../api/core-api.js';
import type { Id } from '../base/ids.js';

/**
 * Whether a key may list (`read`) or trigger (`manage`) on a deployment, by its grants for the
 * tenant, the division and the environment. The server decides; this is a forecast.
 * @returns null when it depends on where the deployment is, which is not known
 */
export function isGranted(
  { tenant, division: inDivisions, environment: inEnvironments, divisions }: Permissions,
  wanted: 'read' | 'manage',
  { divisionId, environmentId }: { divisionId?: Id; environmentId?: Id },
): boolean | null {
  const includes = (granted: readonly string[]) =>
    granted.includes('deployment:manage') || granted.includes(`deployment:${wanted}`);
  if (includes([...tenant, ...inDivisions, ...inEnvironments])) return true;
  if (!divisionId || !environmentId) return Object.keys(divisions).length > 0 ? null : false;
  const division = divisions[divisionId.toString()];
  if (!division) return false;
  const environment = division.environments[environmentId.toString()];
  return includes([
    ...division.permissions,
    ...division.environment,
    ...(environment?.permissions ?? []),
  ]);
}
