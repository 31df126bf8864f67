import type { Activity } from '../../base/activity.js';
import { LdctlError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import type { NodeResult, ResultFields } from '../../base/outcome.js';
import type { CommandContext } from '../../cli/context.js';
import { deciderBefore } from '../../log/nodes.js';
import type { LastCompleted } from '../../output/run-text.js';
import type { JobDeployment } from './before.shared.js';

/** A result is not kept waiting for longer. */
const LOOK_UP_MS = 2000;

/**
 * What was last completed on each node that rejected the action: the API gives no reason, and the
 * log often does. It is looked up once the result stands, and changes nothing of it: in what was
 * read already, and in the newest 1,000 entries where that does not say it of each.
 * @returns null for a node of which it is not known
 */
export async function reasonsFor(
  { signal }: CommandContext,
  { log, seen }: JobDeployment,
  { nodes, runtime }: ResultFields,
): Promise<ReadonlyMap<Id, LastCompleted | null>> {
  const rejected = nodes.filter(({ status }) => status === 'rejected');
  const reasons = reasonsIn([...seen.values()], rejected, runtime);
  if (![...reasons.values()].includes(null)) return reasons;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LOOK_UP_MS)]);
  try {
    return reasonsIn((await log.known({ signal: limited })).entries, rejected, runtime);
  } catch (error) {
    if (error instanceof LdctlError || limited.aborted) return reasons;
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
