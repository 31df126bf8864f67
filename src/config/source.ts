/**
 * Where a setting came from. `current`: the profile that is used when none is named; `structure`: looked up in the
 * tenant's structure. The note says how it is kept, or what else there was.
 */
export type Source =
  { from: 'flag' | 'env' | 'profile'; name: string; note?: string } | { from: 'current' | 'default' | 'structure' };

/** A value, and where it came from. */
export interface Setting<T> {
  value: T;
  source: Source;
}

/** `flag --deployment`, `env LD_API_KEY`, `profile prod`, `default`; without the note. */
export function formatSource(source: Source): string {
  switch (source.from) {
    case 'current':
      return 'the current one';
    case 'default':
      return 'default';
    case 'structure':
      return "the tenant's structure";
    default:
      return `${source.from} ${source.name}`;
  }
}
