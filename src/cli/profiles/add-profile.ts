import { urlText } from '../../base/text.js';
import { checkProfileName, type Profile } from '../../config/profile.js';
import { DEFAULT_API_URL, type Settings } from '../../config/settings.js';
import type { CommandContext } from '../context.js';
import { saying } from '../signals.js';
import { chooseDeployment, type DeploymentChoice } from './choose-deployment.js';
import { checkCredentials, keyInput, tenantInput, type Credentials } from './credentials.js';
import { parseKeyOptions, type ProfileFlags } from './flags.js';
import { deleteKey, storeKey } from './store-key.js';

export interface Added {
  profile: Profile;
  /** It is the current one, as the first always is. */
  current: boolean;
}

/**
 * Makes a profile from flags, the environment, and what the user answers (design, "Profiles"). Nothing is stored
 * before the end, and nothing that the API did not accept, unless it is not to be asked.
 * @throws UsageError, LdctlError (exit 5), the errors of the Core API; Interrupted at Ctrl-C, with nothing stored
 */
export function addProfile(name: string, flags: ProfileFlags, context: CommandContext): Promise<Added> {
  return make(name, flags, context).catch(saying('Nothing was stored.'));
}

async function make(name: string, flags: ProfileFlags, context: CommandContext): Promise<Added> {
  const { prompts, store, host } = context;
  const options = parseKeyOptions(flags, host.platform);
  store.assertCanAdd(checkProfileName(name));
  // `LD_PROFILE` says which profile to use, which is none when one is made.
  const env = { ...host.env, LD_PROFILE: undefined };
  const given = context.settle(flags, { env, readConfig: () => ({ profiles: [] }) });

  const tenant = await tenantInput(given, context);
  const key = await keyInput(options, given, context);
  const asked = { tenant, key, apiUrl: given.apiUrl.value };
  const access: Credentials = flags.verify
    ? await checkCredentials(asked, context)
    : { tenantId: tenant.value, key: key.value, apiUrl: asked.apiUrl, keyContext: null };
  const chosen = await chooseDeployment(choiceFor(given, prompts !== null), access, context);
  const isProtected =
    flags.protected ?? (await prompts?.confirm('Protect it? Every action then asks for its name.')) ?? false;
  const stored = await storeKey(name, access.key, options, context);

  const profile: Profile = {
    name,
    tenant_id: access.tenantId,
    api_url: storedApiUrl(given.apiUrl.value),
    supervisor_url: chosen?.supervisorUrl && urlText(chosen.supervisorUrl),
    deployment_id: chosen?.id,
    deployment_name: chosen?.name,
    protected: isProtected || undefined,
    expires_at: access.keyContext?.expiry_at ?? undefined,
    key: stored,
  };
  try {
    return { profile, current: await store.add(profile) };
  } catch (error) {
    await deleteKey(stored, context);
    throw error;
  }
}

/** The default is not stored: it may be another one some day. */
export function storedApiUrl(url: URL): string | undefined {
  return url.href === new URL(DEFAULT_API_URL).href ? undefined : urlText(url);
}

/**
 * A deployment from the environment counts where nobody can be asked. A supervisor URL from there goes with such a
 * deployment only: one that was left over would be stored, and be sent the key ever after.
 */
function choiceFor({ deployment, supervisorUrl }: Settings, canAsk: boolean): DeploymentChoice {
  const fromFlag = deployment?.source.from === 'flag';
  const ref = deployment && (fromFlag || !canAsk) ? deployment.value : null;
  const goesWithIt = supervisorUrl?.source.from === 'flag' || (ref !== null && !fromFlag);
  return { ref, supervisorUrl: goesWithIt ? supervisorUrl?.value : undefined };
}
