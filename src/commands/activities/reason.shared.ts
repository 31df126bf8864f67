import type { Activity } from '../../base/activity.js';
import { LdctlError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import type { ResultFields } from '../../base/outcome.js';
import type { CommandContext } from '../../cli/context.js';
import type { OpenDeployment } from '../../app/open.js';
import { deciderBefore } from '../../log/nodes.js';
import type { LastCompleted } from '../../output/run-text.js';

/** A result is not kept waiting for longer. */
const LOOK_UP_MS = 2000;

/**
 * What was last completed on each node that rejected the action: the API gives no reason, and the
 * log often does. It is looked up once the result stands, and changes nothing of it.
 * @returns null for a node of which it is not known
 */
export async function reasonsFor(
  context: CommandContext,
  deployment: OpenDeployment,
  { nodes, runtime }: ResultFields,
): Promise<ReadonlyMap<Id, LastCompleted | null>> {
  const reasons = new Map<Id, LastCompleted | null>();
  const rejected = nodes.filter(({ status }) => status === 'rejected');
  if (rejected.length === 0) return reasons;
  const entries = await newestEntries(context, deployment);
  for (const { node_id, activity_id: id } of rejected) {
    if (node_id === null || id === null) continue;
    const own = entries.find((entry) => entry.id === id)?.runtime ?? runtime ?? '';
    const found = deciderBefore(entries, { id, node_id, runtime: own });
    const { id: activity_id, action, finished_at = null } = found ?? {};
    reasons.set(node_id, activity_id && action ? { activity_id, action, finished_at } : null);
  }
  return reasons;
}

/** None where they cannot be had in time. */
async function newestEntries(
  context: CommandContext,
  { log }: OpenDeployment,
): Promise<Activity[]> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(LOOK_UP_MS)]);
  try {
    return (await log.known({ signal })).entries;
  } catch (error) {
    if (error instanceof LdctlError || signal.aborted) return [];
    throw error;
  }
}
