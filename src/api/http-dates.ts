/** An HTTP-date in any of its three forms (RFC 9110, 5.6.7), as milliseconds UTC; null for anything else. */
export function parseHttpDate(text: string): number | null {
  if (!/^[A-Z][a-z]{2,8},? [\w :-]+$/.test(text)) return null;
  // The asctime form names no zone, and means UTC as well.
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? null : time;
}

/**
 * A `retry-after` in either form, seconds or HTTP-date, as milliseconds from now (contract, "Rate limit").
 * @param now milliseconds UTC: for a date, by the clock it was written by
 * @returns undefined when it is neither
 */
export function parseRetryAfter(text: string, now: number): number | undefined {
  const value = text.trim();
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.min(Math.round(Number(value) * 1000), Number.MAX_SAFE_INTEGER);
  const time = parseHttpDate(value);
  return time === null ? undefined : Math.max(0, time - now);
}
