import { createHash } from 'node:crypto';
import { formatAction, type Action, type Runtime } from '../base/activity.js';
import { UsageError } from '../base/errors.js';
import { sortedUnique, type Id } from '../base/ids.js';

/** What makes two triggers the same one. Null nodes: every node. */
export interface TriggerIdentity {
  deploymentId: Id;
  runtime: Runtime;
  action: Action;
  nodes: readonly Id[] | null;
}

/** In Unicode code points. As visible ASCII it leaves room for the dot and the 32 digits within the header's 255. */
const LONGEST_KEY = 200;

/**
 * Checks a caller's `--idempotency-key`: any text of 1 to 200 characters, counted in Unicode code points. Text that was broken on its way here (U+FFFD, or half of a surrogate pair) is none:
 * two different keys may have become the same one.
 * @throws UsageError
 */
export function checkIdempotencyKey(key: string, flag = '--idempotency-key'): string {
  const length = Array.from(key).length;
  if (length === 0) throw unusable(flag, 'it is empty', 'Is a variable unset?');
  if (length > LONGEST_KEY)
    throw unusable(flag, `it has ${length} characters`, `At most ${LONGEST_KEY} can be told apart.`);
  // Half of a pair becomes U+FFFD as it is encoded.
  if (Buffer.from(key).toString().includes('\ufffd')) {
    throw unusable(flag, 'it is not text in UTF-8', 'Is it cut within a character, or written in another encoding?');
  }
  return key;
}

function unusable(flag: string, why: string, hint: string): UsageError {
  return new UsageError(`${flag}: ${why}`, { code: 'invalid_idempotency_key', hint });
}

/**
 * A key as it fits into a header: visible ASCII as it is; all else, and what could be taken for that, by its digest. Not
 * normalised: what is written in two ways is two keys.
 */
function headerText(key: string): string {
  if (/^[\x21-\x7d][\x21-\x7e]*$/.test(key)) return key;
  return `~${createHash('sha256').update(key).digest('base64url')}`;
}

/**
 * The `idempotency-key` on the wire: KEY (`headerText`), a dot, and 32 hex digits of SHA-256 over deployment, runtime, action and
 * sorted nodes. The server may tell triggers apart by key and body alone; with the digest, the
 * same KEY used for another trigger is another key.
 */
export function wireKey(key: string, trigger: TriggerIdentity): string {
  return keyFor(key, trigger, trigger.nodes === null ? 'every' : sortedUnique(trigger.nodes).join(','));
}

function keyFor(key: string, { deploymentId, runtime, action }: Omit<TriggerIdentity, 'nodes'>, nodes: string): string {
  const identity = [deploymentId, runtime, formatAction(action), nodes].join('\n');
  return `${headerText(key)}.${createHash('sha256').update(identity).digest('hex').slice(0, 32)}`;
}
