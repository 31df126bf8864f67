/*
 * How long a key is good for, and what to do when it ends.
 */

import { count } from '../base/text.js';
import type { AccountSettings } from './settings.js';

/** How long before a key expires ldctl starts to say so. */
const WARN_BEFORE_DAYS = 14;
const DAY_MS = 24 * 60 * 60_000;

/**
 * When a key expires: `in 5 days`, `2 days ago`; as a verb: `expires in 5 days`; and what that
 * means: `key good for 5 days`.
 * @returns null when `expiresAt` is not a time
 */
export function expiryOf(expiresAt: string | null, now: number) {
  const left = (Date.parse(expiresAt ?? '') - now) / DAY_MS;
  if (Number.isNaN(left)) return null;
  const expired = left <= 0;
  const whole = Math.floor(Math.abs(left));
  const days = whole === 0 ? 'less than a day' : count(whole, 'day');
  const text = expired ? `${days} ago` : `in ${days}`;
  const expires = `${expired ? 'expired' : 'expires'} ${text}`;
  const life = expired ? `key ${expires}` : `key good for ${days}`;
  return { daysLeft: Math.floor(left), soon: left < WARN_BEFORE_DAYS, text, expires, life };
}

/** The warning that the key of the profile expires soon, by the time that is stored. */
export function expiryWarning({ profile, key }: AccountSettings, now: number): string | null {
  if (!profile?.expires_at || key?.source.from !== 'profile') return null;
  const expiry = expiryOf(profile.expires_at, now);
  if (!expiry?.soon) return null;
  const when = `${expiry.expires} (${profile.expires_at.slice(0, 10)})`;
  return `the API key of profile ${profile.name} ${when}; ${renewal(profile.name)}`;
}

export const NEW_KEY = 'make a new one in the LaserData console';
export const renewal = (profile: string) =>
  `${NEW_KEY}, and store it with \`ldctl profiles update ${profile}\``;
