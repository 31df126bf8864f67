import { table } from '../markdown.js';
import { type Sums } from './sum.js';

const LONGEST_NAME = 60;

/** The sums as Markdown. @param top how many functions */
export function tables({ us: all, packages, functions }: Sums, top: number): string {
  const figures = (us: number): string[] => [((100 * us) / all).toFixed(1), (us / 1000).toFixed(1)];
  const byPackage = packages.map(({ name, us }) => [name, ...figures(us)]);
  const byFunction = functions
    .slice(0, top)
    .map(({ name, package: whose, us, at }) => [code(name), whose, ...figures(us), at]);
  return [
    table(['package', '%', 'ms'], byPackage),
    table(['function', 'package', '%', 'ms', 'where'], byFunction),
  ].join('\n\n');
}

/** A name, which may be a whole regular expression, in a cell. */
function code(name: string): string {
  const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
  return `\`${short.replaceAll('`', '’').replaceAll('|', String.raw`\|`)}\``;
}
