import { isFinal, type Activity } from '../base/activity.js';
import { compareIds, type Id } from '../base/ids.js';
import { DurationCounts } from './duration-counts.js';
import { verbOf } from './past-durations.js';

/** What entries are counted by: a runtime and an action; or a node too. */
export const STATS_KEYS = ['action', 'node'] as const;
export type StatsKey = (typeof STATS_KEYS)[number];

/** What the log says of one kind of work (design, "show, stats, nodes"). */
export interface WorkStats {
  runtime: string;
  /** Without a config: a reconfigure is one like another. */
  action: string;
  /** Null where all nodes are counted together. */
  nodeId: Id | null;
  count: number;
  completed: number;
  rejected: number;
  /** Not final, whatever the status is called. */
  processing: number;
  /** Of the completed ones. */
  durations: DurationCounts;
  /** When the newest of them was created, as the API gave it. */
  lastAt: string;
}

/**
 * Counts entries of the log, each given once, newest first. Holds something for each kind of work, and nothing for each entry.
 * @throws what the log throws while it is read
 */
export async function countWork(batches: AsyncIterable<readonly Activity[]>, by: StatsKey): Promise<WorkStats[]> {
  const groups = new Map<string, WorkStats>();
  for await (const batch of batches) for (const activity of batch) count(groups, activity, by);
  return [...groups.values()].sort(inOrder);
}

function count(groups: Map<string, WorkStats>, activity: Activity, by: StatsKey): void {
  const { runtime, status, node_id, created_at: lastAt } = activity;
  const action = verbOf(activity.action);
  const nodeId = by === 'node' ? node_id : null;
  const key = `${runtime} ${action} ${nodeId}`;
  const group = groups.get(key) ?? empty({ runtime, action, nodeId, lastAt });
  groups.set(key, group);
  group.count += 1;
  if (!isFinal(status)) group.processing += 1;
  else if (status === 'rejected') group.rejected += 1;
  else {
    group.completed += 1;
    const took = Date.parse(activity.finished_at ?? '') - Date.parse(activity.created_at);
    if (took >= 0) group.durations.add(took);
  }
}

function empty(of: Pick<WorkStats, 'runtime' | 'action' | 'nodeId' | 'lastAt'>): WorkStats {
  return { ...of, count: 0, completed: 0, rejected: 0, processing: 0, durations: new DurationCounts() };
}

function inOrder(a: WorkStats, b: WorkStats): number {
  return (
    compareTexts(a.runtime, b.runtime) || compareTexts(a.action, b.action) || compareIds(a.nodeId ?? 0n, b.nodeId ?? 0n)
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
