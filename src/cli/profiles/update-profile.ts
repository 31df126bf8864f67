import { UsageError } from '../../base/errors.js';
import type { ApiKey } from '../../base/secret.js';
import { urlText } from '../../base/text.js';
import { fetchProfileKey } from '../../config/keys.js';
import type { Profile, ProfileKey } from '../../config/profile.js';
import type { Settings } from '../../config/settings.js';
import type { CommandContext } from '../context.js';
import type { Prompts } from '../prompts.js';
import { saying } from '../signals.js';
import { storedApiUrl } from './add-profile.js';
import { chooseDeployment } from './choose-deployment.js';
import { checkCredentials, keyInput, type Credentials, type Input } from './credentials.js';
import { parseKeyOptions, type KeyOptions, type ProfileFlags } from './flags.js';
import { deleteKey, storeKey } from './store-key.js';

/** What is to be changed; whatever is not named stays as it is. */
interface Changes {
  flags: ProfileFlags;
  key: KeyOptions;
  /** The key gives way to another one. */
  newKey: boolean;
  /** The user wants to choose another deployment. */
  newDeployment: boolean;
}

/**
 * Changes a profile by flags, or by what the user says when there are none. The environment has no say: a variable
 * that was left over would mix two profiles. Whenever the key, the tenant, the API or the deployment changes, the API
 * is asked whether they fit together.
 * @returns the new profile
 * @throws UsageError, LdctlError (exit 5), the errors of the Core API; Interrupted at Ctrl-C, with nothing changed
 */
export function updateProfile(name: string, flags: ProfileFlags, context: CommandContext): Promise<Profile> {
  return change(name, flags, context).catch(saying('Nothing was changed.'));
}

async function change(name: string, flags: ProfileFlags, context: CommandContext): Promise<Profile> {
  const stored = context.store.get(name);
  const changes = await changesFor(stored, flags, context);
  const given = context.settle(changes.flags, {
    env: {},
    readConfig: () => ({ current: name, profiles: [stored] }),
  });
  const access = await accessFor(stored, given, changes, context);
  const fields = {
    ...plainFields(given, changes),
    ...(access && (await checkedFields(given, access, changes, context))),
  };
  const place = access && (await newPlace(stored, access.key, changes, context));
  return store(stored, fields, place, context);
}

/** @throws UsageError when nothing was said, and nobody can be asked */
async function changesFor(stored: Profile, flags: ProfileFlags, { prompts, host }: CommandContext): Promise<Changes> {
  const key = parseKeyOptions(flags, host.platform);
  const newKey = key.fromStdin || key.command !== undefined;
  const fields = [
    flags['tenant-id'],
    flags['api-url'],
    flags['supervisor-url'],
    flags.deployment,
    flags.protected,
    key.store,
  ];
  if (newKey || fields.some((field) => field !== undefined)) return { flags, key, newKey, newDeployment: false };
  if (prompts) return askChanges(stored, flags, key, prompts);
  throw new UsageError('nothing to change', {
    code: 'nothing_to_change',
    hint: 'Say what: --api-key-stdin, --deployment, --protected, … See ldctl profiles update --help',
  });
}

async function askChanges(stored: Profile, flags: ProfileFlags, key: KeyOptions, prompts: Prompts): Promise<Changes> {
  const what = await prompts.choose(`What is to be changed about ${stored.name}?`, [
    { value: 'key', name: 'The API key' },
    { value: 'deployment', name: 'The deployment' },
    { value: 'protection', name: stored.protected ? 'Protect it no longer' : 'Protect it' },
  ]);
  return {
    flags: what === 'protection' ? { ...flags, protected: !stored.protected } : flags,
    key,
    newKey: what === 'key',
    newDeployment: what === 'deployment',
  };
}

