import type { Id } from '../core/ids.js';
import type { CallOptions } from '../core/supervisor.js';
import type { ActivityLog } from './activity-log.js';
import { readLog } from './read-log.js';

/** A node that the log names, and when it did so last (RFC 3339, as the API gave it). */
export interface SeenNode {
  id: Id;
  lastSeen: string;
}

/** How far back is looked: a deployment of hundreds of nodes shows all of them in this many entries. */
const NEWEST_ENTRIES = 1000;

/** The nodes that the newest entries of the log name, the most recent first. @throws as `Supervisor.list` does */
export async function seenNodes(log: ActivityLog, options: CallOptions): Promise<SeenNode[]> {
  const seen = new Map<Id, SeenNode>();
  let entries = 0;
  for await (const page of readLog(log, options)) {
    for (const { activity } of page.entries) {
      if (seen.has(activity.node_id)) continue;
      seen.set(activity.node_id, { id: activity.node_id, lastSeen: activity.created_at });
    }
    entries += page.entries.length;
    if (entries >= NEWEST_ENTRIES) break;
  }
  return [...seen.values()];
}
