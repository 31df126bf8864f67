import { LdctlError, UsageError } from '../base/errors.js';
import { type Id } from '../base/ids.js';
import { type ApiKey } from '../base/secret.js';

/** How a profile gets its key (design, "Profiles"). */
export type ProfileKey =
  /** In the config itself, which only its owner can read. */
  | { store: 'file'; api_key: ApiKey }
  /** The stdout of a program, run without a shell. */
  | { store: 'command'; command: readonly string[] }
  /** In the system's keyring, under an account of its own: two configs may have profiles of the same name. */
  | { store: 'keyring'; account: string };

export const KEY_STORES = ['keyring', 'file', 'command'] as const satisfies ReadonlyArray<ProfileKey['store']>;

/** Where to act, and as whom. The names are those on the disk. */
export interface Profile {
  name: string;
  tenant_id: Id;
  api_url?: string | undefined;
  supervisor_url?: string | undefined;
  deployment_id?: Id | undefined;
  deployment_name?: string | undefined;
  /** Every action asks for the deployment's name to be typed (design, "Consent"). */
  protected?: boolean | undefined;
  /** When the key expires, RFC 3339, as the API last said. */
  expires_at?: string | undefined;
  key: ProfileKey;
}

/** Everything that is kept: the profiles, in the order they were added, and which one is used when none is named. */
export interface Config {
  current?: string | undefined;
  profiles: Profile[];
}

const NAME = /^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}$/;

export function isProfileName(text: string): boolean {
  return NAME.test(text);
}

/**
 * Checks a name for a profile: up to 64 letters, digits, dots, dashes and underscores, and no dash in front, so that
 * it is never taken for a flag.
 * @throws UsageError
 */
export function checkProfileName(text: string): string {
  if (isProfileName(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} is not a name for a profile`, {
    code: 'invalid_profile_name',
    hint: 'Use 1 to 64 letters, digits, dots, dashes and underscores, and no dash in front.',
  });
}

/** @throws LdctlError (exit 5) that names the profiles there are */
export function findProfile(config: Config, name: string): Profile {
  const profile = config.profiles.find((candidate) => candidate.name === name);
  if (profile) return profile;
  // A longer one may be a key that was put in the wrong place.
  const shown = name.length > 32 ? `of this name, which has ${name.length} characters` : JSON.stringify(name);
  throw new LdctlError('refused', 'profile_not_found', `there is no profile ${shown}`, {
    hint:
      config.profiles.length === 0
        ? 'There is none yet: `ldctl profiles add NAME` makes one.'
        : `There are: ${config.profiles.map((known) => known.name).join(', ')}.`,
  });
}

/**
 * The profile that is used when none is named, or null when none is chosen.
 * @throws LdctlError (exit 5) when the chosen one does not exist, which only a hand-edited file can say
 */
export function currentProfile(config: Config): Profile | null {
  return config.current === undefined ? null : findProfile(config, config.current);
}
