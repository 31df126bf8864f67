import { isRegExp, packageOf } from './packages.js';
import { spentIn, type CpuProfile, type Spent } from './cpu-profile.js';
import { sourceOf, type MapOf } from './sources.js';

/** Where the time of a profile went, the most first; all times in microseconds. */
export interface Sums {
  us: number;
  packages: ReadonlyArray<{ name: string; us: number }>;
  functions: readonly FunctionTime[];
}

export interface FunctionTime {
  name: string;
  package: string;
  /** File and line; for what is native, those of its caller. Empty for what nobody called. */
  at: string;
  us: number;
}

export function sumsOf(profile: CpuProfile, mapOf: MapOf): Sums {
  const packages = new Map<string, { name: string; us: number }>();
  const functions = new Map<string, FunctionTime>();
  const all = spentIn(profile);
  for (const spent of all) {
    const one = { name: nameOf(spent), package: packageOf(spent, mapOf), at: placeOf(spent, mapOf), us: 0 };
    add(packages, one.package, { name: one.package, us: 0 }, spent.us);
    add(functions, JSON.stringify([one.name, one.package, one.at]), one, spent.us);
  }
  return {
    us: all.reduce((sum, { us }) => sum + us, 0),
    packages: mostFirst(packages),
    functions: mostFirst(functions),
  };
}

function nameOf({ frame, isBody }: Spent): string {
  if (isBody) return '(body of the module)';
  return frame.functionName === '' ? '(anonymous)' : frame.functionName;
}

function placeOf({ frame, caller, isBody }: Spent, mapOf: MapOf): string {
  const shown = frame.url === '' ? caller : frame;
  if (!shown) return '';
  const { file, line } = sourceOf(shown, mapOf);
  if (isBody) return file;
  return `${frame.url === '' && !isRegExp(frame) ? 'called from ' : ''}${file}:${line}`;
}

function add<T extends { us: number }>(sums: Map<string, T>, key: string, none: T, us: number): void {
  const sum = sums.get(key) ?? none;
  sum.us += us;
  sums.set(key, sum);
}

function mostFirst<T extends { us: number }>(sums: ReadonlyMap<string, T>): T[] {
  return [...sums.values()].sort((a, b) => b.us - a.us);
}
