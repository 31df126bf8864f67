import { parseArgs } from 'node:util';
import type { Command } from '@oclif/core/command';
import { RUNTIMES, VERBS, verbOf } from '../../base/activity.js';
import { isOn, type Env } from '../../base/text.js';
import { FORMAT_NAMES, type PrintOptions } from '../../output/streams.js';

/** Flags by their names, as the manifest has them. */
export type FlagTable = Readonly<Record<string, Command.Flag.Cached>>;
/** Commands by their ids: what is known of each without loading it. */
export type Commands = Readonly<Record<string, Command.Cached>>;

const HELP: FlagTable = { help: { name: 'help', type: 'boolean', char: 'h', allowNo: false } };

/** Those of earlier versions. They are still read, to be answered by what takes their place. */
export const RETIRED: FlagTable = {
  'pause-between': { name: 'pause-between', type: 'option' },
  'nodes-from': { name: 'nodes-from', type: 'option' },
  config: { name: 'config', type: 'option' },
  from: { name: 'from', type: 'option' },
  'gate-first': { name: 'gate-first', type: 'boolean', allowNo: true },
  'continue-on-error': { name: 'continue-on-error', type: 'boolean', allowNo: true },
};

export interface ReadFlag {
  /** `help` for what asks for help, which no command defines; null for a flag that there is not. */
  name: string | null;
  /** As it was typed, without its value. */
  typed: string;
  /** Undefined where there is none. */
  value: string | undefined;
  /** Both, as they were typed. */
  words: readonly string[];
}

/** A command line, taken apart as oclif's parser would. */
export interface CommandLine {
  /** What is neither a flag nor the value of one, and stands before `--`. */
  words: string[];
  /** The command that the first words name; undefined for none. */
  command: Commands[string] | undefined;
  /** The words after it. */
  given: string[];
  flags: ReadFlag[];
  /** What the command's parser gets. */
  args: string[];
  /** From `--` on, which is meant for others. */
  rest: string[];
}

/**
 * Reads a command line. Flags may stand anywhere: before the group, between group and command, or
 * after. So a flag name must take a value in all commands that have it, or in none.
 */
export function readCommandLine(argv: readonly string[], commands: Commands): CommandLine {
  const table = Object.assign(
    {},
    HELP,
    RETIRED,
    ...Object.values(commands).map(({ flags }) => flags),
  ) as FlagTable;
  const names = typedNames(table);
  const options = [...names].map(([typed, name]) => {
    const takesValue = table[name]?.type === 'option';
    return [typed.replace(/^-+/, ''), { type: takesValue ? 'string' : 'boolean' }] as const;
  });
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(options),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const end = tokens.find(({ kind }) => kind === 'option-terminator')?.index ?? argv.length;
  const flags = tokens.flatMap((token): ReadFlag[] => {
    if (token.kind !== 'option') return [];
    const { rawName: typed, value, inlineValue } = token;
    const flag = flagIn(value ?? '', names);
    // oclif does not know --help.
    const isHelp = inlineValue && flag === 'help';
    const isValue = value !== undefined && (flag === undefined || isHelp);
    // A short flag may have `=` before its own.
    const text = typed.startsWith('--') ? value : value?.replace(/^=/, '');
    const separate = isValue ? [typed, value] : [typed];
    const words = inlineValue ? [`${typed}=${text}`] : separate;
    return [{ name: names.get(typed) ?? null, typed, value: isValue ? text : undefined, words }];
  });
  const positionals = tokens.flatMap((token) =>
    token.kind === 'positional' && token.index < end ? [token] : [],
  );
  const words = positionals.map(({ value }) => value);
  const ids = words.map((_, at) => words.slice(0, at + 1).join(':'));
  const last = ids.findIndex((id) => Object.hasOwn(commands, id));
  const ofCommand = positionals.slice(0, last === -1 ? words.length : last + 1);
  return {
    words,
    flags,
    command: commands[ids[last] ?? ''],
    given: words.slice(ofCommand.length),
    args: argv.filter((_, at) => !ofCommand.some(({ index }) => index === at)),
    rest: argv.slice(end),
  };
}

/** As oclif has it, what starts as a flag is no value. @returns the flag, by its name */
const flagIn = (value: string, names: ReadonlyMap<string, string>) =>
  names.get(value.replace(/=.*/, '')) ?? names.get(value.slice(0, 2));

/**
 * The flags that a table has, by all that they may be typed as: `--name`, `--alias`, `--no-name`,
 * `-n`.
 */
export function typedNames(table: FlagTable): Map<string, string> {
  const names = Object.entries(table).flatMap(([name, flag]) => {
    const { char, aliases = [] } = flag;
    const opposite = flag.type === 'boolean' && flag.allowNo ? [`no-${name}`] : [];
    const long = [name, ...aliases, ...opposite].map((one) => `--${one}`);
    return [...long, ...(char ? [`-${char}`] : [])].map((typed) => [typed, name] as const);
  });
  return new Map(names);
}

/** Those that many commands have. */
export function globalFlags(commands: Commands): FlagTable {
  const all = Object.values(commands).flatMap(({ flags }) => Object.entries(flags));
  return Object.fromEntries(all.filter(([, { helpGroup }]) => helpGroup === 'GLOBAL'));
}

export const isAction = (word: string) => VERBS.some((verb) => verb === verbOf(word.toLowerCase()));

/** `restart iggy`, `iggy/restart` or "iggy restart" as two words in order; null for all else. */
export function inOrder(given: readonly string[]): string[] | null {
  const words = given.flatMap((word) => word.toLowerCase().split(/[\s/,.]+|:(?!\d)/));
  const isRuntime = (word = '') => RUNTIMES.some((runtime) => runtime === word);
  if (words.length !== 2 || isRuntime(given[0]?.toLowerCase())) return null;
  const ordered = isRuntime(words[0]) ? words : words.reverse();
  const [runtime, action = ''] = ordered;
  return isRuntime(runtime) && isAction(action) ? ordered : null;
}

/**
 * What says that no one is asked, terminal or not: the flag, or a CI, whose jobs may have a terminal
 * that no one looks at. Null for nothing.
 */
export function unaskedBy(flags: readonly ReadFlag[], env: Env): '--no-input' | 'CI' | null {
  if (flags.some(({ name }) => name === 'no-input')) return '--no-input';
  return isOn(env.CI) ? 'CI' : null;
}

/** How these flags ask for the result, also where the rest of the line makes no sense. */
export function printOptionsOf(flags: readonly ReadFlag[]): PrintOptions {
  const given = new Map(flags.map(({ name, value }) => [name, value]));
  const format = FORMAT_NAMES.find((name) => name === given.get('output'));
  return {
    format: given.has('json') ? 'json' : (format ?? 'table'),
    columns: given
      .get('columns')
      ?.split(',')
      .map((name) => name.trim()),
    header: !given.has('no-header'),
    numberIds: given.has('number-ids'),
    utc: given.has('utc'),
    quiet: given.has('quiet'),
    debug: given.has('debug'),
  };
}
