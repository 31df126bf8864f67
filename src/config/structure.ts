/*
 * The tenant's structure, as Core knows it: which deployments there are, where each one is, and
 * which one is meant.
 */

import { parseBaseUrl } from '../api/base-url.js';
import type { Deployment, Division, TenantEnvironment, TenantStructure } from '../api/core-api.js';
import { refusedError, usageError } from '../base/errors.js';
import { nameText, plainText } from '../base/text.js';
import { isCalled, type DeploymentRef, type SupervisorSetting } from './settings.js';
import { NAME_ONE } from './targets.js';

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

/** Those with its id; without one, those that a person may have meant: `isCalled`. */
export function deploymentsCalled(structure: TenantStructure, { id, name }: DeploymentRef) {
  const all = placedDeployments(structure);
  if (id !== null) return all.filter(({ deployment }) => deployment.id === id);
  // What is called so as a whole goes before what only ends so.
  const whole = all.filter((placed) =>
    [placed.deployment.name, placeText(placed)].includes(name ?? ''),
  );
  return whole.length > 0 ? whole : all.filter((placed) => isCalled(refTo(placed), name ?? ''));
}

/** @throws LdctlError (exit 5) where none is called so, or several are; UsageError for a list */
export function findDeployment(
  structure: TenantStructure,
  wanted: DeploymentRef,
): PlacedDeployment {
  const found = deploymentsCalled(structure, wanted);
  const called = wanted.id ?? JSON.stringify(wanted.name);
  const [first, ...others] = found;
  if (!first) {
    const tenant = `${plainText(structure.name)} (${structure.id})`;
    const what = `this key can see no deployment ${called} in tenant ${tenant}`;
    // A command that takes several has split them before.
    if (wanted.name?.includes(',')) throw usageError('several_deployments', what, NAME_ONE);
    const hint = '`ldctl deployments list` shows the ones it can see.';
    throw refusedError('deployment_not_found', what, hint);
  }
  if (others.length > 0) {
    const candidates = found.map((placed) => `${placeText(placed)} (${placed.deployment.id})`);
    const what = `several deployments are named ${called}: ${candidates.join(', ')}`;
    const hint = `Give the whole path or the id of the one you mean, such as ${placeText(first)}`;
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
  const all = structure && deploymentsCalled(structure, owner);
  const [id, ...others] = all?.map(({ deployment }) => deployment.id) ?? [owner.id];
  if (id === ref.id && others.length === 0) return url;
  const [own, acted] = [owner, ref].map(deploymentText);
  say(`${url.source.name} is ignored: it belongs to ${own} (${source.name}), not to ${acted}`);
  return null;
}
