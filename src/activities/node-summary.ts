import type { Activity } from '../base/activity.js';
import { compareIds, type Id } from '../base/ids.js';

/** A node that the log names. */
export interface NodeSummary {
  nodeId: Id;
  /** The newest entry of each runtime. */
  last: ReadonlyMap<string, Activity>;
  /** The newest of all. */
  newest: Activity;
}

/**
 * The nodes that entries name, in order of their ids. Holds the newest entries of each, and no others.
 * @throws what the log throws while it is read
 */
export async function summariseNodes(batches: AsyncIterable<readonly Activity[]>): Promise<NodeSummary[]> {
  const nodes = new Map<Id, { newest: Activity; last: Map<string, Activity> }>();
  for await (const batch of batches) {
    for (const activity of batch) {
      const { node_id: nodeId, runtime } = activity;
      const node = nodes.get(nodeId) ?? { newest: activity, last: new Map<string, Activity>() };
      nodes.set(nodeId, node);
      node.newest = newerOf(node.newest, activity);
      node.last.set(runtime, newerOf(node.last.get(runtime) ?? activity, activity));
    }
  }
  return [...nodes].map(([nodeId, node]) => ({ nodeId, ...node })).sort((a, b) => compareIds(a.nodeId, b.nodeId));
}

function newerOf(a: Activity, b: Activity): Activity {
  return b.id > a.id ? b : a;
}
