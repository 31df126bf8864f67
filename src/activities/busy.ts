import type { Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import type { CallOptions } from '../base/supervisor.js';
import type { ActivityLog } from './activity-log.js';
import { newestEntries } from './newest-entries.js';

/** Whose work is asked for. Null nodes: everybody's. */
export interface BusyQuery {
  runtime: string;
  nodes: readonly Id[] | null;
}

/** What the nodes are doing with this runtime just now, the newest first. @throws as `Supervisor.list` does */
export async function findBusy(log: ActivityLog, query: BusyQuery, options: CallOptions): Promise<Activity[]> {
  const nodes = query.nodes && new Set(query.nodes);
  return (await newestEntries(log, options)).filter((activity) => isBusy(activity, query.runtime, nodes));
}

export function isBusy(activity: Activity, runtime: string, nodes: ReadonlySet<Id> | null): boolean {
  return activity.status === 'processing' && activity.runtime === runtime && (nodes?.has(activity.node_id) ?? true);
}
