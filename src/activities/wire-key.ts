import { createHash } from 'node:crypto';
import { formatAction, type Action, type Runtime } from '../core/activity.js';
import { UsageError } from '../core/errors.js';
import { sortedUnique, type Id } from '../core/ids.js';

/** What makes two triggers the same one. Null nodes: every node. */
export interface TriggerIdentity {
  deploymentId: Id;
  runtime: Runtime;
  action: Action;
  nodes: readonly Id[] | null;
}

/** A caller's key leaves room for the dot and the 32 digits within the header's 255 (contract, "Idempotency"). */
const LONGEST_KEY = 200;

/**
 * Checks a caller's `--idempotency-key`: 1–200 visible ASCII characters, since it travels in a header.
 * @throws UsageError
 */
export function checkIdempotencyKey(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= LONGEST_KEY) return key;
  throw new UsageError('--idempotency-key: not a usable key', {
    code: 'invalid_idempotency_key',
    hint: `Use 1 to ${LONGEST_KEY} visible ASCII characters without spaces, for instance the id of the CI job.`,
  });
}

/**
 * The `idempotency-key` on the wire: KEY, a dot, and 32 hex digits of SHA-256 over deployment, runtime, action and
 * sorted nodes (design, "Sequence" 3). The server may tell triggers apart by key and body alone; with the digest, the
 * same KEY used for another trigger is another key.
 */
export function wireKey(key: string, trigger: TriggerIdentity): string {
  const nodes = trigger.nodes === null ? 'every' : sortedUnique(trigger.nodes).join(',');
  const identity = [trigger.deploymentId, trigger.runtime, formatAction(trigger.action), nodes].join('\n');
  return `${key}.${createHash('sha256').update(identity).digest('hex').slice(0, 32)}`;
}
