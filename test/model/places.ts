import type { Entries } from '../../src/job/entries.js';
import { MemoryJournal } from './disk.js';

/*
 * Puts something else in the place of a function or a limit of src/job and src/log, or of a method
 * of the journal.
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

/** What a method does in place of itself. */
type Instead<T, F extends Fn> = (
  on: T,
  original: (...args: Parameters<F>) => ReturnType<F>,
  ...args: Parameters<F>
) => ReturnType<F>;

/** `put` for a method of a class. @param prototypeOf of the class as it is when this is done */
function ofClass<T, F extends Fn>(
  prototypeOf: () => object,
  name: string,
  instead: Instead<T, F>,
): Change {
  return () => {
    const methods = prototypeOf() as Record<string, (...args: Parameters<F>) => ReturnType<F>>;
    const original = methods[name];
    if (!original) throw new Error(`no such method: ${name}`);
    return swap(methods, name, function (this: T, ...args: Parameters<F>): ReturnType<F> {
      return instead(this, (...same) => original.apply(this, same), ...args);
    });
  };
}

export const ofEntries = <
  M extends
    | 'open'
    | 'hasEnough'
    | 'hasTooMany'
    | 'mayStillReport'
    | 'rows'
    | 'isEarly'
    | 'wants'
    | 'take'
    | 'earlyOnly',
>(
  name: M,
  instead: Instead<Entries, Entries[M]>,
): Change => {
  // Those of nodes have their own.
  const of = name === 'wants' ? 'NodeEntries' : 'Entries';
  return ofClass(
    () => (placeOf('job/entries', of)[of] as { prototype: object }).prototype,
    name,
    instead,
  );
};

export const ofJournal = <M extends 'read' | 'claim'>(
  name: M,
  instead: Instead<MemoryJournal, MemoryJournal[M]>,
): Change => ofClass(() => MemoryJournal.prototype, name, instead);
