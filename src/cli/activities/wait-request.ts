import * as Flags from '@oclif/core/flags';
import type { WaitPlan } from '../../activities/wait.js';
import { parseAction, parseRuntime } from '../../base/activity.js';
import { UsageError } from '../../base/errors.js';
import { parseId, sortedUnique, type Id } from '../../base/ids.js';
import type { FlagsOf } from '../flags.js';
import type { Host } from '../host.js';
import { followFlags, parseFollowLimits } from './follow-limits.js';
import { checkExpectedNodes, configFlag, targetFlags } from './node-targets.js';
import { nodesFromFlag, readNodes } from './nodes-from.js';

export const waitFlags = {
  after: Flags.string({ helpValue: 'ID', summary: 'Follow the entries of a trigger that came after this id.' }),
  runtime: Flags.string({ helpValue: 'RUNTIME', summary: 'With --after: the runtime of the trigger.' }),
  action: Flags.string({ helpValue: 'ACTION', summary: 'With --after: its action.' }),
  ...configFlag,
  ...targetFlags,
  ...nodesFromFlag,
  ...followFlags,
};
export type WaitFlags = FlagsOf<typeof waitFlags>;

/** What is to be followed, before it is known where. */
export type WaitRequest = WithoutPlace<WaitPlan>;
type WithoutPlace<Plan> = Plan extends WaitPlan ? Omit<Plan, 'deploymentId'> : never;

/** The flags that say what was triggered; they mean nothing to ids. */
const TRIGGER_FLAGS = ['runtime', 'action', 'config', 'node', 'nodes-from', 'expect-nodes'] as const;

/** @throws UsageError; the signal's reason while stdin is read */
export async function parseWaitRequest(
  host: Host,
  words: readonly string[],
  flags: WaitFlags,
  signal: AbortSignal,
): Promise<WaitRequest> {
  const limits = parseFollowLimits(flags);
  if (flags.after === undefined) return { ids: parseIds(words, flags), limits };
  if (words.length > 0) throw new UsageError('give ids or --after, not both');
  if (flags.runtime === undefined || flags.action === undefined) {
    throw new UsageError('--after needs --runtime and --action', {
      hint: 'They tell the entries of the trigger from those of others.',
    });
  }
  const nodes = await readNodes(host, flags, signal);
  return {
    after: parseId(flags.after, '--after'),
    runtime: parseRuntime(flags.runtime),
    action: parseAction(flags.action, flags.config),
    nodes,
    expectNodes: checkExpectedNodes(flags['expect-nodes'], nodes),
    limits,
  };
}

function parseIds(words: readonly string[], flags: WaitFlags): Id[] {
  const stray = TRIGGER_FLAGS.find((name) => flags[name] !== undefined);
  if (stray !== undefined) throw new UsageError(`--${stray} goes with --after, not with ids`);
  return sortedUnique(words.map((word) => parseId(word, 'activity')));
}
