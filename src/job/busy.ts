/*
 * Which nodes are busy with an action already, in the log and in words.
 */

import type { Activity } from '../base/activity.js';
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
