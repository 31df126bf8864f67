/*
 * Which nodes are busy with an action already, in the log and in words.
 */

import { verbOf, type Activity } from '../base/activity.js';
import { LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { shortList } from '../base/text.js';

/** @param only the nodes that matter; null for every one */
export function busyOf(
  shown: readonly Activity[],
  runtime: string,
  only: ReadonlySet<Id> | null,
): Activity[] {
  return shown.filter(
    (one) =>
      one.status === 'processing' && one.runtime === runtime && (only?.has(one.node_id) ?? true),
  );
}

export function busyError(busy: readonly Activity[], hint?: string): LdctlError {
  return new LdctlError('refused', 'busy', busyText(busy), { hint });
}

export function busyText(busy: readonly Activity[]): string {
  const all = busy.map(
    ({ node_id: node, id, action }) => `node ${node} (activity ${id}, ${action})`,
  );
  return `already processing: ${shortList(all, 5)}`;
}

const HAVE: Readonly<Record<string, string>> = {
  start: 'started',
  stop: 'stopped',
  restart: 'restarted',
};

/** `waiting until node 7 has restarted` */
export function waitingText(busy: readonly Activity[]): string {
  const [node, ...more] = new Set(busy.map(({ node_id: id }) => id));
  const [verb = '', ...others] = new Set(busy.map(({ action }) => verbOf(action)));
  const who = more.length > 0 ? `${more.length + 1} nodes have` : `node ${node} has`;
  return `waiting until ${who} ${(others.length === 0 && HAVE[verb]) || 'finished'}`;
}
