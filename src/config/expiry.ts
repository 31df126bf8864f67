/** A key that ends sooner than this is worth a warning: keys expire after 365 days at most (contract, "Core: whose key is this"). */
const WARN_BEFORE_DAYS = 14;
const DAY_MS = 24 * 60 * 60_000;

/** How long a key is good for yet. */
export interface Expiry {
  /** Whole days, rounded towards the sooner end; negative when it has expired. */
  daysLeft: number;
  expired: boolean;
  /** Expired, or about to. */
  soon: boolean;
  /** `in 5 days`, `in less than a day`, `2 days ago`. */
  text: string;
}

/**
 * @param expiresAt RFC 3339, as the API gave it
 * @param now ms, UTC
 * @returns null when `expiresAt` is no time
 */
export function expiryOf(expiresAt: string, now: number): Expiry | null {
  const leftMs = Date.parse(expiresAt) - now;
  if (Number.isNaN(leftMs)) return null;
  const daysLeft = Math.floor(leftMs / DAY_MS);
  const expired = leftMs <= 0;
  const distance = daysText(Math.floor(Math.abs(leftMs) / DAY_MS));
  return { daysLeft, expired, soon: daysLeft < WARN_BEFORE_DAYS, text: expired ? `${distance} ago` : `in ${distance}` };
}

function daysText(days: number): string {
  if (days === 0) return 'less than a day';
  return days === 1 ? '1 day' : `${days} days`;
}
