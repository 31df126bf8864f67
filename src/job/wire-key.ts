import { UsageError } from '../base/errors.js';
import { hexHash, sha256 } from '../base/hash.js';
import { sortedUnique, type Id } from '../base/ids.js';
import type { WireTrigger } from '../base/supervisor.js';

/**
 * In Unicode code points. As visible ASCII it leaves room for the dot and the 32 digits within the
 * header's 255.
 */
const LONGEST_KEY = 200;

/**
 * Checks a caller's own key: any text of 1 to 200 characters with a letter or a digit among them.
 * `"$A-$B"` with both unset would be the same key in every run. In text that was broken on its way
 * here (U+FFFD) two different keys may have become the same one.
 * @param where the key was given, for the error
 * @throws UsageError
 */
export function checkIdempotencyKey(key: string, where: string): string {
  const { length } = Array.from(key);
  let why: string | null = null;
  if (length === 0) why = 'it is empty';
  if (length > LONGEST_KEY) why = `it has more than ${LONGEST_KEY} characters`;
  if (key.includes('\ufffd')) why = 'it is not text in UTF-8';
  const isBare = !/[\p{L}\p{N}]/u.test(key);
  if (isBare) why ??= `${JSON.stringify(key)} has no letter and no digit`;
  if (why === null) return key;
  const hint = isBare ? 'Is a variable unset?' : undefined;
  throw new UsageError(`${where}: ${why}`, { code: 'invalid_idempotency_key', hint });
}

/** A key of which the part before or after a separator is missing, as in `4711-`. */
export const PART_OF_KEY = /^[-._:/\s]|[-._:/\s]$/;

/**
 * The `idempotency-key` on the wire: KEY, a dot, and 32 hex digits of SHA-256 over what makes two
 * triggers the same one. The server may tell triggers apart by key and body alone; with the digest,
 * the same KEY for another trigger is another key. KEY stands there as it is if it is visible
 * ASCII; all else, and what looks like such a key, by its digest.
 * @param trigger without nodes: every node
 */
export function wireKey(
  key: string,
  trigger: Pick<WireTrigger, 'deploymentId' | 'runtime' | 'action'> & {
    nodes?: readonly Id[] | undefined;
  },
): string {
  const { deploymentId, runtime, action, nodes } = trigger;
  const shown = /^[\x21-\x7d][\x21-\x7e]*$/.test(key) ? key : `~${sha256(key).digest('base64url')}`;
  const targets = nodes ? sortedUnique(nodes).join(',') : 'every';
  const identity = [deploymentId, runtime, action, targets].join('\n');
  return `${shown}.${hexHash(identity).slice(0, 32)}`;
}