/** The key that the profile will have, checked where anything about it changes; null when it is not needed. */
async function accessFor(
  stored: Profile,
  given: Settings,
  { flags, key: options, newKey, newDeployment }: Changes,
  context: CommandContext,
): Promise<Credentials | null> {
  const changesAccess =
    newKey ||
    newDeployment ||
    [flags['tenant-id'], flags['api-url'], flags.deployment].some((flag) => flag !== undefined);
  const check = changesAccess && flags.verify;
  const moves = options.store !== undefined && options.store !== stored.key.store;
  if (!newKey && !check && !moves) return null;
  const key: Input<ApiKey> = newKey
    ? await keyInput(options, { ...given, key: null }, context)
    : { value: context.guard(await fetchProfileKey(stored, context.keyTools, context.signal)), again: null };
  const tenantId = given.tenantId?.value ?? stored.tenant_id;
  const apiUrl = given.apiUrl.value;
  if (!check) return { tenantId, key: key.value, apiUrl, keyContext: null };
  return checkCredentials({ tenant: { value: tenantId, again: null }, key, apiUrl }, context);
}

/** What flags alone decide. */
function plainFields({ tenantId, apiUrl, supervisorUrl, deployment }: Settings, { flags }: Changes): Partial<Profile> {
  const fields: Partial<Profile> = {};
  if (tenantId && flags['tenant-id'] !== undefined) fields.tenant_id = tenantId.value;
  if (flags['api-url'] !== undefined) fields.api_url = storedApiUrl(apiUrl.value);
  if (deployment && flags.deployment !== undefined) {
    fields.deployment_id = deployment.value.id ?? undefined;
    fields.deployment_name = deployment.value.name ?? undefined;
    // That of the deployment before.
    fields.supervisor_url = undefined;
  }
  if (supervisorUrl && flags['supervisor-url'] !== undefined) fields.supervisor_url = urlText(supervisorUrl.value);
  if (flags.protected !== undefined) fields.protected = flags.protected || undefined;
  return fields;
}

/** What the API has to say about it: when the key expires, and where the deployment is. */
async function checkedFields(
  { deployment, supervisorUrl }: Settings,
  access: Credentials,
  { newKey, newDeployment }: Changes,
  context: CommandContext,
): Promise<Partial<Profile>> {
  // Nothing is known about a new key that nobody was asked about.
  if (!access.keyContext) return newKey ? { expires_at: undefined } : {};
  const ref = newDeployment ? null : (deployment?.value ?? null);
  const choice = { ref, supervisorUrl: newDeployment ? undefined : supervisorUrl?.value };
  const chosen = ref || newDeployment ? await chooseDeployment(choice, access, context) : null;
  return {
    expires_at: access.keyContext.expiry_at ?? undefined,
    ...(chosen && {
      deployment_id: chosen.id,
      deployment_name: chosen.name,
      supervisor_url: chosen.supervisorUrl && urlText(chosen.supervisorUrl),
    }),
  };
}

/** Where the key is kept from now on; null when it stays where it is. */
async function newPlace(
  stored: Profile,
  key: ApiKey,
  { key: options, newKey }: Changes,
  context: CommandContext,
): Promise<ProfileKey | null> {
  const moves = options.store !== undefined && options.store !== stored.key.store;
  if (!newKey && !moves) return null;
  const same = stored.key.store === 'command' ? undefined : stored.key.store;
  return storeKey(stored.name, key, { ...options, store: options.store ?? same }, context);
}

/** Writes it. The key that is no longer pointed to is then taken out of its store, whichever that is. */
async function store(
  stored: Profile,
  fields: Partial<Profile>,
  place: ProfileKey | null,
  context: CommandContext,
): Promise<Profile> {
  let before = stored.key;
  let updated: Profile;
  try {
    updated = await context.store.update(stored.name, (profile) => {
      before = profile.key;
      return { ...profile, ...fields, key: place ?? profile.key };
    });
  } catch (error) {
    if (place) await deleteKey(place, context);
    throw error;
  }
  if (place) await deleteKey(before, context);
  return updated;
}
