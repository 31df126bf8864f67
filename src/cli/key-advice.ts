import { ApiError } from '../core/errors.js';
import type { ApiKey } from '../core/secret.js';
import { timeText } from '../output/time-text.js';
import { expiryOf } from '../profiles/expiry.js';
import type { Settings } from '../profiles/settings.js';
import { formatSource } from '../profiles/source.js';
import { renewal } from './expiry-warning.js';

/**
 * Adds to a 401 which key it was that was not accepted, where it came from, and what to do about that one.
 * @param now ms, UTC
 */
export function explainDenial(error: unknown, key: ApiKey, settings: Settings, now: number): void {
  if (error instanceof ApiError && error.status === 401) error.hint = advice(key, settings, now);
}

function advice(key: ApiKey, { key: setting, profile }: Settings, now: number): string {
  if (setting?.source.from !== 'profile' || !profile) {
    const source = setting ? ` from ${setting.source.from === 'env' ? setting.source.name : formatSource(setting.source)}` : '';
    return `It is the key ${key.mask()}${source}. Check that it is whole; if it has expired or was revoked, make a new one in the LaserData console.`;
  }
  const expiry = profile.expiresAt === null ? null : expiryOf(profile.expiresAt, now);
  if (profile.expiresAt !== null && expiry?.expired) {
    return `The key of profile ${profile.name} expired ${expiry.text} (${timeText(profile.expiresAt, true)}): ${renewal(profile.name)}.`;
  }
  return `It is the key ${key.mask()} of profile ${profile.name}. If it was revoked or replaced: ${renewal(profile.name)}.`;
}
