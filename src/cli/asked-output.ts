import * as Flags from '@oclif/core/flags';
import { parse, type FlagInput } from '@oclif/core/parser';
import { FORMAT_NAMES, type FormatName } from '../output/formats.js';
import { outputFlags } from './flags.js';

/** How the command line asks for its output. */
export interface AskedOutput {
  format: FormatName;
  stringIds: boolean;
  debug: boolean;
}

/**
 * What the command line asks for, as oclif's parser reads it, also where it refuses the rest: an error is to be printed in
 * the format that was asked for.
 * @param flags those of the command; where there is no command, those that every command has
 */
export async function askedOutput(argv: readonly string[], flags: FlagInput = outputFlags): Promise<AskedOutput> {
  const tokens = await flagTokens(argv, tolerant(flags));
  const isGiven = (name: string): boolean => tokens.some(({ flag }) => flag === name);
  const named = tokens.findLast(({ flag }) => flag === 'output')?.input;
  return {
    format: isGiven('json') ? 'json' : (FORMAT_NAMES.find((name) => name === named) ?? 'table'),
    stringIds: isGiven('string-ids'),
    debug: isGiven('debug'),
  };
}

/** A flag as it stands on the command line. */
interface FlagToken {
  type: 'flag';
  flag: string;
  input: string;
}

/** The same flags with any value, and as often as one likes. */
function tolerant(flags: FlagInput): FlagInput {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, flag.type === 'boolean' ? switchLike(flag) : optionLike(flag)]),
  );
}

function switchLike({ char, aliases, charAliases }: Spelling): FlagInput[string] {
  return Flags.boolean({ char, aliases, charAliases });
}

function optionLike({ char, aliases, charAliases }: Spelling): FlagInput[string] {
  return Flags.string({ char, aliases, charAliases, multiple: true, multipleNonGreedy: true });
}

type Spelling = Pick<FlagInput[string], 'char' | 'aliases' | 'charAliases'>;

const WITHOUT_VALUE = /^Flag --(\S+) expects /;

async function flagTokens(argv: readonly string[], flags: FlagInput): Promise<FlagToken[]> {
  try {
    return onlyFlags((await parse([...argv], { flags, args: {}, strict: false })).raw);
  } catch (error) {
    // Flags that do not exist are complained of when all has been read.
    if (isAfterReading(error)) return onlyFlags(error.parse.output.raw);
    const [, name = ''] = WITHOUT_VALUE.exec(error instanceof Error ? error.message : '') ?? [];
    const flag = flags[name];
    // One that lacks its value is read again as one that takes none.
    return flag?.type === 'option' ? flagTokens(argv, { ...flags, [name]: switchLike(flag) }) : [];
  }
}

function onlyFlags(tokens: ReadonlyArray<{ type: string }>): FlagToken[] {
  return tokens.filter((token): token is FlagToken => token.type === 'flag');
}

function isAfterReading(error: unknown): error is { parse: { output: { raw: FlagToken[] } } } {
  if (typeof error !== 'object' || error === null || !('parse' in error)) return false;
  const { parse: parsed } = error;
  return typeof parsed === 'object' && parsed !== null && 'output' in parsed;
}
