import type { CommandContext } from '../context.js';
import { accepts } from '../asking/prompts.js';
import { endpointAt, type Core } from '../../app/account.js';
import { ApiError, withHint } from '../../base/errors.js';
import type { ApiKey } from '../../base/secret.js';
import { nameText, plainText, urlText } from '../../base/text.js';
import { parseBaseUrl } from '../../api/base-url.js';
import type { TenantStructure } from '../../api/core-api.js';
import type { Profile } from '../../config/profiles.js';
import type { DeploymentRef, DeploymentSettings } from '../../config/settings.js';
import {
  findDeployment,
  placedDeployments,
  placeText,
  refTo,
  supervisorUrlOf,
  type PlacedDeployment,
} from '../../config/structure.js';
import { askKey, askTenant, type Gathered } from './gather.js';

/** What was gathered, as the API knows it. */
export interface Verified extends Gathered {
  /**
   * Where the profile acts, and when its key expires. What is undefined here is removed from the
   * profile, whatever it had before.
   */
  found: Partial<Profile>;
}

/**
 * Asks the API about key, tenant and deployment; at a terminal, it asks the user again for what the
 * API rejects.
 * @throws ApiError; LdctlError (exit 5) for a deployment that is not found, or ambiguous
 */
export async function verify(gathered: Gathered, context: CommandContext): Promise<Verified> {
  const { stored, given, keyIs, apiKey } = gathered;
  // What must be verified has a key.
  if (!gathered.mustVerify || !apiKey) {
    // Nothing is known of a new key, and what was known of the old one no longer holds.
    const expires_at = keyIs === 'new' ? undefined : stored?.expires_at;
    return { ...gathered, found: { ...givenFields(given.deployment), expires_at } };
  }
  const { known, accepted, core } = await checkKey({ ...gathered, apiKey }, context);
  context.say(`key "${nameText(known.name)}", role ${nameText(known.role_name)}`);
  const fields = await lookUpFields(accepted, core, context);
  return { ...accepted, found: { ...fields, expires_at: known.expiry_at ?? undefined } };
}

type WithKey = Gathered & { apiKey: ApiKey };

/** @returns what the API says of the key, and the key and tenant that it accepts */
async function checkKey(first: WithKey, context: CommandContext) {
  for (let asked = first; ;) {
    const core = context.core(endpointAt(asked.given.account.apiUrl, asked.apiKey));
    const ask = () => core.keyContext(asked.tenantId, { signal: context.signal });
    try {
      return { known: await context.during('Checking the key', ask), accepted: asked, core };
    } catch (error) {
      asked = await askAgain(asked, error, context);
    }
  }
}

/** Asks for another key after a 401, else for another tenant. @throws the error if it cannot ask */
async function askAgain(asked: WithKey, error: unknown, context: CommandContext): Promise<WithKey> {
  const { prompts } = context;
  if (!(error instanceof ApiError) || ![401, 403, 404].includes(error.status)) throw error;
  const isKey = error.status === 401;
  const hint = isKey
    ? 'Nothing was stored. Check that the key is whole, and has not expired or been revoked.'
    : "Nothing was stored. The tenant is not this key's, or this address is not on the key's list.";
  // A key that is stored, or that a command prints, is not replaced by typing another.
  const canType = !isKey || (asked.keyIs === 'new' && asked.flags['key-command'] === undefined);
  if (!prompts || !canType) throw withHint(error, hint);
  context.warn(error.message);
  return isKey
    ? { ...asked, apiKey: context.guard(await askKey(prompts, null)) }
    : { ...asked, tenantId: await askTenant(prompts, undefined) };
}

/** Each field of a profile that says where it acts; undefined for what is not known. */
function deploymentFields(deployment: Partial<DeploymentRef>, supervisorUrl?: URL) {
  return {
    deployment_id: deployment.id ?? undefined,
    deployment_name: deployment.name ?? undefined,
    deployment_path: deployment.path ?? undefined,
    division_id: deployment.divisionId,
    environment_id: deployment.environmentId,
    supervisor_url: supervisorUrl && urlText(supervisorUrl),
  };
}

/** By flags, environment or profile, without asking the API. */
const givenFields = ({ named, supervisorUrl }: DeploymentSettings) =>
  named ? deploymentFields(named.value, supervisorUrl?.value) : deploymentFields({});

/**
 * Looks the deployment up by its name or id. An id with a supervisor URL needs no look-up, here as
 * in other commands, so that a key without `info:read` will do.
 */
async function lookUpFields(
  { stored, given, tenantId }: Gathered,
  core: Core,
  context: CommandContext,
) {
  const { named, supervisorUrl } = given.deployment;
  // If none is given, one is chosen from a list, but only for a new profile and at a terminal.
  const needsLookUp = named
    ? named.value.id === null || !supervisorUrl
    : !stored && context.prompts !== null;
  if (!needsLookUp) return givenFields(given.deployment);
  const structure = await context.during('Fetching the deployments', () =>
    core.structure(tenantId, { signal: context.signal }),
  );
  const placed = named ? findDeployment(structure, named.value) : await choose(structure, context);
  if (!placed) return deploymentFields({});
  const url = supervisorUrl?.value ?? (await supervisorFor(placed, context));
  return deploymentFields(refTo(placed), url);
}

async function choose(structure: TenantStructure, context: CommandContext) {
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
  const parse = (text: string) => parseBaseUrl(text.trim(), 'the supervisor URL');
  const message = `Supervisor URL of ${placeText(placed)}:`;
  return parse(await prompts.text(message, { validate: accepts(parse) }));
}
