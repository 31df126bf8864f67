import { usageError } from './errors.js';

/** An unsigned 64-bit integer. A JavaScript number would be another node's id. */
export type Id = bigint;

/** What nodes of one deployment are called on this machine. */
export type NodeNames = ReadonlyMap<Id, string>;

export const MAX_ID: Id = 2n ** 64n - 1n;

export function isId(value: unknown): value is Id {
  return typeof value === 'bigint' && value >= 0n && value <= MAX_ID;
}

/**
 * Reads decimal digits, `0 … 2^64-1`; `what` names the value in the error, for instance `--node`.
 * @throws UsageError
 */
export function parseId(text: string, what = 'id'): Id {
  // A bigint of a million digits would be slow to make.
  const id = /^\d{1,40}$/.test(text) ? BigInt(text) : null;
  if (isId(id)) return id;
  if (text.trim() === '') throw usageError('empty_id', `${what} is empty`, 'Is a variable unset?');
  if (/\w[\s,]+\w/.test(text)) {
    throw usageError(
      'invalid_id',
      `${what}: several ids in one value`,
      // Where several may be given, they were parted at their commas.
      text.includes(',')
        ? 'Give one id.'
        : 'Separate ids with commas, without spaces: 610809900976570889,610809900976570890.',
    );
  }
  throw usageError(
    'invalid_id',
    `${what}: ${shownWord(text)} is not an id`,
    `An id is written in decimal digits only, such as 610809900976570889, and is at most ${MAX_ID}.`,
  );
}

/** A word for an error. A longer one may be a key in the wrong place, unless it has ids alone. */
export function shownWord(text: string): string {
  return text.length > 24 && !/^[\d,;. ]{1,200}$/.test(text)
    ? `a text of ${text.length} characters`
    : JSON.stringify(text);
}

/** Ascending, for `sort`. */
export function compareIds(a: Id, b: Id): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Each id once, ascending: the canonical order of a request body and of a wire key. */
export function sortedUnique(ids: Iterable<Id>): Id[] {
  return [...new Set(ids)].sort(compareIds);
}

/** The words of a list, at commas, spaces and line ends; '' where a comma has none beside it. */
export const listed = (text: string): string[] => text.trim().split(/\s*,\s*|\s+/);
