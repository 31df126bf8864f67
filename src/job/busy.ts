/*
 * Which nodes are busy with an action already, in the log and in words.
 */

import { doneText, isFinal, isKnown, verbOf, type Activity } from '../base/activity.js';
import { refusedError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { shortList } from '../base/text.js';

/** @param only the nodes that matter; null for every one */
export function busyOf(
  shown: readonly Activity[],
  runtime: string,
  only: ReadonlySet<Id> | null,
): Activity[] {
  return shown.filter(
    (one) => one.runtime === runtime && (only?.has(one.node_id) ?? true) && isRunning(one, shown),
  );
}

/**
 * Not final, whatever its status is called. One that ldctl does not know may be final all the same:
 * then it has ended, or its node has done something since.
 */
export function isRunning(one: Activity, shown: readonly Activity[]): boolean {
  const { id, node_id: node, runtime, status } = one;
  const isLater = (other: Activity) =>
    other.id > id && other.node_id === node && other.runtime === runtime && isFinal(other);
  return !isFinal(one) && (status === 'processing' || !shown.some(isLater));
}

/** How a running entry is called where its status is not the usual one: `, queued`. */
export const oddStatus = ({ status }: Activity): string => (isKnown(status) ? '' : `, ${status}`);

export const busyError = (busy: readonly Activity[], hint?: string) =>
  refusedError('busy', busyText(busy), hint);

export function busyText(busy: readonly Activity[]): string {
  const all = busy.map(
    (one) => `node ${one.node_id} (activity ${one.id}, ${one.action}${oddStatus(one)})`,
  );
  return `already processing: ${shortList(all, 5)}`;
}

/** `waiting until node 7 has restarted` */
export function waitingText(busy: readonly Activity[]): string {
  const [node, ...more] = new Set(busy.map(({ node_id: id }) => id));
  const [verb = '', ...others] = new Set(busy.map(({ action }) => verbOf(action)));
  const who = more.length > 0 ? `${more.length + 1} nodes have` : `node ${node} has`;
  return `waiting until ${who} ${(others.length === 0 && doneText(verb)) || 'finished'}`;
}
