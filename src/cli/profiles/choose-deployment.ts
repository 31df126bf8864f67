import { parseBaseUrl } from '../../api/base-url.js';
import type { Id } from '../../base/ids.js';
import { plainText } from '../../base/text.js';
import type { KeyContext, TenantStructure } from '../../api/core-api.js';
import {
  findDeployment,
  placedDeployments,
  placeText,
  supervisorUrlOf,
  type PlacedDeployment,
} from '../../config/deployments.js';
import { isGranted } from '../../config/grants.js';
import type { DeploymentRef } from '../../config/settings.js';
import type { CommandContext } from '../context.js';
import type { Prompts } from '../prompts.js';
import type { Credentials } from './credentials.js';
import { explainLookUp } from './key-advice.js';

/** A deployment as a profile stores it. */
export interface ChosenDeployment {
  id: Id | undefined;
  name: string | undefined;
  supervisorUrl: URL | undefined;
}

export interface DeploymentChoice {
  /** Null to let the user choose, or, where nobody can be asked, to have none. */
  ref: DeploymentRef | null;
  /** Undefined to take the one that the API knows. */
  supervisorUrl: URL | undefined;
}

/**
 * Settles the deployment of a profile: looked up in the tenant's structure, or chosen from it by the user. An id with
 * a supervisor URL needs no look-up, so that a key without `info:read` will do. Without the API's word on the key
 * (`--no-verify`) it is what was given.
 * @returns null for none
 * @throws LdctlError (exit 5) when it is not found, ambiguous, or has no supervisor URL; the errors of the Core API
 */
export async function chooseDeployment(
  choice: DeploymentChoice,
  { keyContext, ...access }: Credentials,
  context: CommandContext,
): Promise<ChosenDeployment | null> {
  const { ref, supervisorUrl } = choice;
  if (!keyContext) return ref && { id: ref.id ?? undefined, name: ref.name ?? undefined, supervisorUrl };
  if (!ref && !context.prompts) return null;
  const known =
    ref && ref.id !== null && supervisorUrl ? { id: ref.id, name: ref.name ?? undefined, supervisorUrl } : null;
  const structure = await lookUp(access, known !== null, context);
  if (!structure) return known;
  const placed = ref
    ? findDeployment(structure, ref)
    : context.prompts && (await pick(structure, context, context.prompts));
  if (!placed) return null;
  warnOfMissingGrants(keyContext, placed, context);
  const { id, name } = placed.deployment;
  return { id, name, supervisorUrl: supervisorUrl ?? (await supervisorOf(placed, context)) };
}

/** @returns null where the key may not look, and need not, since all that is looked for is known */
async function lookUp(
  access: Pick<Credentials, 'apiUrl' | 'key' | 'tenantId'>,
  isKnown: boolean,
  context: CommandContext,
): Promise<TenantStructure | null> {
  try {
    return await context.during('Fetching the deployments', () =>
      context.core(access).structure(access.tenantId, { signal: context.signal }),
    );
  } catch (error) {
    if (!explainLookUp(error) || !isKnown) throw error;
    context.warn('this key lacks info:read: the deployment was stored as it was given, and not looked up');
    return null;
  }
}

async function pick(
  structure: TenantStructure,
  context: CommandContext,
  prompts: Prompts,
): Promise<PlacedDeployment | null> {
  const choices = placedDeployments(structure).map((placed) => ({
    value: placed,
    name: placeText(placed),
    description: descriptionOf(placed),
  }));
  if (choices.length > 0) return prompts.search('Deployment (type to filter):', choices);
  context.warn(`this key sees no deployment in tenant ${plainText(structure.name)}; the profile gets none`);
  return null;
}

function descriptionOf({ deployment }: PlacedDeployment): string {
  const { id, cloud, region, tier, variant } = deployment;
  return plainText([id, cloud, region, tier, variant].filter((part) => part !== null).join(', '));
}

async function supervisorOf({ deployment }: PlacedDeployment, { prompts }: CommandContext): Promise<URL> {
  const what = 'the supervisor URL';
  if (deployment.supervisor_url !== null || !prompts) return parseBaseUrl(supervisorUrlOf(deployment), what);
  const which = `${plainText(deployment.name)} (${plainText(deployment.variant)})`;
  const text = await prompts.text(`The API knows no supervisor URL for ${which}. Its own is:`, { validate: isBaseUrl });
  return parseBaseUrl(text.trim(), what);
}

function isBaseUrl(text: string): true | string {
  try {
    parseBaseUrl(text.trim(), 'it');
    return true;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function warnOfMissingGrants({ permissions }: KeyContext, placed: PlacedDeployment, context: CommandContext): void {
  const place = { divisionId: placed.division.id, environmentId: placed.environment.id };
  if (isGranted(permissions, 'deployment:manage', place) !== false) return;
  const may = isGranted(permissions, 'deployment:read', place) ? 'list its activities, and trigger none' : 'do nothing';
  context.warn(`this key lacks deployment:manage on ${placeText(placed)}: it may ${may}`);
}
