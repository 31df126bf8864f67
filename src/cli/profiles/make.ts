import { randomBytes } from 'node:crypto';
import type { CommandContext } from '../context.js';
import type { ApiKey } from '../../base/secret.js';
import { urlText } from '../../base/text.js';
import { KeyringError } from '../../config/keyring.js';
import type { Profile, ProfileKey } from '../../config/profiles.js';
import { DEFAULT_API_URL } from '../../config/settings.js';
import { gather, type ProfileFlags } from './gather.js';
import { verify, type Verified } from './verify.js';

/**
 * Makes a profile, or changes a stored one: gathers the tenant and the key, verifies them and the
 * deployment with the API, and stores the key, then the profile. A new one comes from flags, the
 * environment, and what the user answers. A stored one is changed by flags alone, since a variable
 * may be left over from another profile; without flags, ldctl asks for a new key. Nothing is stored
 * that the API rejects, unless `--no-verify` keeps ldctl from asking it. If the profile cannot be
 * stored, no key is left behind.
 * @returns the profile, and the name of the current one
 */
export async function makeProfile(
  name: string,
  stored: Profile | null,
  flags: ProfileFlags,
  context: CommandContext,
) {
  const { store } = context;
  const verified = await verify(await gather(name, stored, flags, context), context);
  const fields = await decideFields(verified, context);
  const key = await storeKey(name, verified, context);
  // A new profile always has a new key.
  if (!key) return store.update(name, fields);
  const change = stored
    ? store.update(name, { ...fields, key })
    : store.add({ ...fields, name, key });
  const made = await change.catch(async (error: unknown) => {
    // It may be in the keyring by now.
    await forgetKey(key, context);
    throw error;
  });
  if (stored) await forgetKey(stored.key, context);
  return made;
}

/** All but the key. */
async function decideFields(verified: Verified, context: CommandContext) {
  const { given, tenantId, found } = verified;
  const apiUrl = urlText(given.account.apiUrl.value);
  const isProtected = await askProtection(verified, context);
  return {
    tenant_id: tenantId,
    // The default is not stored: it may change.
    api_url: apiUrl === DEFAULT_API_URL ? undefined : apiUrl,
    ...found,
    ...(isProtected !== undefined && { protected: isProtected || undefined }),
  };
}

/** @returns undefined: left as it is */
async function askProtection({ stored, flags, found }: Verified, { prompts }: CommandContext) {
  if (flags.protected !== undefined || stored || !prompts) return flags.protected;
  if (found.deployment_id === undefined) return undefined;
  return prompts.confirm("Ask for the deployment's name before every action?");
}

/** @returns null where the key stays as it is */
async function storeKey(
  name: string,
  { stored, flags, apiKey, keyIs }: Verified,
  context: CommandContext,
): Promise<ProfileKey | null> {
  const command = flags['key-command'];
  if (command !== undefined) return { store: 'command', command };
  if (keyIs === 'kept' || !apiKey) return null;
  const before = stored?.key.store;
  // Where a command printed the key, none was kept anywhere: it is as for a new profile.
  const known = flags['key-store'] ?? (before === 'command' ? undefined : before);
  const where = known ?? (await askStore(context));
  return where === 'file' ? { store: 'file', api_key: apiKey } : intoKeyring(name, apiKey, context);
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
