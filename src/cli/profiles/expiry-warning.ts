import { warningText } from '../../output/error.js';
import { painter } from '../../output/style.js';
import { timeText } from '../../output/time-text.js';
import { expiryOf } from '../../profiles/expiry.js';
import type { ExpiryNotices } from '../../profiles/expiry-notices.js';
import type { Settings } from '../../profiles/settings.js';
import type { Host } from '../host.js';

/** Says, at most once a day, that the profile's key expires soon. From what is stored: no request is made for it. */
export function warnOfExpiry(host: Host, { profile, key }: Settings, notices: ExpiryNotices): void {
  if (!profile?.expiresAt || key?.source.from !== 'profile') return;
  const expiry = expiryOf(profile.expiresAt, host.clock.now());
  if (!expiry?.soon || !notices.take(profile.name)) return;
  const when = `${expiry.expired ? 'expired' : 'expires'} ${expiry.text} (${timeText(profile.expiresAt, true)})`;
  const line = `the API key of profile ${profile.name} ${when}; ${renewal(profile.name)}`;
  host.output.stderr.write(warningText(line, painter(host.output.stderr.colour)));
}

/** What to do about a key that is no longer good. */
export function renewal(profile: string): string {
  return `make a new one in the LaserData console, and store it with \`ldctl profiles update ${profile} --api-key-stdin\``;
}
