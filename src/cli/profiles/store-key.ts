import type { ApiKey } from '../../base/secret.js';
import { forgetKey, keepKey } from '../../config/key-keeping.js';
import { KeyringError } from '../../config/key-store.js';
import type { ProfileKey } from '../../config/profile.js';
import type { CommandContext } from '../context.js';
import type { KeyOptions } from './flags.js';

const ELSEWHERE =
  'Keep the key in a file that only you can read (--key-store file), or let a program print it (--key-command).';

/**
 * Stores a key where the user wants it; in the keyring, when that was not said. A keyring that cannot be used is no
 * dead end: where nobody can be asked, the error says what else there is.
 * @throws KeyringError; Interrupted
 */
export async function storeKey(
  profile: string,
  key: ApiKey,
  options: KeyOptions,
  context: CommandContext,
): Promise<ProfileKey> {
  if (options.command) return { store: 'command', command: options.command };
  if (options.store === 'file') return { store: 'file', api_key: key };
  for (;;) {
    try {
      return await context.during('Storing the key in the keyring', () =>
        keepKey(profile, key, context.host.keyring, context.signal),
      );
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error;
      if ((await choiceAfter(error, context)) === 'file') return { store: 'file', api_key: key };
    }
  }
}

/** @throws KeyringError, with what else there is, when nobody can be asked, or the user wants neither */
async function choiceAfter(error: KeyringError, context: CommandContext): Promise<'file' | 'again'> {
  const hint = [error.hint, ELSEWHERE].filter((part) => part !== undefined).join(' ');
  const failure = new KeyringError(error.fault, `nothing was stored: ${error.message}`, { hint, cause: error });
  if (!context.prompts) throw failure;
  context.warn([error.message, error.hint].filter((part) => part !== undefined).join('. '));
  const choice = await context.prompts.choose<'file' | 'again' | 'nowhere'>('Where should the key be kept?', [
    { value: 'file', name: 'In a file that only you can read', description: context.store.path },
    { value: 'again', name: 'In the keyring: try it again' },
    { value: 'nowhere', name: 'Nowhere: store nothing' },
  ]);
  if (choice === 'nowhere') throw failure;
  return choice;
}

/**
 * Deletes a key that no profile points to any more. That it cannot be deleted is said, and changes nothing about what
 * was done.
 * @throws Interrupted
 */
export async function deleteKey(key: ProfileKey, context: CommandContext): Promise<void> {
  try {
    await forgetKey(key, context.host.keyring, context.signal);
  } catch (error) {
    if (!(error instanceof KeyringError) || key.store !== 'keyring') throw error;
    context.warn(`a key was left in the keyring, as ${key.account} of ldctl: ${error.message}`);
  }
}
