import { ApiError } from '../../base/errors.js';
import type { ApiKey } from '../../base/secret.js';
import { timeText } from '../../output/columns.js';
import { expiryOf } from '../../config/expiry.js';
import type { ExpiryNotices } from '../../config/expiry-notices.js';
import type { Settings } from '../../config/settings.js';
import type { Host } from '../host.js';

/** Says, at most once a day, that the profile's key expires soon. From what is stored: no request is made for it. */
export function warnOfExpiry(
  context: { host: Host; warn(line: string): void },
  { profile, key }: Settings,
  notices: ExpiryNotices,
): void {
  if (!profile?.expiresAt || key?.source.from !== 'profile') return;
  const expiry = expiryOf(profile.expiresAt, context.host.clock.now());
  if (!expiry?.soon || !notices.take(profile.name)) return;
  const when = `${expiry.expired ? 'expired' : 'expires'} ${expiry.text} (${timeText(profile.expiresAt, true)})`;
  context.warn(`the API key of profile ${profile.name} ${when}; ${renewal(profile.name)}`);
}

/**
 * Adds to a 401 which key it was that was not accepted, where it came from, and what to do about that one.
 * @param now ms, UTC
 */
export function explainDenial(error: unknown, key: ApiKey, settings: Settings, now: number): void {
  if (error instanceof ApiError && error.status === 401) error.hint = advice(key, settings, now);
}

/**
 * Adds to a 403 of a look-up which grant it needs, and what works without it (design, "Commands").
 * @returns whether it was one
 */
export function explainLookUp(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || error.status !== 403) return false;
  const needs = "Looking up deployments needs the grant info:read on the key's own tenant.";
  error.hint = `${needs} Ids work without it: --deployment ID with --supervisor-url URL.`;
  return true;
}

function advice(key: ApiKey, { key: setting, profile }: Settings, now: number): string {
  const source = setting?.source;
  if (source?.from !== 'profile' || !profile) {
    const origin = source?.from === 'env' ? ` from ${source.name}` : '';
    const check = 'Check that it is whole; if it has expired or was revoked, make a new one in the LaserData console.';
    return `It is the key ${key.mask()}${origin}. ${check}`;
  }
  const { name, expiresAt } = profile;
  const expiry = expiresAt === null ? null : expiryOf(expiresAt, now);
  if (expiresAt !== null && expiry?.expired) {
    return `The key of profile ${name} expired ${expiry.text} (${timeText(expiresAt, true)}): ${renewal(name)}.`;
  }
  return `It is the key ${key.mask()} of profile ${name}. If it has expired or was revoked: ${renewal(name)}.`;
}

/** What to do about a key that is no longer good. */
function renewal(profile: string): string {
  return `make a new one in the LaserData console, and store it with \`ldctl profiles update ${profile} --api-key-stdin\``;
}
