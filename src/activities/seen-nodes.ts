import type { SeenNode } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import type { CallOptions } from '../base/supervisor.js';
import type { ActivityLog } from './activity-log.js';
import { newestEntries } from './newest-entries.js';

/** The nodes that the newest entries of the log name, the most recent first. @throws as `Supervisor.list` does */
export async function seenNodes(log: ActivityLog, options: CallOptions): Promise<SeenNode[]> {
  const seen = new Map<Id, SeenNode>();
  for (const { node_id: id, created_at: lastSeen } of await newestEntries(log, options)) {
    if (!seen.has(id)) seen.set(id, { id, lastSeen });
  }
  return [...seen.values()];
}
