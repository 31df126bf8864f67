import { UsageError } from '../base/errors.js';
import { type ApiKey } from '../base/secret.js';
import { LONGEST_KEY_FILE, parseApiKey } from './api-key.js';
import { KeyringError, type KeyStore } from './key-store.js';
import { runKeyCommand, type KeyCommandTools } from './key-command.js';
import { fileErrorCode } from '../config/files.js';
import { isWritableByOthers } from '../config/private-files.js';
import { InputTooLong, readInput } from '../config/read-input.js';
import { type Profile } from './profile.js';

export interface KeyTools extends KeyCommandTools {
  keyring: KeyStore;
  /** Takes a warning, one line for stderr. */
  notify: (line: string) => void;
}

/**
 * Gets a profile's key from wherever it is kept.
 * @throws UsageError when it cannot be had; the signal's reason
 */
export async function fetchProfileKey(profile: Profile, tools: KeyTools, signal?: AbortSignal): Promise<ApiKey> {
  const { name, key } = profile;
  switch (key.store) {
    case 'file':
      return key.api_key;
    case 'command':
      return runKeyCommand(key.command, `the key command of profile ${name}`, tools, signal);
    case 'keyring':
      return fetchFromKeyring(name, key.account, tools.keyring, signal);
  }
}

/**
 * Reads the key from the file that `LD_API_KEY_FILE` names, or from a pipe. One that others can write is warned of, not
 * refused: containers mount secrets with modes of their own.
 * @throws UsageError; the signal's reason
 */
export async function fetchKeyFile(
  path: string,
  notify: (line: string) => void,
  signal?: AbortSignal,
): Promise<ApiKey> {
  let text: string;
  try {
    text = await readInput(path, {
      limit: LONGEST_KEY_FILE,
      signal,
      onStats: (stats) => {
        if (!isWritableByOthers(stats)) return;
        notify(`LD_API_KEY_FILE: others can write ${path}, and so choose the key that is used`);
      },
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const why = error instanceof InputTooLong ? error.message : (fileErrorCode(error) ?? 'unknown reason');
    // The path is not shown: who mixes the two variables up must not find the key in a log.
    throw new UsageError(`LD_API_KEY_FILE: cannot read the file that it names (${why})`, {
      code: 'key_file_unreadable',
      hint: 'It holds the path of a file with the key in it. LD_API_KEY is the variable for the key itself.',
    });
  }
  return parseApiKey(text, 'the file that LD_API_KEY_FILE names');
}

async function fetchFromKeyring(
  profile: string,
  account: string,
  keyring: KeyStore,
  signal: AbortSignal | undefined,
): Promise<ApiKey> {
  const instead = `store it anew with \`ldctl profiles update ${profile} --api-key-stdin\`, or set LD_API_KEY.`;
  try {
    const key = await keyring.get(account, signal);
    if (key) return key;
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    throw new KeyringError(error.fault, `the key of profile ${profile} is in the keyring, and ${error.message}`, {
      hint: `${error.hint ?? ''} Or ${instead}`.trim(),
      cause: error,
    });
  }
  throw new UsageError(`the key of profile ${profile} is no longer in the keyring`, {
    code: 'key_missing',
    hint: `${instead.charAt(0).toUpperCase()}${instead.slice(1)}`,
  });
}
