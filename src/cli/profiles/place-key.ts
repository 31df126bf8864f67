import type { ApiKey } from '../../core/secret.js';
import { forgetKey, keepKey } from '../../profiles/key-keeping.js';
import { KeyringError } from '../../profiles/key-store.js';
import type { ProfileKey } from '../../profiles/profile.js';
import type { ProfileDesk } from './profile-desk.js';
import type { KeyWishes } from './profile-flags.js';

const ELSEWHERE =
  'Keep the key in a file that only you can read (--key-store file), or let a program print it (--key-command).';

/**
 * Puts a key where the user wants it; in the keyring, when that was not said. A keyring that cannot be used is no
 * dead end: where nobody can be asked, the error says what else there is.
 * @throws KeyringError; Interrupted
 */
export async function placeKey(
  profile: string,
  key: ApiKey,
  wishes: KeyWishes,
  desk: ProfileDesk,
): Promise<ProfileKey> {
  if (wishes.command) return { store: 'command', command: wishes.command };
  if (wishes.store === 'file') return keepKey('file', profile, key, desk.host.keyring);
  for (;;) {
    try {
      return await desk.during('Storing the key in the keyring', () =>
        keepKey('keyring', profile, key, desk.host.keyring, desk.signal),
      );
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error;
      if ((await choiceAfter(error, desk)) === 'file') return keepKey('file', profile, key, desk.host.keyring);
    }
  }
}

/** @throws KeyringError, with what else there is, when nobody can be asked, or the user wants neither */
async function choiceAfter(error: KeyringError, { questions, warn, store }: ProfileDesk): Promise<'file' | 'again'> {
  const hint = [error.hint, ELSEWHERE].filter((part) => part !== undefined).join(' ');
  const failure = new KeyringError(error.fault, `nothing was stored: ${error.message}`, { hint, cause: error });
  if (!questions) throw failure;
  warn([error.message, error.hint].filter((part) => part !== undefined).join('. '));
  const choice = await questions.choose<'file' | 'again' | 'nowhere'>('Where should the key be kept?', [
    { value: 'file', name: 'In a file that only you can read', description: store.path },
    { value: 'again', name: 'In the keyring: try it again' },
    { value: 'nowhere', name: 'Nowhere: store nothing' },
  ]);
  if (choice === 'nowhere') throw failure;
  return choice;
}

/**
 * Takes a key that no profile points to any more out of its store. That it cannot be taken out is told, and changes
 * nothing about what was done.
 * @throws Interrupted
 */
export async function clearAway(key: ProfileKey, { host, warn, signal }: ProfileDesk): Promise<void> {
  try {
    await forgetKey(key, host.keyring, signal);
  } catch (error) {
    if (!(error instanceof KeyringError) || key.store !== 'keyring') throw error;
    warn(`a key was left in the keyring, as ${key.account} of ldctl: ${error.message}`);
  }
}
