import { UsageError } from '../../base/errors.js';
import { forgetKey } from '../../config/key-keeping.js';
import { KeyringError } from '../../config/key-store.js';
import type { Profile } from '../../config/profile.js';
import type { CommandContext } from '../context.js';
import type { RemoveFlags } from './flags.js';

/**
 * Removes a profile, after asking. Its key goes first: a profile without one says so, and a key without a profile
 * would lie about unseen.
 * @returns the name of the profile that is current now, or null
 * @throws UsageError without consent, or when the key cannot be taken out of the keyring; LdctlError (exit 5) when
 *   there is no such profile; Interrupted
 */
export async function removeProfile(name: string, flags: RemoveFlags, context: CommandContext): Promise<string | null> {
  const profile = context.store.get(name);
  await consent(profile, flags, context);
  if (!flags['keep-key']) await takeKeyOut(profile, context);
  return (await context.store.remove(name)).current;
}

async function consent({ name, key }: Profile, { yes }: RemoveFlags, { prompts }: CommandContext): Promise<void> {
  if (yes) return;
  if (!prompts) {
    throw new UsageError(`this would remove profile ${name}, and nobody can be asked here`, {
      code: 'consent_missing',
      hint: 'Add --yes.',
    });
  }
  const what = key.store === 'command' ? 'profile' : 'profile and key';
  if (!(await prompts.confirm(`Remove ${what} ${name}?`))) {
    throw new UsageError('not confirmed; nothing was removed', { code: 'consent_missing' });
  }
}

async function takeKeyOut({ name, key }: Profile, context: CommandContext): Promise<void> {
  try {
    await context.during('Taking the key out of its store', () => forgetKey(key, context.host.keyring, context.signal));
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
