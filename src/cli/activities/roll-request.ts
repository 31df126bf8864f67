import * as Flags from '@oclif/core/flags';
import { DEFAULTS } from '../../activities/defaults.js';
import type { IfBusy } from '../../activities/if-busy.js';
import type { TriggerPlan } from '../../activities/trigger-plan.js';
import { parseMaxUnavailable, type RollPlan } from '../../activities/roll/plan.js';
import { durationFlag, parseDuration } from '../../base/durations.js';
import { UsageError } from '../../base/errors.js';
import type { Gate } from '../../base/roll.js';
import type { Scrub } from '../../output/streams.js';
import type { FlagsOf } from '../flags.js';
import { DEFAULT_APPEAR_TIMEOUT, DEFAULT_CLAIM_WINDOW, parseTimeout, type FollowFlags } from './follow-limits.js';
import { checkGate, runGate } from '../gate.js';
import type { Host } from '../host.js';

const group = 'ROLL';

export const rollFlags = {
  rolling: Flags.boolean({
    helpGroup: group,
    summary: 'Act on one node after the other, and stop when one does not complete.',
  }),
  'max-unavailable': Flags.string({
    helpGroup: group,
    helpValue: 'N|P%',
    summary: 'How many nodes may be underway at once. [default: 1]',
  }),
  pause: Flags.string({ helpGroup: group, helpValue: 'D', summary: 'Wait this long after each node.' }),
  'gate-cmd': Flags.string({
    helpGroup: group,
    helpValue: 'CMD',
    summary: 'Run this in a shell after each node; anything but 0 halts the roll.',
  }),
  'gate-timeout': Flags.string({
    helpGroup: group,
    helpValue: 'D',
    summary: 'End a gate that takes longer, which halts the roll. [default: 5m]',
  }),
  'node-timeout': Flags.string({
    helpGroup: group,
    helpValue: 'D',
    summary: 'How long each node may take; 0 for no limit. [default: 10m]',
  }),
  'continue-on-error': Flags.boolean({ helpGroup: group, summary: 'Go on although a node did not complete.' }),
  resume: Flags.string({
    helpGroup: group,
    helpValue: 'KEY',
    summary: 'Take up the roll with this idempotency key: its nodes and its flags come from the run journal.',
  }),
};
export type RollFlags = FlagsOf<typeof rollFlags> & FollowFlags & { 'claim-window': string; 'if-busy': IfBusy };

/** How a roll goes, before it is known over which nodes. */
export type RollRequest = Pick<RollPlan, 'ifBusy' | 'pauseMs' | 'continueOnError' | 'nodeTimeoutMs'> & {
  maxUnavailable: (nodes: number) => number;
  /** The key is not known yet that must not reach it. */
  gate: ((scrub: Scrub) => Gate) | null;
};

const VALUE_FLAGS = ['max-unavailable', 'pause', 'gate-cmd', 'gate-timeout', 'node-timeout', 'resume'] as const;
const DEFAULT_GATE_TIMEOUT = durationFlag(DEFAULTS.gateTimeoutMs);
const DEFAULT_NODE_TIMEOUT = durationFlag(DEFAULTS.nodeTimeoutMs);

/**
 * Reads the flags of a roll.
 * @returns null without `--rolling`
 * @throws UsageError, also for a flag that means nothing without `--rolling`, or nothing with it
 */
export function parseRollRequest(host: Host, flags: RollFlags, request: Pick<TriggerPlan, 'wait'>): RollRequest | null {
  if (!flags.rolling) {
    const stray =
      VALUE_FLAGS.find((name) => flags[name] !== undefined) ??
      (flags['continue-on-error'] ? 'continue-on-error' : undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} goes with --rolling`);
    return null;
  }
  return readRollFlags(host, flags, request);
}

/** The same of what is a roll. @throws UsageError */
export function readRollFlags(host: Host, flags: RollFlags, request: Pick<TriggerPlan, 'wait'>): RollRequest {
  if (!request.wait) {
    throw new UsageError('--no-wait does not go with --rolling: the next node waits for the one before it');
  }
  return {
    ifBusy: flags['if-busy'],
    maxUnavailable: parseMaxUnavailable(flags['max-unavailable'] ?? '1'),
    pauseMs: flags.pause === undefined ? 0 : parseDuration(flags.pause, '--pause'),
    continueOnError: flags['continue-on-error'],
    nodeTimeoutMs: parseTimeout(flags['node-timeout'] ?? DEFAULT_NODE_TIMEOUT, '--node-timeout'),
    ...parseGate(host, flags),
  };
}

function parseGate(host: Host, flags: RollFlags): Pick<RollRequest, 'gate'> {
  const command = flags['gate-cmd'];
  if (command === undefined) {
    if (flags['gate-timeout'] !== undefined) throw new UsageError('--gate-timeout goes with --gate-cmd');
    return { gate: null };
  }
  const { env, platform, clock } = host;
  checkGate(command, platform);
  const limit = parseTimeout(flags['gate-timeout'] ?? DEFAULT_GATE_TIMEOUT, '--gate-timeout') ?? Infinity;
  return {
    gate:
      (scrub) =>
      async (facts, { signal, timeLeftMs, onLine }) => {
        const timeoutMs = Math.min(limit, timeLeftMs);
        const result = await runGate(command, facts, { env, platform, clock, scrub, signal, timeoutMs, onLine });
        signal.throwIfAborted();
        return result;
      },
  };
}

/**
 * How a roll goes, in the words of the command line: the flags that are given again when it is taken up. A window that
 * was a percentage of all nodes stays as wide as it was.
 */
export function rollOptions(flags: RollFlags, { maxUnavailable }: { maxUnavailable: number }): Record<string, string> {
  const given = {
    'max-unavailable': flags['max-unavailable'] && String(maxUnavailable),
    pause: flags.pause,
    'gate-cmd': flags['gate-cmd'],
    'gate-timeout': flags['gate-timeout'],
    'node-timeout': flags['node-timeout'],
    timeout: flags.timeout,
    interval: flags.interval,
    'appear-timeout': flags['appear-timeout'] === DEFAULT_APPEAR_TIMEOUT ? undefined : flags['appear-timeout'],
    'claim-window': flags['claim-window'] === DEFAULT_CLAIM_WINDOW ? undefined : flags['claim-window'],
    'if-busy': flags['if-busy'] === 'ignore' ? undefined : flags['if-busy'],
    'continue-on-error': flags['continue-on-error'] ? 'true' : undefined,
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
