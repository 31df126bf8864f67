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

type Fn = (...args: never[]) => unknown;

/**
 * Give it the type of the function. Of an exported one that is its `typeof`, so that tsc fails once
 * the signature changes; of another one, what it takes and returns, written by hand. Without a type
 * nothing fits.
 * @param instead what the function does in place of itself
 */
export function put<F extends Fn = never>(
  file: string,
  name: string,
  instead: (original: F, ...args: Parameters<F>) => ReturnType<F>,
): Change {
  return () => {
    const place = placeOf(file, name);
    const original = place[name] as F;
    return swap(place, name, (...args: Parameters<F>) => instead(original, ...args));
  };
}

export function limit(file: string, name: string, value: number): Change {
  return () => {
    const place = placeOf(file, name);
    if (typeof place[name] !== 'number') throw new Error(`no limit: ${file} ${name}`);
    return swap(place, name, value);
  };
}

/** `put` for a function that a table of its file holds. */
export function inTable<F extends Fn = never>(
  file: string,
  [table, name]: [string, string],
  instead: (original: F, ...args: Parameters<F>) => ReturnType<F>,
): Change {
  return () => {
    const holder = placeOf(file, table)[table] as Record<string, F>;
    const original = holder[name];
    if (!original) throw new Error(`no such function: ${file} ${table}.${name}`);
    return swap(holder, name, (...args: Parameters<F>) => instead(original, ...args));
  };
}

type Method = 'progress' | 'rows' | 'isEarly' | 'wants' | 'take' | 'earlyOnly';
type Args<M extends Method> = Parameters<Entries[M]>;
type Returned<M extends Method> = ReturnType<Entries[M]>;

/** `put` for a method of `Entries`. */
export function ofEntries<M extends Method>(
  name: M,
  instead: (
    entries: Entries,
    original: (...args: Args<M>) => Returned<M>,
    ...args: Args<M>
  ) => Returned<M>,
): Change {
  return () => {
    const { prototype } = placeOf('job/entries', 'Entries').Entries as { prototype: object };
    const methods = prototype as Record<string, (...args: Args<M>) => Returned<M>>;
    const original = methods[name];
    if (!original) throw new Error(`no such method: ${name}`);
    return swap(methods, name, function (this: Entries, ...args: Args<M>): Returned<M> {
      return instead(this, (...same) => original.apply(this, same), ...args);
    });
  };
}
