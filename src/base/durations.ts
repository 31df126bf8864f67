import ms, { type StringValue } from 'ms';
import { usageError } from './errors.js';
import { plainText } from './text.js';

const UNITS = 'ms|s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?';
const PART = new RegExp(String.raw`\d+(?:\.\d+)? ?(?:${UNITS})`, 'g');
const WHOLE = new RegExp(`^${PART.source}(?: ?${PART.source})*$`);

/**
 * Reads `90s`, `1h30m`, `7d` or `24 hours` as milliseconds; `0` needs no unit.
 * @param what names it in the error
 */
export function parseDuration(text: string, what = 'duration'): number {
  if (/^0+$/.test(text)) return 0;
  if (!WHOLE.test(text)) {
    throw usageError(
      'invalid_duration',
      `${what}: ${JSON.stringify(text)} is not a duration`,
      'Write a number and a unit: 500ms, 90s, 10m, 1h30m, 7d.',
    );
  }
  const sum = [...text.matchAll(PART)].reduce((sum, [part]) => sum + ms(part as StringValue), 0);
  // Rounded, it would be 0, which often means no limit.
  if (sum > 0 && sum < 1) {
    throw usageError('invalid_duration', `${what}: ${text} is shorter than 1ms`);
  }
  return Math.round(sum);
}

/** A duration for people: `0.4s`, `12s`, `3m05s`, `2h14m`, `3d4h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m${pad(whole % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h${pad(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${hours % 24}h`;
}

/** `1.2s to 2.9s`; `1.2s` where that is one text. */
export const rangeText = (durations: readonly number[]) =>
  [...new Set([Math.min(...durations), Math.max(...durations)].map(formatDuration))].join(' to ');

/** In whole seconds, for displays that tick: `0s`, `12s`, `3m05s`. */
export function elapsedText(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  return seconds < 60 ? `${seconds}s` : formatDuration(seconds * 1000);
}

/**
 * How long ago something was, in one unit: `12s`, `5m`, `36h`, `3d`.
 * @param time RFC 3339; other text stays as it is
 * @param now ms, UTC
 */
export function ageText(time: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(time)) / 1000);
  if (Number.isNaN(seconds)) return plainText(time);
  if (seconds < 60) return `${Math.max(0, seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  const hours = Math.floor(seconds / 3600);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

function pad(value: number) {
  return String(value).padStart(2, '0');
}
