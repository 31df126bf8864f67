import type { FollowLimits } from '../../activities/job.js';
import { parseDuration } from '../../core/durations.js';
import { UsageError } from '../../core/errors.js';

/** A server is nobody's to hammer, and a shorter interval would not notice anything sooner. */
const SHORTEST_INTERVAL_MS = 100;

export interface FollowFlags {
  timeout?: string;
  interval?: string;
  'appear-timeout': string;
}

const DEFAULT_TIMEOUT = '10m';

/**
 * @param defaultTimeout for when `--timeout` is not given; 0 for none
 * @throws UsageError
 */
export function parseFollowLimits(flags: FollowFlags, defaultTimeout = DEFAULT_TIMEOUT): FollowLimits {
  return {
    timeoutMs: parseTimeout(flags.timeout ?? defaultTimeout, '--timeout'),
    intervalMs: flags.interval === undefined ? null : parseInterval(flags.interval),
    appearTimeoutMs: parseDuration(flags['appear-timeout'], '--appear-timeout'),
  };
}

/** @returns milliseconds; null for `0`, which sets no limit @throws UsageError */
export function parseTimeout(text: string, flag: string): number | null {
  const timeoutMs = parseDuration(text, flag);
  return timeoutMs === 0 ? null : timeoutMs;
}

/** @throws UsageError */
export function parseInterval(text: string): number {
  const intervalMs = parseDuration(text, '--interval');
  if (intervalMs < SHORTEST_INTERVAL_MS) {
    throw new UsageError(`--interval: ${text} is shorter than ${SHORTEST_INTERVAL_MS}ms`);
  }
  return intervalMs;
}
