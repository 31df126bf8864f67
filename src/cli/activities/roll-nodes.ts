import { ActivityLog } from '../../activities/activity-log.js';
import { seenNodes } from '../../activities/seen-nodes.js';
import { linkedController, TimeLimit } from '../../base/abort.js';
import { LdctlError, TransportError } from '../../base/errors.js';
import type { SeenNode } from '../../base/activity.js';
import type { Id } from '../../base/ids.js';
import { count } from '../../base/text.js';
import { timeColumns } from '../../output/columns.js';
import { listWriter } from '../../output/list.js';
import type { Target } from '../../config/target.js';
import { guardedSupervisor } from '../../library/deployment-tools.js';
import type { CommandContext } from '../context.js';
import { printOptions } from '../flags.js';
import { countNodes, settleExpectedNodes, type ExpectedNodes } from './expected-nodes.js';

/** Where nothing hangs on it, Core is not waited for any longer; ms. */
const CORE_ASKED_MS = 2000;

/**
 * The nodes of a roll that names none: those that the log has seen, which are shown (design, "Rolling").
 * @throws LdctlError (exit 5) when there are none, or not as many as `--expect-nodes` says; as `countNodes` does
 */
export async function nodesOfLog(context: CommandContext, target: Target, expected: ExpectedNodes): Promise<Id[]> {
  const { host, flags, signal } = context;
  const deployment = target.deployment.id;
  const seen = await seenNodes(new ActivityLog(guardedSupervisor(context.deploymentTools(target)), deployment), {
    signal,
  });
  if (seen.length === 0) {
    throw new LdctlError('refused', 'no_nodes_known', `the log of deployment ${deployment} names no node`, {
      hint: 'Name the nodes with --node or --nodes-from.',
    });
  }
  if (!flags.quiet) {
    const columns = [
      { name: 'node', priority: 0, value: ({ id }: SeenNode) => id },
      ...timeColumns<SeenNode>('last seen', 2, ({ lastSeen }) => lastSeen, 'last seen'),
    ];
    const { stderr } = host.output;
    const options = { ...printOptions(flags), format: 'table' as const, columns: undefined };
    const writer = listWriter(stderr, { noun: 'nodes', columns }, options);
    stderr.write(writer.items(seen) + writer.end(seen.length));
  }
  const wanted = await settleExpectedNodes(expected, context, target);
  if (wanted === null) await sayCount(context, target, seen.length);
  else if (wanted !== seen.length) throw otherCount(deployment, seen.length, wanted);
  return seen.map(({ id }) => id);
}

function otherCount(deployment: Id, named: number, wanted: number): LdctlError {
  const what = `the log of deployment ${deployment} names ${count(named, 'node')}, not the ${wanted} expected`;
  return new LdctlError('refused', 'other_node_count', `${what}; nothing was sent`, {
    hint: 'Name the nodes with --node or --nodes-from.',
  });
}

/** Says how many nodes Core counts, where it can be asked and answers in time: a roll leaves out what the log never named. */
async function sayCount(context: CommandContext, target: Target, named: number): Promise<void> {
  const counted = isCoreKnown(context, target) ? await countInTime(context, target) : null;
  if (counted === null) return;
  const what = `Core counts ${count(counted, 'node')}, and the log names ${named}`;
  if (counted <= named) context.say(what);
  else context.warn(`${what}: ${counted - named} left out. To act on all, name them with --node or --nodes-from`);
}

/** Whether it is certain which Core the deployment is known to. */
function isCoreKnown({ settings }: CommandContext, { supervisorUrl }: Target): boolean {
  return settings.apiUrl.source.from !== 'default' || supervisorUrl.source.from === 'structure';
}

/** Null where it cannot be had in time. @throws the signal's reason */
async function countInTime(context: CommandContext, target: Target): Promise<number | null> {
  const { controller, release } = linkedController(context.signal);
  const late = new TransportError('timeout', 'no answer in time', { sent: 'maybe' });
  const limit = new TimeLimit(CORE_ASKED_MS, undefined, () => controller.abort(late));
  try {
    return await countNodes(context, target, controller.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof LdctlError) return null;
    throw error;
  } finally {
    limit.clear();
    release();
  }
}
