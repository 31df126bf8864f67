import { quote } from 'shell-quote';
import { LdctlError } from '../base/errors.js';
import { plainText } from '../base/text.js';
import { type Deployment, type Division, type TenantEnvironment, type TenantStructure } from '../api/core-api.js';
import { type DeploymentRef } from './settings.js';

/** A deployment, and where it stands. */
export interface PlacedDeployment {
  division: Division;
  environment: TenantEnvironment;
  deployment: Deployment;
}

/** The tenant's tree flattened, in its own order. */
export function placedDeployments(structure: TenantStructure): PlacedDeployment[] {
  return structure.divisions.flatMap((division) =>
    division.environments.flatMap((environment) =>
      environment.deployments.map((deployment) => ({ division, environment, deployment })),
    ),
  );
}

/** `division/environment/name`: what `--deployment` takes. */
export function pathOf({ division, environment, deployment }: PlacedDeployment): string {
  return [division, environment, deployment].map(({ name }) => name).join('/');
}

/** The same, fit for a terminal. */
export function placeText(placed: PlacedDeployment): string {
  return plainText(pathOf(placed));
}

/**
 * Finds a deployment by its id or, when that is not known, by its path or its name, which need not be unique.
 * @throws LdctlError (exit 5) when there is none, or several of this name, which it lists
 */
export function findDeployment(structure: TenantStructure, wanted: DeploymentRef): PlacedDeployment {
  const found = placedDeployments(structure).filter((placed) => {
    const { id, name } = placed.deployment;
    return wanted.id === null ? name === wanted.name || pathOf(placed) === wanted.name : id === wanted.id;
  });
  const [first, ...others] = found;
  const tenant = `tenant ${plainText(structure.name)} (${structure.id})`;
  const what = wanted.id === null ? JSON.stringify(wanted.name) : wanted.id.toString();
  if (!first) {
    throw new LdctlError('refused', 'deployment_not_found', `this key sees no deployment ${what} in ${tenant}`, {
      hint: '`ldctl deployments list` shows what it sees.',
    });
  }
  if (others.length > 0) {
    const candidates = found.map((placed) => `${placeText(placed)} (${placed.deployment.id})`).join(', ');
    throw new LdctlError('refused', 'deployment_ambiguous', `several deployments are named ${what}: ${candidates}`, {
      hint: `Give the path or the id of the one that is meant: --deployment ${quote([pathOf(first)])}`,
    });
  }
  return first;
}

/** @throws LdctlError (exit 5) for a deployment without one, as on-premise ones may be */
export function supervisorUrlOf({ id, name, variant, supervisor_url: url }: Deployment): string {
  if (url !== null) return url;
  const what = `deployment ${plainText(name)} (${id}, ${plainText(variant)})`;
  throw new LdctlError('refused', 'supervisor_url_missing', `the API knows no supervisor URL for ${what}`, {
    hint: 'An on-premise deployment has a supervisor of its own: give its address with --supervisor-url URL.',
  });
}
