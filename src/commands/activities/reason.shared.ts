import type { Activity } from '../../base/activity.js';
import { optional } from '../../base/clock.js';
import type { Id } from '../../base/ids.js';
import type { NodeResult, ResultFields } from '../../base/outcome.js';
import type { CommandContext } from '../../cli/context.js';
import { deciderBefore } from '../../log/nodes.js';
import type { LastCompleted } from '../../output/run-text.js';

/**
 * What was last completed on each node that rejected the action: the API gives no reason, and the
 * log often does. It is looked up once the result stands, and changes nothing of it: in what was
 * read already, and in the newest 1,000 entries where that does not say it of each.
 * @returns null for a node of which it is not known
 */
export async function reasonsFor(
  context: CommandContext,
  { nodes, runtime }: ResultFields,
): Promise<ReadonlyMap<Id, LastCompleted | null>> {
  const rejected = nodes.filter(({ status }) => status === 'rejected');
  const reasons = reasonsIn([...(context.seen?.values() ?? [])], rejected, runtime);
  if (![...reasons.values()].includes(null)) return reasons;
  const { signal } = context;
  const { log, clock } = await context.deployment();
  try {
    const read = await optional({ clock, signal }, (limited) => log.forNodes({ signal: limited }));
    return read ? reasonsIn(read.entries, rejected, runtime) : reasons;
  } catch (error) {
    // An interrupt changes nothing of a result that stands.
    if (signal.aborted) return reasons;
    throw error;
  }
}

function reasonsIn(
  entries: readonly Activity[],
  rejected: readonly NodeResult[],
  runtime: string | null,
): Map<Id, LastCompleted | null> {
  const reasons = new Map<Id, LastCompleted | null>();
  for (const { node_id, activity_id: id } of rejected) {
    if (node_id === null || id === null) continue;
    const own = entries.find((entry) => entry.id === id)?.runtime ?? runtime ?? '';
    const found = deciderBefore(entries, { id, node_id, runtime: own });
    const { id: activity_id, action, finished_at = null } = found ?? {};
    reasons.set(node_id, activity_id && action ? { activity_id, action, finished_at } : null);
  }
  return reasons;
}
