import ms, { type StringValue } from 'ms';
import { usageError } from './errors.js';

const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

/**
 * Reads `90s`, `1h30m` or `7d` as milliseconds; `0` needs no unit.
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
  return Math.round(
    [...text.matchAll(PART)].reduce((sum, [part]) => sum + ms(part as StringValue), 0),
  );
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

function pad(value: number) {
  return String(value).padStart(2, '0');
}
