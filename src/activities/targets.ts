import { isSameAction, type Action, type Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import type { TargetKind } from '../base/outcome.js';
import { isProvenBy, type Proof } from './proof.js';

/** Which entries of the log can belong to a run, and what must be there before it can be said to be done. */
export interface Targets {
  kind: TargetKind;
  /** Whether an entry can be this run's (design, "Sequence" 4). */
  owns: (activity: Activity) => boolean;
  /** Whether it certainly is, by a poll that shows it; `polledAt` is when that began, monotonic clock, ms. */
  proves: (activity: Activity, polledAt: number) => boolean;
  /** What one target is: a node, or (for `wait ID…`) an activity. */
  keyOf: (activity: Activity) => Id;
  isNode: boolean;
  /** The targets that must appear. */
  required: readonly Id[];
  /** How many targets there must be at the least, whichever they are. */
  atLeast: number;
  /** A poll proves nothing before this long after the start (ms). */
  settleMs: number;
  /** Nor before this long after the last new entry (ms). */
  quietMs: number;
}

/** Which entries a trigger made, as far as the log shows. */
export interface Correlation {
  deploymentId: Id;
  runtime: string;
  action: Action;
  /** The window of the log: entries above the baseline, or those of a time span (a replay without a record). */
  inWindow: (activity: Activity) => boolean;
}

const SETTLE_MS = 2000;
const LONG_SETTLE_MS = 5000;
const UNKNOWN_NODES_SETTLE_MS = 10_000;
const EVERY_NODE_QUIET_MS = 3000;

export const above =
  (baseline: Id) =>
  (activity: Activity): boolean =>
    activity.id > baseline;

function correlates(correlation: Correlation, activity: Activity): boolean {
  return (
    activity.runtime === correlation.runtime &&
    isSameAction(correlation.action, activity.action) &&
    correlation.inWindow(activity)
  );
}

/**
 * What all triggers share. Without more, an entry that can be its own is taken for it, unless it says that it is of another
 * deployment: then somebody answers for another, and nothing is proven by that.
 */
function byNode({ deploymentId }: Correlation): Pick<Targets, 'isNode' | 'keyOf' | 'proves'> {
  return {
    isNode: true,
    keyOf: (activity) => activity.node_id,
    proves: ({ deployment_id: theirs = null }) => theirs === null || theirs === deploymentId,
  };
}

/** The nodes that were named: each must appear. */
function namedNodes(correlation: Correlation, nodes: readonly Id[]): Targets {
  const named = new Set(nodes);
  return {
    kind: 'named',
    owns: (activity) => named.has(activity.node_id) && correlates(correlation, activity),
    ...byNode(correlation),
    required: nodes,
    atLeast: 0,
    settleMs: SETTLE_MS,
    quietMs: 0,
  };
}

/** Every node, and `--expect-nodes` says how many they are: the count decides. */
function expectedNodes(correlation: Correlation, count: number): Targets {
  return {
    kind: 'expected',
    owns: (activity) => correlates(correlation, activity),
    ...byNode(correlation),
    required: [],
    atLeast: count,
    settleMs: SETTLE_MS,
    quietMs: 0,
  };
}

/** Every node, as far as the log shows: those that the baseline names must appear, others may. */
function observedNodes(correlation: Correlation, baselineNodes: readonly Id[]): Targets {
  return {
    kind: 'observed',
    owns: (activity) => correlates(correlation, activity),
    ...byNode(correlation),
    required: baselineNodes,
    atLeast: 1,
    settleMs: baselineNodes.length === 0 ? UNKNOWN_NODES_SETTLE_MS : LONG_SETTLE_MS,
    quietMs: EVERY_NODE_QUIET_MS,
  };
}

export function targetKindOf(asked: { nodes: readonly Id[] | null; expectNodes: number | null }): TargetKind {
  if (asked.nodes !== null) return 'named';
  return asked.expectNodes === null ? 'observed' : 'expected';
}

/** The targets of a trigger: nodes that were named, or every node, counted or as the log shows them. */
export function targetsOf(
  correlation: Correlation,
  asked: { nodes: readonly Id[] | null; expectNodes: number | null },
  baselineNodes: readonly Id[],
): Targets {
  if (asked.nodes !== null) return namedNodes(correlation, asked.nodes);
  return asked.expectNodes === null
    ? observedNodes(correlation, baselineNodes)
    : expectedNodes(correlation, asked.expectNodes);
}

/**
 * For entries that may stand beside those of somebody who did the same since the baseline: time enough for this
 * trigger's own to show up next to them, so that none is taken for it alone.
 */
export function withLongSettle(targets: Targets): Targets {
  return { ...targets, settleMs: Math.max(targets.settleMs, LONG_SETTLE_MS) };
}

/** For entries that are only the trigger's own for sure if they are proven. Null asks for no proof. */
export function withProof(targets: Targets, proof: Proof | null): Targets {
  if (proof === null) return targets;
  return {
    ...targets,
    proves: (activity, polledAt) => targets.proves(activity, polledAt) && isProvenBy(proof, activity, polledAt),
  };
}

/** Activities known by their ids (`wait ID…`): nothing to correlate, nothing to settle. */
export function knownActivities(ids: readonly Id[]): Targets {
  const known = new Set(ids);
  return {
    kind: 'named',
    owns: (activity) => known.has(activity.id),
    proves: () => true,
    isNode: false,
    keyOf: (activity) => activity.id,
    required: ids,
    atLeast: 0,
    settleMs: 0,
    quietMs: 0,
  };
}
