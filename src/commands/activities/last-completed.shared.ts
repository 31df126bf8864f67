import type { Activity } from '../../base/activity.js';
import { optional } from '../../base/clock.js';
import type { Id } from '../../base/ids.js';
import type { ResultFields } from '../../base/outcome.js';
import type { Connection } from '../../app/open.js';
import { lastCompletedBefore } from '../../log/nodes.js';
import type { LastCompleted } from '../../output/run-text.js';

/** By node; null where it is not known. */
type ByNode = ReadonlyMap<Id, LastCompleted | null>;

/**
 * What was last completed on each node that rejected the action: the API gives no reason, and the
 * log often does. It is looked up once the result stands, among the newest 1,000 entries at most,
 * and nothing that happens here changes that result.
 */
export async function lastCompletedOn(
  { log, clock }: Connection,
  result: ResultFields,
  signal: AbortSignal,
): Promise<ByNode> {
  const unknown = lastCompletedIn([], result);
  if (unknown.size === 0) return unknown;
  const isEnough = (entries: readonly Activity[]) =>
    ![...lastCompletedIn(entries, result).values()].includes(null);
  const read = await optional({ clock, signal }, (limited) =>
    log.forNodes({ signal: limited, isEnough }),
  ).catch(() => null);
  return read ? lastCompletedIn(read.entries, result) : unknown;
}

function lastCompletedIn(entries: readonly Activity[], { nodes, runtime }: ResultFields): ByNode {
  const found = new Map<Id, LastCompleted | null>();
  for (const { node_id, activity_id: id, status } of nodes) {
    if (node_id === null || id === null || status !== 'rejected') continue;
    const own = entries.find((entry) => entry.id === id)?.runtime ?? runtime ?? '';
    const last = lastCompletedBefore(entries, { id, node_id, runtime: own });
    const { id: activity_id, action, finished_at = null } = last ?? {};
    found.set(node_id, activity_id && action ? { activity_id, action, finished_at } : null);
  }
  return found;
}
