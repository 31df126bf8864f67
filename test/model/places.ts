import type { Entries } from '../../src/job/entries.js';

/*
 * Puts something else in the place of a function or a limit of src/job and src/log.
 */

/** Something is put in the place of a function or a limit. @returns puts it back */
export type Change = () => () => void;

/** What test/model/loader.js lets be set, by file. */
type Places = Record<string, Record<string, unknown> | undefined>;

function placeOf(file: string, name: string): Record<string, unknown> {
  const { places } = globalThis as { places?: Places };
  const found = places?.[file];
  if (!found || !(name in found)) throw new Error(`no such function or limit: ${file} ${name}`);
  return found;
}

function swap(holder: Record<string, unknown>, name: string, to: unknown): () => void {
  const before = holder[name];
  holder[name] = to;
  return () => void (holder[name] = before);
}

/** @param instead what a function does in place of itself */
export function put<A extends unknown[], R>(
  file: string,
  name: string,
  instead: (original: (...args: A) => R, ...args: A) => R,
): Change {
  return () => {
    const place = placeOf(file, name);
    const original = place[name] as (...args: A) => R;
    return swap(place, name, (...args: A) => instead(original, ...args));
  };
}

export function limit(file: string, name: string, value: number): Change {
  return () => swap(placeOf(file, name), name, value);
}

/** The same for one that a table of its file holds. */
export function inTable<A extends unknown[], R>(
  file: string,
  [table, name]: [string, string],
  instead: (original: (...args: A) => R, ...args: A) => R,
): Change {
  return () => {
    const holder = placeOf(file, table)[table] as Record<string, (...args: A) => R>;
    const original = holder[name];
    if (!original) throw new Error(`no such function: ${file} ${table}.${name}`);
    return swap(holder, name, (...args: A) => instead(original, ...args));
  };
}

/** The same for a method of `Entries`. */
export function ofEntries<A extends unknown[], R>(
  name: 'progress' | 'rows' | 'isEarly' | 'wants' | 'take' | 'earlyOnly',
  instead: (entries: Entries, original: (...args: A) => R, ...args: A) => R,
): Change {
  return () => {
    const { prototype } = placeOf('job/entries', 'Entries').Entries as { prototype: object };
    const methods = prototype as Record<string, (...args: A) => R>;
    const original = methods[name];
    if (!original) throw new Error(`no such method: ${name}`);
    return swap(methods, name, function (this: Entries, ...args: A): R {
      return instead(this, (...same: A) => original.apply(this, same), ...args);
    });
  };
}
