/** Where a setting came from. `structure`: looked up in the tenant's structure. */
export type Source =
  | { from: 'flag' | 'env' | 'profile'; name: string }
  | { from: 'default' }
  | { from: 'structure' };

/** A value, and where it came from. */
export interface Setting<T> {
  value: T;
  source: Source;
}

/** `flag --deployment`, `env LD_API_KEY`, `profile prod`, `default`. */
export function formatSource(source: Source): string {
  switch (source.from) {
    case 'default':
      return 'default';
    case 'structure':
      return "the tenant's structure";
    default:
      return `${source.from} ${source.name}`;
  }
}
