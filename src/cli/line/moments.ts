/*
 * Times as a person types them: how long ago, a day, or a time of day with or without a zone.
 */

import { is } from 'valibot';
import { activitiesRequest } from '../../app/requests.js';
import { parseDuration } from '../../base/durations.js';
import { usageError } from '../../base/errors.js';
import { dateText, timeText } from '../../output/columns.js';

/** With a zone, or a date. JavaScript would read the 31st of June as the 1st of July. */
function isTime(text: string) {
  const day = text.slice(0, 10);
  return is(activitiesRequest.entries.since, text) && new Date(day).toISOString().startsWith(day);
}

/**
 * `2h`, `"24 hours"`, `yesterday`, `2026-11-30T13:00`, RFC 3339, or a date (UTC, so that a script
 * means the same on every machine).
 * @param now ms, UTC
 * @param utc what has no zone is in UTC, and not in local time
 * @returns with a note for people, where no zone was typed
 * @throws UsageError
 */
export function momentOf(
  text: string,
  { flag, now, utc }: { flag: string; now: number; utc: boolean },
) {
  const typed = text.toUpperCase().replace(' ', 'T');
  const daysAgo = ['TODAY', 'YESTERDAY'].indexOf(typed);
  const whole =
    daysAgo < 0
      ? typed.replace(/(T\d\d:\d\d)(?!:)/, '$1:00')
      : `${dateText(now, daysAgo, utc)}T00:00:00`;
  const lacksZone = isTime(`${whole}Z`);
  if (!lacksZone && !isTime(whole)) return { at: timeAgo(text, flag, now) };
  // Of an hour that the clocks show twice this is the first; one that they skip is an hour later.
  const at = new Date(lacksZone && utc ? `${whole}Z` : whole);
  const isOtherDay = !whole.includes('T') && at.getTimezoneOffset() !== 0;
  if (!lacksZone && !isOtherDay) return { at };
  const iso = at.toISOString();
  const local = lacksZone && !utc ? `${timeText(iso, false)} local time, ` : '';
  return { at, note: `${flag} ${text} is ${local}${timeText(iso, true)}` };
}

function timeAgo(text: string, flag: string, now: number) {
  const date = new Date(now - durationOf(text, flag));
  if (!Number.isNaN(date.getTime())) return date;
  throw usageError(
    'invalid_time',
    `${flag}: ${JSON.stringify(text)} is too long ago`,
    `${flag} 1970-01-01 is before any entry of the log.`,
  );
}

function durationOf(text: string, flag: string) {
  try {
    return parseDuration(text.replace(/ ago$/i, ''), flag);
  } catch {
    throw usageError(
      'invalid_time',
      `${flag}: ${JSON.stringify(text)} is not a time`,
      'For example 90s, 2h, 7d, yesterday, 2026-03-16T12:00 or 2026-03-16T12:00:00Z.',
    );
  }
}
