import { ApiError } from '../../core/errors.js';
import type { ApiKey } from '../../core/secret.js';
import { timeText } from '../../output/time-text.js';
import { expiryOf } from '../../profiles/expiry.js';
import type { Settings } from '../../profiles/settings.js';
import { renewal } from './expiry-warning.js';

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
