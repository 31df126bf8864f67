import { DEFAULT_API_URL, type SettingFlags, type Settings } from '../../profiles/settings.js';
import { checkProfileName, type Profile } from '../../profiles/profile.js';
import { chooseDeployment, type DeploymentWish } from './choose-deployment.js';
import { clearAway, placeKey } from './place-key.js';
import { checkCredentials, keyAnswer, tenantAnswer, type Credentials } from './profile-credentials.js';
import { settingsFor, untilInterrupted, type ProfileDesk } from './profile-desk.js';
import { parseKeyWishes, type KeyFlags } from './profile-flags.js';

/** The flags of `profiles add` and `profiles update`. */
export interface ProfileFlags extends KeyFlags {
  'tenant-id'?: string;
  'api-url'?: string;
  'supervisor-url'?: string;
  deployment?: string;
  protected?: boolean;
  verify: boolean;
}

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
export function addProfile(name: string, flags: ProfileFlags, desk: ProfileDesk): Promise<Added> {
  return untilInterrupted('Nothing was stored.', () => make(name, flags, desk));
}

async function make(name: string, flags: ProfileFlags, desk: ProfileDesk): Promise<Added> {
  const wishes = parseKeyWishes(flags);
  const { questions, store, host } = desk;
  store.assertCanAdd(checkProfileName(name));
  const given = settingsFor(host, connectionOf(flags));

  const tenant = await tenantAnswer(given, desk);
  const key = await keyAnswer(wishes, given, desk);
  const asked = { tenant, key, apiUrl: given.apiUrl.value };
  const access: Credentials = flags.verify
    ? await checkCredentials(asked, desk)
    : { tenantId: tenant.value, key: key.value, apiUrl: asked.apiUrl, context: null };
  const chosen = await chooseDeployment(wishFor(given, questions !== null), access, desk);
  const isProtected =
    flags.protected ?? (await questions?.confirm('Protect it? Every action then asks for its name.')) ?? false;
  const placed = await placeKey(name, access.key, wishes, desk);

  const profile: Profile = {
    name,
    tenant_id: access.tenantId,
    api_url: storedApiUrl(given.apiUrl.value),
    supervisor_url: chosen?.supervisorUrl && hrefOf(chosen.supervisorUrl),
    deployment_id: chosen?.id,
    deployment_name: chosen?.name,
    protected: isProtected || undefined,
    expires_at: access.context?.expiry_at ?? undefined,
    key: placed,
  };
  try {
    return { profile, current: await store.add(profile) };
  } catch (error) {
    await clearAway(placed, desk);
    throw error;
  }
}

/** Those of the flags that are settings. */
export function connectionOf(flags: ProfileFlags): SettingFlags {
  const names = ['tenant-id', 'api-url', 'supervisor-url', 'deployment'] as const;
  return Object.fromEntries(names.map((name) => [name, flags[name]]));
}

/** The default is not stored: it may be another one some day. */
export function storedApiUrl(url: URL): string | undefined {
  return url.href === new URL(DEFAULT_API_URL).href ? undefined : hrefOf(url);
}

/**
 * A deployment from the environment counts where nobody can be asked. A supervisor URL from there goes with such a
 * deployment only: one that was left over would be stored, and be sent the key ever after.
 */
function wishFor({ deployment, supervisorUrl }: Settings, canAsk: boolean): DeploymentWish {
  const fromFlag = deployment?.source.from === 'flag';
  const ref = deployment && (fromFlag || !canAsk) ? deployment.value : null;
  const goesWithIt = supervisorUrl?.source.from === 'flag' || (ref !== null && !fromFlag);
  return { ref, supervisorUrl: goesWithIt ? supervisorUrl?.value : undefined };
}

/** As it is stored and shown: without the slash that a URL without a path gets. */
export function hrefOf(url: URL): string {
  return url.href.replace(/\/$/, '');
}
