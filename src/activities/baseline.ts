import type { Activity } from '../base/activity.js';
import { sortedUnique, type Id } from '../base/ids.js';
import type { CallOptions } from '../base/supervisor.js';
import type { ActivityLog } from './activity-log.js';
import { newestEntries, newestPage } from './newest-entries.js';

/** The newest end of the log before anything is sent: entries above it may be this trigger's. */
export interface Baseline {
  highestId: Id;
  /** The nodes that the newest entries name, ascending: an every-node trigger should reach them. Empty for named nodes. */
  nodes: readonly Id[];
}

/** How far back the nodes are known: one that had no activity for longer may be gone (design, "Sequence" 2). */
const KNOWN_MS = 30 * 24 * 60 * 60_000;

/**
 * For a trigger of every node. Reading so far back takes a while, so the newest page is read again last.
 * @throws as `Supervisor.list` does
 */
export async function readBaseline(log: ActivityLog, options: CallOptions): Promise<Baseline> {
  const entries = await newestEntries(log, options, { maxAgeMs: KNOWN_MS });
  const latest = await newestPage(log, options);
  return { highestId: highestOf(latest.map(({ id }) => id)), nodes: nodesOf([...since(latest, entries), ...entries]) };
}

/** For a trigger of named nodes: no node has to be known. @throws as `Supervisor.list` does */
export async function readHighestId(log: ActivityLog, options: CallOptions): Promise<Id> {
  return highestOf((await newestPage(log, options)).map(({ id }) => id));
}

/** The nodes known right at and below a baseline that was taken earlier (`wait --after`). @throws as `Supervisor.list` does */
export async function nodesBelow(log: ActivityLog, baseline: Id, options: CallOptions): Promise<readonly Id[]> {
  return nodesOf(await newestEntries(log, options, { upTo: baseline, maxAgeMs: KNOWN_MS }));
}

/** 0 for none. */
export function highestOf(ids: readonly Id[]): Id {
  return ids.reduce((highest, id) => (id > highest ? id : highest), 0n);
}

/** What has come since the others were read. */
function since(latest: readonly Activity[], before: readonly Activity[]): Activity[] {
  const highest = highestOf(before.map(({ id }) => id));
  return before.length === 0 ? [] : latest.filter(({ id }) => id > highest);
}

function nodesOf(entries: readonly Activity[]): Id[] {
  return sortedUnique(entries.map(({ node_id: node }) => node));
}
