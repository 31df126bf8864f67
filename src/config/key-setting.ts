import { type ApiKey } from '../base/secret.js';
import { parseApiKey } from './api-key.js';
import { type Variables } from './environment.js';
import { fetchKeyFile, fetchProfileKey, type KeyTools } from './keys.js';
import { type Profile } from './profile.js';
import { formatSource, type Source } from './source.js';

/** Which key is used. It is not fetched before somebody asks: a key command or a keyring may ask the user. */
export interface KeySetting {
  source: Source;
  /** @throws UsageError when it cannot be had; the signal's reason */
  fetch(signal?: AbortSignal): Promise<ApiKey>;
}

const KEPT: Record<Profile['key']['store'], string> = {
  file: 'in the config',
  command: 'from a command',
  keyring: 'in the keyring',
};

/**
 * `LD_API_KEY`, else `LD_API_KEY_FILE`, else the profile's; null when there is none of them. Of one that cannot be masked in
 * output, a line is said when it is fetched.
 */
export function chooseKey(variables: Variables, profile: Profile | undefined, tools: KeyTools): KeySetting | null {
  const chosen = chosenKey(variables, profile, tools);
  if (!chosen) return null;
  let isSaid = false;
  return {
    ...chosen,
    fetch: async (signal) => {
      const key = await chosen.fetch(signal);
      if (!isSaid && key.unmaskable !== null) {
        tools.notify(
          `the API key (${formatSource(chosen.source)}) is not masked where output holds it: ${key.unmaskable}`,
        );
      }
      isSaid = true;
      return key;
    },
  };
}

function chosenKey(variables: Variables, profile: Profile | undefined, tools: KeyTools): KeySetting | null {
  const { LD_API_KEY: text, LD_API_KEY_FILE: path } = variables;
  if (text !== undefined) {
    return {
      source: {
        from: 'env',
        name: 'LD_API_KEY',
        ...(path !== undefined && { note: 'LD_API_KEY_FILE is set too, and not read' }),
      },
      // Within a promise, so that a bad key rejects like every other.
      fetch: () => Promise.resolve(text).then((key) => parseApiKey(key, 'LD_API_KEY')),
    };
  }
  if (path !== undefined) {
    return {
      source: { from: 'env', name: 'LD_API_KEY_FILE' },
      fetch: (signal) => fetchKeyFile(path, tools.notify, signal),
    };
  }
  if (!profile) return null;
  return {
    source: { from: 'profile', name: profile.name, note: KEPT[profile.key.store] },
    fetch: (signal) => fetchProfileKey(profile, tools, signal),
  };
}
