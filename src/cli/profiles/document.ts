import { refusedError } from '../../base/errors.js';
import type { Host } from '../host.js';
import type { Prompts } from '../asking/prompts.js';
import { readConfig, type Config, type Profile } from '../../config/profiles.js';
import { DEFAULT_API_URL, foldersIn } from '../../config/settings.js';
import { expiryOf } from '../../config/key-life.js';
import { timeText } from '../../output/columns.js';

/** What is stored, without a context, whose clients take time to load. */
export const readProfiles = async ({ env, platform }: Host) =>
  readConfig((await foldersIn(env, platform)).config);

/**
 * A profile as it is printed: in JSON, these keys in this order. What is not known, or not set, is
 * null.
 */
export function profileDocument(profile: Profile, current: string | undefined) {
  const { key } = profile;
  return {
    name: profile.name,
    /** Used when none is named. */
    current: profile.name === current,
    tenant_id: profile.tenant_id,
    api_url: profile.api_url ?? DEFAULT_API_URL,
    deployment_id: profile.deployment_id ?? null,
    deployment_name: profile.deployment_name ?? null,
    deployment_path: profile.deployment_path ?? null,
    supervisor_url: profile.supervisor_url ?? null,
    protected: profile.protected ?? false,
    key_store: key.store,
    /** Masked; null where it would have to be fetched to be known. */
    api_key: key.store === 'file' ? key.api_key.mask() : null,
    expires_at: profile.expires_at ?? null,
  };
}

/** The deployment's path, else its name or id; null for none. */
export const placeIn = (profile: ProfileDocument) =>
  profile.deployment_path ?? profile.deployment_name ?? profile.deployment_id;

export type ProfileDocument = ReturnType<typeof profileDocument>;

/** `2026-06-06 12:00:00Z (in 5 days)` */
export function expiryText(at: string, now: number, utc: boolean) {
  const expiry = expiryOf(at, now);
  return expiry ? `${timeText(at, utc)} (${expiry.text})` : timeText(at, utc);
}

/** `prod → platform/demo/sandbox; key good for 199 days` */
export function profileText(profile: ProfileDocument, now: number) {
  const place = placeIn(profile);
  const expiry = expiryOf(profile.expires_at, now);
  return `${profile.name}${place === null ? '' : ` → ${place}`}${expiry ? `; ${expiry.life}` : ''}`;
}

/** A person chooses a profile. @returns its name @throws LdctlError (exit 5) where there is none */
export function chooseProfile(prompts: Prompts, { profiles, current }: Config) {
  if (profiles.length === 0) {
    throw refusedError(
      'profile_not_found',
      'there are no profiles yet',
      '`ldctl profiles add NAME` adds one.',
    );
  }
  const width = Math.max(...profiles.map(({ name }) => name.length));
  const choices = profiles.map((profile) => {
    const { name } = profile;
    const place = placeIn(profileDocument(profile, current)) ?? '';
    const mark = name === current ? ' (current)' : '';
    return { value: name, name: `${name.padEnd(width)}  ${place}${mark}`, short: name };
  });
  return prompts.choose('Which profile?', choices);
}
