import { type ApiKey } from '../core/secret.js';
import { parseApiKey } from './api-key.js';
import { type Variables } from './environment.js';
import { fetchKeyFile, fetchProfileKey, type KeyTools } from './keys.js';
import { type Profile } from './profile.js';
import { type Source } from './source.js';

/** Which key is used. It is not fetched before somebody asks: a key command or a keyring may ask the user. */
export interface KeySetting {
  source: Source;
  /** How it is kept, or what else there was. */
  remark: string | null;
  /** @throws UsageError when it cannot be had; the signal's reason */
  fetch(signal?: AbortSignal): Promise<ApiKey>;
}

const KEPT: Record<Profile['key']['store'], string> = {
  file: 'in the config',
  command: 'from a command',
  keyring: 'in the keyring',
};

/** `LD_API_KEY`, else `LD_API_KEY_FILE`, else the profile's; null when there is none of them. */
export function chooseKey(variables: Variables, profile: Profile | undefined, tools: KeyTools): KeySetting | null {
  const { LD_API_KEY: text, LD_API_KEY_FILE: path } = variables;
  if (text !== undefined) {
    return {
      source: { from: 'env', name: 'LD_API_KEY' },
      remark: path === undefined ? null : 'LD_API_KEY_FILE is set too, and not read',
      // Within a promise, so that a bad key rejects like every other.
      fetch: () => Promise.resolve(text).then((key) => parseApiKey(key, 'LD_API_KEY')),
    };
  }
  if (path !== undefined) {
    return {
      source: { from: 'env', name: 'LD_API_KEY_FILE' },
      remark: null,
      fetch: () => fetchKeyFile(path, tools.notify),
    };
  }
  if (!profile) return null;
  return {
    source: { from: 'profile', name: profile.name },
    remark: KEPT[profile.key.store],
    fetch: (signal) => fetchProfileKey(profile, tools, signal),
  };
}
