import type { Activity } from '../core/activity.js';
import { sortedUnique, type Id } from '../core/ids.js';
import type { CallOptions } from '../core/supervisor.js';
import type { ActivityLog } from './activity-log.js';
import { readLog } from './read-log.js';

/** The newest end of the log before anything is sent: entries above it may be this trigger's. */
export interface Baseline {
  highestId: Id;
  /** The nodes that the newest entries name, ascending: an every-node trigger should reach them. */
  nodes: readonly Id[];
}

/** How much of the newest end is read for the nodes that it names. */
const NEWEST_ENTRIES = 100;

/** @throws as `Supervisor.list` does */
export async function readBaseline(log: ActivityLog, options: CallOptions): Promise<Baseline> {
  return readNewest(log, () => true, options);
}

/** The nodes named right at and below a baseline that was taken earlier (`wait --after`). @throws as `Supervisor.list` does */
export async function nodesBelow(log: ActivityLog, baseline: Id, options: CallOptions): Promise<readonly Id[]> {
  const { nodes } = await readNewest(log, (activity) => activity.id <= baseline, options);
  return nodes;
}

async function readNewest(
  log: ActivityLog,
  counts: (activity: Activity) => boolean,
  options: CallOptions,
): Promise<Baseline> {
  const newest: Activity[] = [];
  for await (const page of readLog(log, options)) {
    newest.push(...page.entries.map(({ activity }) => activity).filter(counts));
    if (newest.length >= NEWEST_ENTRIES) break;
  }
  const highestId = newest.reduce<Id>((highest, { id }) => (id > highest ? id : highest), 0n);
  return { highestId, nodes: sortedUnique(newest.slice(0, NEWEST_ENTRIES).map(({ node_id }) => node_id)) };
}
