/*
 * What the log says about the nodes: whether their runtimes are up.
 */

import type { Activity } from '../base/activity.js';
import { compareIds, type Id } from '../base/ids.js';

/** The state of a runtime after a completed action. A reconfigure does not change it. */
const STATE_AFTER: Readonly<Record<string, 'running' | 'stopped'>> = {
  start: 'running',
  restart: 'running',
  stop: 'stopped',
};

/** What the log says about a runtime on a node: its newest activity, and whether it is running. */
export interface RuntimeState {
  activity_id: Id;
  action: string;
  status: string;
  created_at: string;
  /**
   * By the last start, stop or restart that completed; null where the log shows none. A crash is
   * not in the log.
   */
  state: 'running' | 'stopped' | null;
  /** When that one completed, RFC 3339 as the API gave it. */
  since: string | null;
}

/** A node that the log lists: in JSON, these keys in this order. */
export interface NodeState {
  node_id: Id;
  last_activity_at: string;
  runtimes: Record<string, RuntimeState>;
}

/** Whether it completed, so that it decides whether its runtime is up. */
function decidesState({ action, status }: Activity): boolean {
  return status === 'completed' && Object.hasOwn(STATE_AFTER, action);
}

/** Of one runtime of a node. */
interface Seen {
  last: Activity;
  decider: Activity | null;
}

interface Part {
  entries: readonly Activity[];
}

/** Keeps only two entries per runtime in memory, of entries in any order: their ids decide. */
export function trackNodes() {
  const nodes = new Map<Id, Map<string, Seen>>();
  return {
    add: (entries: readonly Activity[]) => {
      for (const activity of entries) {
        const runtimes = nodes.get(activity.node_id) ?? new Map<string, Seen>();
        nodes.set(activity.node_id, runtimes);
        const { last = activity, decider = null } = runtimes.get(activity.runtime) ?? {};
        runtimes.set(activity.runtime, {
          last: newer(last, activity),
          decider: decidesState(activity) ? newer(decider, activity) : decider,
        });
      }
    },
    /** By node, in order of their ids. */
    states: (): NodeState[] =>
      [...nodes].sort(([a], [b]) => compareIds(a, b)).map(([id, seen]) => stateOf(id, seen)),
  };
}

/** By node, in order of their ids. @param parts entries in any order */
export async function nodeStates(
  parts: AsyncIterable<Part> | Iterable<Part>,
): Promise<NodeState[]> {
  const nodes = trackNodes();
  for await (const { entries } of parts) nodes.add(entries);
  return nodes.states();
}

function stateOf(node_id: Id, seen: ReadonlyMap<string, Seen>): NodeState {
  // Without a prototype, `__proto__` is a name like any other.
  const runtimes = Object.create(null) as NodeState['runtimes'];
  for (const [runtime, { last, decider }] of seen) {
    const { id: activity_id, action, status, created_at } = last;
    const state = STATE_AFTER[decider?.action ?? ''] ?? null;
    const since = decider && (decider.finished_at ?? decider.created_at);
    runtimes[runtime] = { activity_id, action, status, created_at, state, since };
  }
  const newest = [...seen.values()].map(({ last }) => last).reduce(newer);
  return { node_id, last_activity_at: newest.created_at, runtimes };
}

/**
 * The last start, stop or restart that a runtime of a node completed before an entry; null where the
 * log shows none.
 */
export function lastCompletedBefore(
  entries: readonly Activity[],
  { id, node_id: node, runtime }: Pick<Activity, 'id' | 'node_id' | 'runtime'>,
): Activity | null {
  return entries
    .filter((entry) => entry.node_id === node && entry.runtime === runtime && entry.id < id)
    .filter(decidesState)
    .reduce<Activity | null>(newer, null);
}

function newer(a: Activity | null, b: Activity): Activity {
  return a !== null && a.id > b.id ? a : b;
}
