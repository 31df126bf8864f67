import type { CommandContext } from '../../cli/context.js';
import { ApiError, withHint } from '../../base/errors.js';
import { nameText, plainText, urlText } from '../../base/text.js';
import { parseBaseUrl } from '../../api/base-url.js';
import type { KeyContext, TenantStructure } from '../../api/core-api.js';
import type { Profile } from '../../config/profiles.js';
import {
  findDeployment,
  placedDeployments,
  placeText,
  supervisorUrlOf,
  type PlacedDeployment,
  type TenantAccess,
} from '../../config/target.js';
import { askKey, askTenant, type Gathered } from './gather.shared.js';

/** What is to be stored: what was gathered, as the API knows it. */
export interface Verified extends Gathered {
  /**
   * Where the profile acts, and when its key expires: a field that is undefined is removed, one that
   * is absent stays.
   */
  found: Partial<Profile>;
}

/**
 * Asks the API about key, tenant and deployment; at a terminal, it asks the user again for what the
 * API rejects.
 * @throws ApiError; LdctlError (exit 5) for a deployment that is not found, or ambiguous
 */
export async function verify(gathered: Gathered, context: CommandContext): Promise<Verified> {
  if (!gathered.mustVerify || !gathered.access) {
    // Nothing is known of a new key, and what was known of the old one no longer holds.
    const expiry = gathered.isNewKey ? { expires_at: undefined } : {};
    return { ...gathered, found: { ...givenPlace(gathered), ...expiry } };
  }
  const { known, access } = await checkKey(gathered, gathered.access, context);
  context.say(`key ${nameText(known.name)} (role ${nameText(known.role_name)})`);
  const place = await placeOf(gathered, access, context);
  return { ...gathered, access, found: { ...place, expires_at: known.expiry_at ?? undefined } };
}

/** @returns what the API says of the key, with the key and tenant that it accepts */
async function checkKey(
  gathered: Gathered,
  access: TenantAccess,
  context: CommandContext,
): Promise<{ known: KeyContext; access: TenantAccess }> {
  const ask = () => context.core(access).keyContext(access.tenantId, { signal: context.signal });
  try {
    return { known: await context.during('Checking the key', ask), access };
  } catch (error) {
    return checkKey(gathered, await askAgain(gathered, access, error, context), context);
  }
}

/** Asks for another key after a 401, else for another tenant. @throws the error if it cannot ask */
async function askAgain(
  gathered: Gathered,
  access: TenantAccess,
  error: unknown,
  context: CommandContext,
): Promise<TenantAccess> {
  const { prompts } = context;
  if (!(error instanceof ApiError) || ![401, 403, 404].includes(error.status)) throw error;
  const isKey = error.status === 401;
  const hint = isKey
    ? 'Nothing was stored. Check that the key is whole, and has not expired or been revoked.'
    : "Nothing was stored. The tenant is not this key's, or this address is not on the key's list.";
  // A key that is stored, or that a command prints, is not replaced by typing another.
  const canType = !isKey || (gathered.isNewKey && gathered.flags['key-command'] === undefined);
  if (!prompts || !canType) throw withHint(error, hint);
  context.warn(error.message);
  return isKey
    ? { ...access, key: context.guard(await askKey(prompts, null)) }
    : { ...access, tenantId: await askTenant(prompts, undefined) };
}

/** Takes all of the deployment out of a profile. */
const NO_PLACE: Partial<Profile> = {
  deployment_id: undefined,
  deployment_name: undefined,
  deployment_path: undefined,
  division_id: undefined,
  environment_id: undefined,
  supervisor_url: undefined,
};

/**
 * The deployment by flags, environment or profile, without asking the API. Of the one that the
 * profile has already, only the supervisor's URL can be new.
 */
function givenPlace({ given: { deployment, supervisorUrl } }: Gathered): Partial<Profile> {
  if (!deployment) return NO_PLACE;
  const supervisor_url = supervisorUrl ? urlText(supervisorUrl.value) : undefined;
  // The profile keeps its deployment: fields that are absent stay.
  if (deployment.source.from === 'profile') return { supervisor_url };
  const { id, name } = deployment.value;
  return {
    ...NO_PLACE,
    deployment_id: id ?? undefined,
    deployment_name: name ?? undefined,
    supervisor_url,
  };
}

/**
 * Looks the deployment up by its name or id. An id with a supervisor URL needs no look-up, here as
 * in other commands, so that a key without `info:read` will do.
 */
async function placeOf(
  gathered: Gathered,
  access: TenantAccess,
  context: CommandContext,
): Promise<Partial<Profile>> {
  const { deployment, supervisorUrl } = gathered.given;
  // If none is given, one is chosen from a list, but only for a new profile and at a terminal.
  const needsLookUp = deployment
    ? deployment.value.id === null || !supervisorUrl
    : !gathered.stored && context.prompts !== null;
  if (!needsLookUp) return givenPlace(gathered);
  const structure = await context.during('Fetching the deployments', () =>
    context.core(access).structure(access.tenantId, { signal: context.signal }),
  );
  const placed = deployment
    ? findDeployment(structure, deployment.value)
    : await choose(structure, context);
  // No fields: a new profile has none to keep.
  if (!placed) return {};
  const url = supervisorUrl?.value ?? (await supervisorFor(placed, context));
  return {
    deployment_id: placed.deployment.id,
    deployment_name: placed.deployment.name,
    deployment_path: placeText(placed),
    division_id: placed.division.id,
    environment_id: placed.environment.id,
    supervisor_url: urlText(url),
  };
}

async function choose(
  structure: TenantStructure,
  context: CommandContext,
): Promise<PlacedDeployment | null> {
  const { prompts } = context;
  const choices = placedDeployments(structure).map((placed) => ({
    value: placed,
    name: placeText(placed),
  }));
  if (prompts && choices.length > 0) return prompts.search('Deployment:', choices);
  context.warn(
    `this key sees no deployment in tenant ${plainText(structure.name)}; the profile gets none`,
  );
  return null;
}

/** An on-premise deployment has a supervisor of its own, which the API may not know. */
async function supervisorFor(placed: PlacedDeployment, { prompts }: CommandContext) {
  if (!prompts || placed.deployment.supervisor_url !== null) {
    return supervisorUrlOf(placed.deployment);
  }
  const parse = (text: string): URL => parseBaseUrl(text.trim(), 'the supervisor URL');
  const validate = (text: string): true | string => {
    try {
      parse(text);
      return true;
    } catch (error) {
      return (error as Error).message;
    }
  };
  return parse(await prompts.text(`Supervisor URL of ${placeText(placed)}:`, { validate }));
}
