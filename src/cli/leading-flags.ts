import type { FlagInput } from '@oclif/core/interfaces';
import { UsageError } from '../base/errors.js';
import { connectionFlags, outputFlags } from './flags.js';

const GLOBAL_FLAGS: FlagInput = { ...outputFlags, ...connectionFlags };
const HELP_FLAGS = ['-h', '--help'];
const VERSION_FLAGS = ['-v', '-V'];

/**
 * Puts the global flags that stand before the command behind its words, where oclif reads them (design, "Commands").
 * @throws UsageError where no command follows, and for a flag before it that is not global
 */
export function commandFirst(argv: readonly string[]): string[] {
  const count = countLeading(argv);
  const [leading, rest] = [argv.slice(0, count), argv.slice(count)];
  if (rest.length === 0) throw new UsageError('no command is given', { hint: 'See ldctl --help' });
  if (HELP_FLAGS.includes(rest[0] ?? '')) return rest;
  const firstFlag = rest.findIndex((word) => word.startsWith('-'));
  const words = firstFlag < 0 ? rest.length : firstFlag;
  return [...rest.slice(0, words), ...leading, ...rest.slice(words)];
}

/** How many words at the beginning are global flags and their values. */
function countLeading(argv: readonly string[]): number {
  let count = 0;
  for (let word = argv[0]; word?.startsWith('-') && !HELP_FLAGS.includes(word); word = argv[count]) {
    count += takesNextWord(word) ? 2 : 1;
  }
  return Math.min(count, argv.length);
}

function takesNextWord(word: string): boolean {
  return word.startsWith('--') ? takesNextIfLong(word) : takesNextIfShort(word);
}

function takesNextIfLong(word: string): boolean {
  const [name = ''] = word.slice(2).split('=');
  const [, flag] =
    Object.entries(GLOBAL_FLAGS).find(([own, { aliases }]) => own === name || aliases?.includes(name)) ?? [];
  if (!flag) throw notGlobal(`--${name}`);
  return flag.type === 'option' && !word.includes('=');
}

/** Several letters may share a dash, and a value may follow the last at once: `-qojson`. */
function takesNextIfShort(word: string): boolean {
  for (const [index, letter] of Array.from(word).entries()) {
    if (index === 0) continue;
    const flag = Object.values(GLOBAL_FLAGS).find(({ char }) => char === letter);
    if (!flag) throw notGlobal(`-${letter}`);
    if (flag.type === 'option') return index === word.length - 1;
  }
  return false;
}

function notGlobal(flag: string): UsageError {
  const version = VERSION_FLAGS.includes(flag) ? 'Did you mean ldctl --version? ' : '';
  return new UsageError(`${flag} stands before the command, and is no global flag`, {
    hint: `${version}\`ldctl help global-flags\` has those; all others go after the command.`,
  });
}
