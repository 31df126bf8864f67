import * as Flags from '@oclif/core/flags';
import { checkIdempotencyKey } from '../../activities/wire-key.js';
import type { TriggerPlan } from '../../activities/trigger-plan.js';
import { IF_BUSY } from '../../activities/if-busy.js';
import { parseAction, parseRuntime } from '../../base/activity.js';
import { parseDuration } from '../../base/durations.js';
import { UsageError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import type { FlagsOf } from '../flags.js';
import type { Host } from '../host.js';
import { claimWindowFlag, followFlags, parseFollowLimits } from './follow-limits.js';
import type { ExpectedNodes } from './expected-nodes.js';
import { checkExpectedNodes, configFlag, expectedNodesFlag, targetFlags } from './node-targets.js';
import { nodesFromFlag, readNodes } from './nodes-from.js';
import { rollFlags } from './roll-request.js';

export const triggerFlags = {
  ...targetFlags,
  ...expectedNodesFlag,
  ...nodesFromFlag,
  ...configFlag,
  ...followFlags,
  ...claimWindowFlag,
  ...rollFlags,
  wait: Flags.boolean({
    allowNo: true,
    default: true,
    helpGroup: 'FOLLOWING',
    summary: 'Follow to the end. --no-wait: until it is accepted.',
  }),
  'if-busy': Flags.option({ options: IF_BUSY })({
    default: 'ignore',
    helpGroup: 'FOLLOWING',
    summary: 'What to do where a target is busy already.',
  }),
  yes: Flags.boolean({ char: 'y', helpGroup: 'CONSENT', summary: 'Act on every node.' }),
  confirm: Flags.string({
    helpGroup: 'CONSENT',
    helpValue: 'NAME',
    summary: 'Act on the deployment of this name, path or id only.',
  }),
  'dry-run': Flags.boolean({ helpGroup: 'CONSENT', summary: 'Show what would be sent; sends nothing.' }),
  'idempotency-key': Flags.string({
    helpGroup: 'SCRIPTS',
    helpValue: 'KEY',
    summary: 'A later run with this key follows the first one.',
  }),
};
export type TriggerFlags = FlagsOf<typeof triggerFlags>;

/** What is to be triggered, before it is known where. */
export type TriggerInput = Omit<TriggerPlan, 'deploymentId' | 'expectNodes'> & { expectNodes: ExpectedNodes };

/**
 * Reads the command line of a trigger: everything that can be found wrong without the network is found here.
 * @throws UsageError; the signal's reason while stdin is read
 */
export async function parseTriggerRequest(
  host: Host,
  args: { runtime: string; action: string },
  flags: TriggerFlags,
  signal: AbortSignal,
): Promise<TriggerInput> {
  const key = flags['idempotency-key'];
  const request = {
    runtime: parseRuntime(args.runtime),
    action: parseAction(args.action, flags.config),
    idempotencyKey: key === undefined ? host.newIdempotencyKey() : checkIdempotencyKey(key),
    callersKey: key !== undefined,
    wait: flags.wait,
    claimWindowMs: parseDuration(flags['claim-window'], '--claim-window'),
    limits: flags.rolling ? parseFollowLimits(flags, NO_TIMEOUT) : parseFollowLimits(flags),
  };
  const nodes = await readNodes(host, flags, signal);
  checkJoin(flags, nodes);
  return { ...request, nodes, expectNodes: checkExpectedNodes(flags['expect-nodes'], nodes) };
}

/** What is joined is followed node by node, so the nodes must be known, and following must be wanted. */
function checkJoin(flags: TriggerFlags, nodes: readonly Id[] | null): void {
  if (flags['if-busy'] !== 'join') return;
  if (!flags.wait) throw new UsageError('--if-busy join follows what it finds; it does not go with --no-wait');
  if (nodes === null && !flags.rolling) {
    throw new UsageError('--if-busy join needs the nodes by name', {
      hint: 'Name them with --node, or add --rolling.',
    });
  }
}

/** A roll takes as long as it takes; its nodes have limits of their own. */
const NO_TIMEOUT = '0';
