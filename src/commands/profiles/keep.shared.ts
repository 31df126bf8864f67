import { randomBytes } from 'node:crypto';
import type { CommandContext } from '../../cli/context.js';
import type { ApiKey } from '../../base/secret.js';
import { urlText } from '../../base/text.js';
import { KeyringError } from '../../config/keyring.js';
import type { Profile, ProfileKey } from '../../config/profiles.js';
import { DEFAULT_API_URL } from '../../config/settings.js';
import type { Verified } from './verify.shared.js';

/** Stores the profile, and its key where the user wants it: both, or nothing. */
export async function keep(name: string, verified: Verified, context: CommandContext) {
  const { store } = context;
  const { stored, access } = verified;
  const fields = await decideFields(verified, context);
  // From here on the key may be in the keyring. It is taken out again if the rest fails.
  const key = await storeKey(name, verified, context);
  try {
    if (stored) {
      await store.update(name, (profile) => ({ ...profile, ...fields, key: key ?? profile.key }));
    } else if (key && access) {
      await store.add({ ...fields, name, tenant_id: access.tenantId, key });
    }
  } catch (error) {
    if (key) await forgetKey(key, context);
    throw error;
  }
  if (key && stored) await forgetKey(stored.key, context);
}

async function decideFields(
  verified: Verified,
  context: CommandContext,
): Promise<Partial<Profile>> {
  const { given, access, known, isNewKey, place } = verified;
  const tenantId = access?.tenantId ?? given.tenantId?.value;
  const apiUrl = urlText(given.apiUrl.value);
  const isProtected = await askProtection(verified, context);
  // Of a new key that was not checked none is known, and that of the old one is over.
  const replacesExpiry = known !== null || isNewKey;
  return {
    ...(tenantId !== undefined && { tenant_id: tenantId }),
    // The default is not stored: it may change.
    api_url: apiUrl === DEFAULT_API_URL ? undefined : apiUrl,
    ...place,
    ...(isProtected !== undefined && { protected: isProtected || undefined }),
    ...(replacesExpiry && { expires_at: known?.expiry_at ?? undefined }),
  };
}

/** @returns undefined: left as it is */
async function askProtection({ stored, flags, place }: Verified, { prompts }: CommandContext) {
  if (flags.protected !== undefined || stored || !prompts) return flags.protected;
  if (place.deployment_id === undefined) return undefined;
  return prompts.confirm("Ask for the deployment's name before every action?");
}

/** @returns null where the key stays as it is */
async function storeKey(
  name: string,
  { stored, flags, access, mustStoreKey }: Verified,
  context: CommandContext,
): Promise<ProfileKey | null> {
  const command = flags['key-command'];
  if (command !== undefined) return { store: 'command', command };
  if (!mustStoreKey || !access) return null;
  const { key } = access;
  const before = stored?.key.store === 'command' ? undefined : stored?.key.store;
  const where = flags['key-store'] ?? before ?? (await askStore(context));
  return where === 'file' ? { store: 'file', api_key: key } : intoKeyring(name, key, context);
}

/** A keyring is only offered if it answers: it is asked for an account that it does not have. */
async function askStore(context: CommandContext): Promise<'keyring' | 'file'> {
  const { host, prompts, signal, store } = context;
  if (!prompts) return 'keyring';
  const choices = [
    { value: 'keyring' as const, name: "In the system's keyring" },
    { value: 'file' as const, name: 'In a file that only you can read', description: store.path },
  ];
  try {
    await context.during('Looking for a keyring', () => host.keyring.get('none', signal));
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    if (host.output.options.debug) context.say(`debug: ${error.message}`);
    context.warn('no keyring answers on this machine');
    choices.shift();
  }
  return prompts.choose('Where should the key be kept?', choices);
}

/**
 * Each key gets a new account, so the old key stays usable until the profile points to the new one.
 * If the keyring cannot be used, a person is offered a file.
 * @throws KeyringError; Interrupted
 */
async function intoKeyring(
  name: string,
  key: ApiKey,
  context: CommandContext,
): Promise<ProfileKey> {
  const { host, prompts, signal, store } = context;
  const account = `${name}.${randomBytes(4).toString('hex')}`;
  try {
    const set = () => host.keyring.set(account, key, signal);
    await context.during('Storing the key in the keyring', set);
    return { store: 'keyring', account };
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    if (prompts) {
      context.warn(`${error.message}. ${error.hint ?? ''}`.trim());
      const question = `Keep the key in ${store.path} instead, which only you can read?`;
      if (await prompts.confirm(question)) return { store: 'file', api_key: key };
    }
    const instead =
      'Keep the key in a file (--key-store file), or let a command print it (--key-command).';
    const hint = `${error.hint ?? ''} ${instead}`.trim();
    throw new KeyringError(`nothing was stored: ${error.message}`, { code: error.code, hint });
  }
}

/**
 * Takes a key that no profile points to any more out of the keyring. If that fails it only warns,
 * since the command itself has done its work.
 */
export async function forgetKey(key: ProfileKey, context: CommandContext) {
  if (key.store !== 'keyring') return;
  try {
    await context.host.keyring.delete(key.account, context.signal);
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    context.warn(`a key was left in the keyring, as ${key.account} of ldctl: ${error.message}`);
  }
}
