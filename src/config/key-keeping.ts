import { randomBytes } from 'node:crypto';
import { type ApiKey } from '../base/secret.js';
import { type KeyStore } from './key-store.js';
import { type ProfileKey } from './profile.js';

/**
 * Puts a key into the keyring, under a new account each time, so that what is stored there already stays good until the
 * profile points to the new one.
 * @returns what the profile has to remember
 * @throws KeyringError, or the signal's reason
 */
export async function keepKey(
  profile: string,
  key: ApiKey,
  keyring: KeyStore,
  signal?: AbortSignal,
): Promise<ProfileKey & { store: 'keyring' }> {
  const account = `${profile}.${randomBytes(4).toString('hex')}`;
  await keyring.set(account, key, signal);
  return { store: 'keyring', account };
}

/**
 * Takes a key out of its store. The config forgets its own with the profile.
 * @throws KeyringError, or the signal's reason
 */
export async function forgetKey(key: ProfileKey, keyring: KeyStore, signal?: AbortSignal): Promise<void> {
  if (key.store === 'keyring') await keyring.delete(key.account, signal);
}
