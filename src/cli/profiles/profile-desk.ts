import type { CoreApi } from '../../api/core-api.js';
import { parseBaseUrl } from '../../api/base-url.js';
import { Interrupted } from '../../core/errors.js';
import type { ApiKey } from '../../core/secret.js';
import { warningText } from '../../output/error.js';
import { painter } from '../../output/style.js';
import { configDir } from '../../profiles/config-dir.js';
import type { Config } from '../../profiles/profile.js';
import { resolveSettings, type SettingFlags, type Settings } from '../../profiles/settings.js';
import { ProfileStore } from '../../profiles/store.js';
import type { Host } from '../host.js';
import { terminalQuestions, type Questions } from '../prompts/questions.js';
import { coreApi, keyTools, type TalkFlags } from '../session.js';
import { withSpinner } from '../prompts/spinner.js';

/** The part of the Core API that profiles are made with. */
export type Core = Pick<CoreApi, 'keyContext' | 'structure'>;

/** Where profiles are made and changed: the store, the API to check them with, and the user, if there is one. */
export interface ProfileDesk {
  host: Host;
  signal: AbortSignal;
  store: ProfileStore;
  /** Null when nobody can be asked. */
  questions: Questions | null;
  core: (access: { apiUrl: URL; key: ApiKey }) => Core;
  /** From now on the key is in no output, whatever says it. @returns the key */
  guard: (key: ApiKey) => ApiKey;
  /** A line of talk; none with `--quiet`. */
  say: (line: string) => void;
  warn: (line: string) => void;
  /** Does something that takes time, and shows that. */
  during: <T>(what: string, work: () => Promise<T>) => Promise<T>;
}

export async function openProfileDesk(host: Host, flags: TalkFlags, signal: AbortSignal): Promise<ProfileDesk> {
  const { stderr } = host.output;
  return {
    host,
    signal,
    store: new ProfileStore(await configDir(host.env), host.clock, signal),
    questions: terminalQuestions(host, signal),
    core: (access) => coreApi(host, flags, access),
    guard: (key) => {
      host.output.redact((text) => key.scrub(text));
      return key;
    },
    say: (line) => {
      if (!flags.quiet) stderr.write(`${line}\n`);
    },
    warn: (line) => stderr.write(warningText(line, painter(stderr.colour))),
    during: (what, work) => withSpinner(host, flags.quiet, what, work),
  };
}

/**
 * What flags and, unless `env` is another one, the environment say; no profile counts but those of `config`.
 * @throws as `resolveSettings` does
 */
export function settingsFor(
  host: Host,
  flags: SettingFlags,
  { env = withoutProfile(host.env), config = { profiles: [] } }: { env?: Host['env']; config?: Config } = {},
): Settings {
  return resolveSettings({ flags, env, readConfig: () => config, parseBaseUrl, keys: keyTools(host) });
}

/** `LD_PROFILE` says which profile to use, which is none when one is made. */
function withoutProfile(env: Host['env']): Host['env'] {
  return { ...env, LD_PROFILE: undefined };
}

/** Does work that Ctrl-C leaves undone, and has the interrupt say so. @throws what `work` throws */
export async function untilInterrupted<T>(whatThen: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Interrupted) error.hint = whatThen;
    throw error;
  }
}
