import { UsageError } from '../../core/errors.js';
import { forgetKey } from '../../profiles/key-keeping.js';
import { KeyringError } from '../../profiles/key-store.js';
import type { Profile } from '../../profiles/profile.js';
import type { ProfileDesk } from './profile-desk.js';

export interface RemoveFlags {
  yes: boolean;
  'keep-key': boolean;
}

/**
 * Removes a profile, after asking. Its key goes first: a profile without one says so, and a key without a profile
 * would lie about unseen.
 * @returns the name of the profile that is current now, or null
 * @throws UsageError without consent, or when the key cannot be taken out of the keyring; LdctlError (exit 5) when
 *   there is no such profile; Interrupted
 */
export async function removeProfile(name: string, flags: RemoveFlags, desk: ProfileDesk): Promise<string | null> {
  const profile = desk.store.get(name);
  await consent(profile, flags, desk);
  if (!flags['keep-key']) await takeKeyOut(profile, desk);
  return (await desk.store.remove(name)).current;
}

async function consent({ name, key }: Profile, { yes }: RemoveFlags, { questions }: ProfileDesk): Promise<void> {
  if (yes) return;
  if (!questions) {
    throw new UsageError(`this would remove profile ${name}, and nobody can be asked here`, {
      code: 'consent_missing',
      hint: 'Add --yes.',
    });
  }
  const what = key.store === 'command' ? 'profile' : 'profile and key';
  if (!(await questions.confirm(`Remove ${what} ${name}?`))) {
    throw new UsageError('not confirmed; nothing was removed', { code: 'consent_missing' });
  }
}

async function takeKeyOut({ name, key }: Profile, { host, during, signal }: ProfileDesk): Promise<void> {
  try {
    await during('Taking the key out of its store', () => forgetKey(key, host.keyring, signal));
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    throw new KeyringError(
      error.fault,
      `profile ${name} was not removed, since its key is in the keyring, and ${error.message}`,
      {
        hint: [error.hint, 'With --keep-key the profile goes, and its key stays there.']
          .filter((part) => part !== undefined)
          .join(' '),
        cause: error,
      },
    );
  }
}
