import { IF_BUSY } from '../../activities/if-busy.js';
import { rejectedBefore, type RollIdentity } from '../../activities/roll/roll-memory.js';
import { checkIdempotencyKey } from '../../activities/wire-key.js';
import { formatAction, parseAction, parseRuntime } from '../../base/activity.js';
import { LdctlError, UsageError } from '../../base/errors.js';
import type { ExitCode } from '../../base/exit-codes.js';
import type { RollRecord } from '../../base/old-journal.js';
import { count, shortList } from '../../base/text.js';
import { readingTools } from '../../library/deployment-tools.js';
import type { CommandContext } from '../context.js';
import { consentTo } from '../consent.js';
import { DEFAULT_APPEAR_TIMEOUT, DEFAULT_CLAIM_WINDOW } from './follow-limits.js';
import { readRollFlags, type RollRequest } from './roll-request.js';
import { rollMemory, startRoll } from './run-roll.js';
import { parseTriggerRequest, type TriggerFlags, type TriggerInput } from './trigger-request.js';

/** Which roll is to be taken up, before it is known where. */
export type ResumeRequest = Omit<RollIdentity, 'deploymentId'>;

/** What the record says: which nodes, and how it goes on. */
const RECORDED = [
  ...['node', 'nodes-from', 'expect-nodes', 'idempotency-key', 'max-unavailable', 'pause', 'gate-cmd', 'gate-timeout'],
  ...['node-timeout', 'continue-on-error', 'interval', 'dry-run'],
] as const;

/**
 * Reads the command line of `--rolling --resume KEY`. Beside it go the flags of the connection, of the output and of
 * consent, and `--timeout`, a new limit for what is left.
 * @returns null without `--resume`
 * @throws UsageError
 */
export function parseResume(args: { runtime: string; action: string }, flags: TriggerFlags): ResumeRequest | null {
  if (flags.resume === undefined) return null;
  if (!flags.rolling) throw new UsageError('--resume goes with --rolling');
  const given = (name: (typeof RECORDED)[number]): boolean => flags[name] !== undefined && flags[name] !== false;
  const stray =
    RECORDED.find(given) ??
    (flags.wait ? undefined : 'no-wait') ??
    (flags['if-busy'] === 'ignore' ? undefined : 'if-busy') ??
    (flags['appear-timeout'] === DEFAULT_APPEAR_TIMEOUT ? undefined : 'appear-timeout') ??
    (flags['claim-window'] === DEFAULT_CLAIM_WINDOW ? undefined : 'claim-window');
  if (stray !== undefined) {
    throw new UsageError(`--${stray} does not go with --resume: the roll goes on as it was begun`);
  }
  return {
    idempotencyKey: checkIdempotencyKey(flags.resume, '--resume'),
    runtime: parseRuntime(args.runtime),
    action: parseAction(args.action, flags.config),
  };
}

/**
 * Goes on with a roll that an earlier run began, from its record (design, "Rolling"). A node that rejected the action is
 * not acted on again. The nodes of the record are named nodes, so only a protected profile asks for consent.
 * @returns the exit code of its outcome
 * @throws LdctlError (exit 5) when there is no such roll
 */
export async function resumeRoll(
  context: CommandContext,
  flags: TriggerFlags,
  resume: ResumeRequest,
): Promise<ExitCode> {
  const target = await context.target();
  const identity = { ...resume, deploymentId: target.deployment.id };
  const memory = rollMemory(context, identity);
  const { nodes: all, options } = await memory.recall();
  const rejected = await rejectedBefore(identity, all, readingTools(context.deploymentTools(target), context.signal));
  const nodes = all.filter((node) => !rejected.has(node));
  if (nodes.length === 0) {
    throw new LdctlError(
      'refused',
      'nothing_left',
      'every node of this roll has rejected the action; nothing was sent',
    );
  }
  if (rejected.size > 0) {
    const leftOut = `${rejected.size === 1 ? 'is' : 'are'} left out: ${shortList([...rejected])}`;
    context.warn(`${count(rejected.size, 'node')} rejected the action before, and ${leftOut}`);
  }
  const { request, rolling } = await asBegun(context, flags, resume, options);
  const what = `${formatAction(resume.action)} ${resume.runtime}, one node after the other,`;
  await consentTo(context, { what, nodes, target, known: () => Promise.resolve(nodes) }, flags);
  return startRoll(context, target, {
    ...request,
    ...rolling,
    ...identity,
    nodes,
    memory,
    options,
  });
}

/** Reads the flags of the record as if they were given. @throws UsageError */
async function asBegun(
  { host, signal }: CommandContext,
  flags: TriggerFlags,
  { runtime, action, idempotencyKey }: ResumeRequest,
  options: RollRecord['options'],
): Promise<{ request: TriggerInput; rolling: RollRequest }> {
  const ifBusy = IF_BUSY.find((name) => name === options['if-busy']);
  const begun = {
    ...flags,
    ...options,
    config: undefined,
    ...(flags.timeout !== undefined && { timeout: flags.timeout }),
    'idempotency-key': idempotencyKey,
    'if-busy': ifBusy ?? flags['if-busy'],
    'continue-on-error': options['continue-on-error'] !== undefined,
  };
  const request = await parseTriggerRequest(host, { runtime, action: formatAction(action) }, begun, signal);
  return { request, rolling: readRollFlags(host, begun, request) };
}
