import { checkIdempotencyKey } from '../../activities/wire-key.js';
import type { TriggerPlan } from '../../activities/trigger-plan.js';
import type { IfBusy } from '../../activities/if-busy.js';
import { formatAction, parseAction, parseRuntime } from '../../core/activity.js';
import { UsageError } from '../../core/errors.js';
import type { Id } from '../../core/ids.js';
import { count } from '../../core/text.js';
import type { Settings } from '../../profiles/settings.js';
import type { ConsentNeeded } from './consent.js';
import { parseFollowLimits, type FollowFlags } from './follow-limits.js';
import type { Host } from '../host.js';
import { parseExpectedNodes, parseNodes } from './node-targets.js';
import { readNodesFrom } from './nodes-from.js';

export interface TriggerFlags extends FollowFlags {
  node?: string[];
  'nodes-from'?: string;
  'expect-nodes'?: string;
  config?: string;
  'idempotency-key'?: string;
  wait: boolean;
  rolling: boolean;
  'if-busy': IfBusy;
}

/** What is to be triggered, before it is known where. */
export type TriggerRequest = Omit<TriggerPlan, 'deploymentId'>;

/**
 * Reads the command line of a trigger: everything that can be found wrong without the network is found here.
 * @throws UsageError; the signal's reason while stdin is read
 */
export async function parseTriggerRequest(
  host: Host,
  args: { runtime: string; action: string },
  flags: TriggerFlags,
  signal: AbortSignal,
): Promise<TriggerRequest> {
  const key = flags['idempotency-key'];
  const request = {
    runtime: parseRuntime(args.runtime),
    action: parseAction(args.action, flags.config),
    idempotencyKey: key === undefined ? host.newIdempotencyKey() : checkIdempotencyKey(key),
    callersKey: key !== undefined,
    wait: flags.wait,
    limits: flags.rolling ? parseFollowLimits(flags, NO_TIMEOUT) : parseFollowLimits(flags),
  };
  const nodes = await readNodes(host, flags, signal);
  checkJoin(flags, nodes);
  return { ...request, nodes, expectNodes: parseExpectedNodes(flags['expect-nodes'], nodes) };
}

/** What is joined is followed node by node, so the nodes must be known, and following must be wanted. */
function checkJoin(flags: TriggerFlags, nodes: readonly Id[] | null): void {
  if (flags['if-busy'] !== 'join') return;
  if (!flags.wait) throw new UsageError('--if-busy join follows what it finds; it does not go with --no-wait');
  if (nodes === null && !flags.rolling) {
    throw new UsageError('--if-busy join needs the nodes by name', { hint: 'Name them with --node, or add --rolling.' });
  }
}

/** A roll takes as long as it takes; its nodes have limits of their own. */
const NO_TIMEOUT = '0';

/** Only the absence of both flags means every node. */
async function readNodes(host: Host, flags: TriggerFlags, signal: AbortSignal): Promise<readonly Id[] | null> {
  const named = parseNodes(flags.node);
  const path = flags['nodes-from'];
  if (path === undefined) return named;
  return [...new Set([...(named ?? []), ...(await readNodesFrom(host, path, signal))])];
}

/** What the user has to consent to, from what is known without the network. `how` is said with it. */
export function consentFor(request: TriggerRequest, settings: Settings, how?: string): ConsentNeeded {
  const { nodes, runtime, action } = request;
  const ref = settings.deployment?.value;
  const name = ref?.name ?? ref?.id?.toString() ?? null;
  const where = [
    name === null ? null : `deployment ${ref?.id && ref.name !== null ? `${name} (${ref.id})` : name}`,
    settings.tenantId ? `tenant ${settings.tenantId.value}` : null,
  ];
  const what = nodes === null ? 'every node' : `${count(nodes.length, 'node')} (${nodes.join(', ')})`;
  const manner = how === undefined ? '' : `, ${how},`;
  const deed = [`${formatAction(action)} ${runtime}${manner} on ${what}`, ...where.filter((part) => part !== null)].join(' of ');
  return { deed, everyNode: nodes === null, protectedName: settings.profile?.protected === true ? name : null };
}
