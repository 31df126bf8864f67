/*
 * Times as a person types them: how long ago, a day, or a time of day with or without a zone.
 */

import { is } from 'valibot';
import { activitiesRequest } from '../app/requests.js';
import { parseDuration } from '../base/durations.js';
import { usageError } from '../base/errors.js';
import { timeText } from '../output/columns.js';

const DAY_MS = 24 * 60 * 60_000;

/** A moment for a request. */
interface Moment {
  at: string | Date;
  /** In which zone a text without one was read, for people. */
  note?: string;
}

/**
 * `2h`, `"24 hours"`, `yesterday`, `2026-11-30T13:00`, RFC 3339, or a date (UTC, so that a script
 * means the same on every machine).
 * @param now ms, UTC
 * @param utc what has no zone is in UTC, and not in local time
 * @throws UsageError
 */
export function momentOf(
  text: string,
  { flag, now, utc }: { flag: string; now: number; utc: boolean },
): Moment {
  const typed = text.toUpperCase().replace(' ', 'T');
  const whole = startOfDay(typed, now, utc) ?? typed.replace(/(T\d\d:\d\d)(?!:)/, '$1:00');
  const noted = (at: Date, inUtc: boolean) => ({
    at,
    note: `${flag} ${text} is ${zonedText(at, inUtc)}`,
  });
  if (isTime(whole)) {
    const at = new Date(whole);
    const isPlain = whole.includes('T') || at.getTimezoneOffset() === 0;
    return isPlain ? { at: whole } : noted(at, true);
  }
  // Of an hour that the clocks show twice this is the first; one that they skip is an hour later.
  if (isTime(`${whole}Z`)) return noted(new Date(utc ? `${whole}Z` : whole), utc);
  return { at: timeAgo(text, flag, now) };
}

/** Of `TODAY` and `YESTERDAY`, without its zone. */
function startOfDay(word: string, now: number, utc: boolean) {
  const daysAgo = ['TODAY', 'YESTERDAY'].indexOf(word);
  if (daysAgo < 0) return null;
  const today = timeText(new Date(now).toISOString(), utc).slice(0, 10);
  // A day may have 23 or 25 hours, but not in UTC.
  const day = new Date(Date.parse(today) - daysAgo * DAY_MS);
  return day.toISOString().replace(/\..*/, '');
}

/** With a zone, or a date. The 31st of a month that has 30 days is no time. */
function isTime(text: string) {
  const day = text.slice(0, 10);
  return (
    is(activitiesRequest.entries.since, text) && new Date(day).toISOString().slice(0, 10) === day
  );
}

/** `2026-11-30 13:00:00 local time, 2026-11-30 12:00:00Z` */
function zonedText(at: Date, inUtc: boolean) {
  const text = at.toISOString();
  return `${inUtc ? '' : `${timeText(text, false)} local time, `}${timeText(text, true)}`;
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

function durationOf(text: string, flag: string): number {
  try {
    return parseDuration(text, flag);
  } catch {
    throw usageError(
      'invalid_time',
      `${flag}: ${JSON.stringify(text)} is not a time`,
      'For example 90s, 2h, 7d, yesterday, 2026-03-16T12:00 or 2026-03-16T12:00:00Z.',
    );
  }
}
