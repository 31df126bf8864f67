import { formatDuration } from '../base/durations.js';
import { plainText } from '../base/text.js';

/**
 * A time of the API (RFC 3339) for people: `2026-03-16 12:00:05`, local, or in UTC with a `Z`.
 * Text that is no time is shown as it came.
 */
export function timeText(text: string, utc: boolean): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return plainText(text);
  return utc ? `${date.toISOString().slice(0, 19).replace('T', ' ')}Z` : isoLike(date);
}

/** The same without year and seconds, for where there is no room: `03-16 12:00`. */
export function shortTimeText(text: string, utc: boolean): string {
  return cutTime(text, utc, 5);
}

/** The time of day alone, without seconds: `12:00`. */
export function timeOfDayText(text: string, utc: boolean): string {
  return cutTime(text, utc, 11);
}

function cutTime(text: string, utc: boolean, from: number): string {
  const full = timeText(text, utc);
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ?$/.test(full) ? `${full.slice(from, 16)}${utc ? 'Z' : ''}` : full;
}

/** The time of day in UTC, for log lines: `12:00:05Z`. */
export function clockText(now: number): string {
  return `${new Date(now).toISOString().slice(11, 19)}Z`;
}

/** The time of day with its seconds, local or in UTC with a `Z`: `12:00:05`. */
export function secondsText(now: number, utc: boolean): string {
  return timeText(new Date(now).toISOString(), utc).slice(11);
}

/** How long an activity took, in milliseconds, by the server's clock alone; null while that is not known. */
export function tookMs(activity: { created_at: string | null; finished_at?: string | null }): number | null {
  const { created_at: created, finished_at: finished } = activity;
  if (!created || !finished) return null;
  const took = Date.parse(finished) - Date.parse(created);
  return Number.isNaN(took) ? null : Math.max(0, took);
}

/** A running time in whole seconds, for displays that tick: `0s`, `12s`, `3m05s`. */
export function elapsedText(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  return seconds < 60 ? `${seconds}s` : formatDuration(seconds * 1000);
}

function isoLike(date: Date): string {
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(pad).join('-');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(pad).join(':');
  return `${day} ${time}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
