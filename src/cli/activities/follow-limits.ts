import * as Flags from '@oclif/core/flags';
import { DEFAULTS, SHORTEST_INTERVAL_MS } from '../../activities/defaults.js';
import type { FollowLimits } from '../../activities/job.js';
import { durationFlag, parseDuration } from '../../base/durations.js';
import { UsageError } from '../../base/errors.js';
import type { FlagsOf } from '../flags.js';

const DEFAULT_TIMEOUT = durationFlag(DEFAULTS.timeoutMs);
export const DEFAULT_APPEAR_TIMEOUT = durationFlag(DEFAULTS.appearTimeoutMs);
export const DEFAULT_CLAIM_WINDOW = durationFlag(DEFAULTS.claimWindowMs);

/** How long to follow, and how often to poll. */
export const followFlags = {
  timeout: Flags.string({
    helpGroup: 'FOLLOWING',
    helpValue: 'D',
    summary: 'Give up after this; 0: never. [default: 10m; none with --rolling]',
  }),
  interval: Flags.string({
    helpGroup: 'FOLLOWING',
    helpValue: 'D',
    summary: 'Poll this often, instead of adapting to what happens.',
  }),
  'appear-timeout': Flags.string({
    default: DEFAULT_APPEAR_TIMEOUT,
    helpGroup: 'FOLLOWING',
    helpValue: 'D',
    summary: 'How long an entry may take to show up in the log.',
  }),
  notify: Flags.boolean({
    helpGroup: 'FOLLOWING',
    summary: 'At a terminal: ring, and send a desktop notification, when it has ended.',
  }),
};
export type FollowFlags = FlagsOf<typeof followFlags>;

/** Which entries of the log are a trigger's own. */
export const claimWindowFlag = {
  'claim-window': Flags.string({
    default: DEFAULT_CLAIM_WINDOW,
    helpValue: 'DURATION',
    summary: "How long after the API's answer an entry may have been created and still be this trigger's.",
  }),
};

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
