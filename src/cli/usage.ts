import { closestMatch } from 'leven';
import { RUNTIMES, VERBS } from '../base/activity.js';
import { LdctlError, UsageError } from '../base/errors.js';
import {
  flagNamed,
  globalFlags,
  readCommandLine,
  type CommandFlags,
  type CommandLine,
  type FlagTable,
} from './argv.js';

/** What a command line asks for: a command, help on what these words name, or the version. */
export type Asked = { id: string; args: string[] } | { help: string[] } | { version: true };

/** @throws UsageError for what is neither flag nor command, with where it belongs */
export function askedOf(line: CommandLine, commands: CommandFlags): Asked {
  const { id, words, flags, leading, args } = line;
  refuseKeyFlag(line);
  const isGroup = (count: number): boolean =>
    count === 0 || Object.keys(commands).some((name) => name.startsWith(`${words.slice(0, count).join(':')}:`));
  if (id === null && !isGroup(words.length)) {
    const unknown = leading.find(({ name, behind }) => name === null && isGroup(behind));
    throw unknown ? strayFlag(unknown.typed, line, commands) : unknownCommand(words, commands);
  }
  if (flags.some(({ name }) => name === 'help')) return { help: id?.split(':') ?? words };
  if (leading.some(({ typed }) => typed === '--version') && words.length === 0) return { version: true };
  const global = globalFlags(commands);
  const stray = leading.find(({ name }) => name === null || !Object.hasOwn(global, name));
  if (stray) throw strayFlag(stray.typed, line, commands);
  if (id !== null) return { id, args };
  if (args.length === 0) return { help: words };
  const what =
    words.length === 0 ? 'no command is given' : `${words.join(' ')} has commands, and none of them is given`;
  throw new UsageError(what, { hint: seeHelp(words) });
}

/** Other users can read the arguments of a process. @throws UsageError for a key in a flag, which is not repeated */
function refuseKeyFlag({ flags }: CommandLine): void {
  const flag = flags.find(
    ({ name, typed }) => name === null && /^--?(api[-_]?key|key|token|password|secret)$/i.test(typed),
  );
  if (flag === undefined) return;
  throw new UsageError(`${flag.typed}: a key is never a flag, since other users can read it there`, {
    code: 'key_in_flag',
    hint: 'Set LD_API_KEY or LD_API_KEY_FILE, or keep it in a profile: `ldctl profiles add NAME`.',
  });
}

export function unknownCommand(words: readonly string[], commands: CommandFlags): UsageError {
  const meant = meantCommand(words, Object.keys(commands));
  const question = meant === null ? '' : `Did you mean ldctl ${meant}? `;
  return new UsageError(`there is no command ${words.join(' ')}`, { hint: `${question}${seeHelp([])}` });
}

function meantCommand(words: readonly string[], ids: readonly string[]): string | null {
  const known = [...new Set(ids.flatMap((id) => [id.replaceAll(':', ' '), id.replace(/:.*/, '')]))];
  // The longest first: `activities lst` is meant as `activities list` rather than as `activities`.
  for (let count = words.length; count > 0; count -= 1) {
    const near = nearest(
      words.slice(0, count).join(' '),
      known.filter((name) => name.split(' ').length === count),
    );
    if (near !== null) return near;
  }
  const verb = VERBS.find((one) => words.includes(one));
  if (verb) return `activities trigger ${RUNTIMES.find((one) => words.includes(one)) ?? 'RUNTIME'} ${verb}`;
  return known.find((name) => name.endsWith(` ${words[0]}`)) ?? null;
}

/** A flag before the command that may not stand there. */
function strayFlag(typed: string, { id, words }: CommandLine, commands: CommandFlags): UsageError {
  if (['-v', '-V', '--version'].includes(typed)) {
    return new UsageError(`${typed} goes with no command`, { hint: 'Did you mean ldctl --version?' });
  }
  const takers = Object.keys(commands).filter((name) => flagNamed(typed, commands[name]?.flags ?? {}) !== null);
  const taker =
    id === null ? takers.find((name) => name.startsWith(words.join(':'))) : takers.find((name) => name === id);
  if (taker === undefined) {
    const flags = id === null ? globalFlags(commands) : (commands[id]?.flags ?? {});
    return unknownFlag(typed, flags, id?.split(':') ?? (words.length === 1 ? words : []));
  }
  return new UsageError(`${typed} stands before the command, and is no global flag`, {
    hint: `It goes behind it: ldctl ${taker.replaceAll(':', ' ')} ${typed} … \`ldctl help global-flags\` has those that go anywhere.`,
  });
}

/** What there is in the place of flags that there were. */
const REMOVED: Readonly<Record<string, string>> = {
  '--rolling': 'Use `ldctl activities roll RUNTIME ACTION`.',
  '--gate-cmd': 'Use --gate CMD.',
  '--gate-shell': 'A gate is run by sh, on Windows by cmd: --gate CMD may start another shell.',
  '--claim-window': 'Leave it out: every entry counts that is newer than the trigger.',
  '--interval': 'Leave it out: the log is read as often as it changes.',
  '--notify': 'Leave it out, and have the shell ring: ldctl …; printf "\\a"',
  '--string-ids': 'Leave it out: ids are strings. --number-ids writes bare numbers.',
  '--context': 'Use --profile NAME.',
};

/** What rolls alone have, and triggers had while `--rolling` was theirs. */
const OF_ROLL = ['pause', 'gate', 'gate-timeout', 'max-unavailable', 'node-timeout', 'continue-on-error', 'resume'].map(
  (name) => `--${name}`,
);

function unknownFlag(typed: string, known: FlagTable, words: readonly string[]): UsageError {
  if (words.at(-1) === 'trigger' && OF_ROLL.includes(typed)) {
    return new UsageError(`there is no flag ${typed} here`, {
      hint: `It is for a roll: ldctl activities roll RUNTIME ACTION ${typed} … See ldctl activities roll --help`,
    });
  }
  const instead = REMOVED[typed];
  if (instead !== undefined)
    return new UsageError(`there is no ${typed} any more`, { code: 'removed_flag', hint: instead });
  const meant = nearest(
    typed,
    Object.keys(known).map((name) => `--${name}`),
  );
  const question = meant === null ? '' : `Did you mean ${meant}? `;
  return new UsageError(`there is no flag ${typed}`, { hint: `${question}${seeHelp(words)}` });
}

function nearest(typed: string, known: readonly string[], share = 1 / 3): string | null {
  return closestMatch(typed, known, { maxDistance: Math.floor(typed.length * share) }) ?? null;
}

function seeHelp(words: readonly string[]): string {
  return `See ${['ldctl', ...words, '--help'].join(' ')}`;
}

/** What is known of the command that the parser was to read the words of. */
export interface Typed {
  /** As oclif writes it: `activities:trigger`. */
  id: string;
  argv: readonly string[];
  flags: FlagTable;
  examples?: ReadonlyArray<string | { command: string }> | undefined;
}

/** An error of oclif's parser, or of a flag's own, as one of ours: a line, and what to do. */
export function usageError(error: unknown, typed: Typed): unknown {
  const words = typed.id.split(':').filter(Boolean);
  const help = seeHelp(words);
  if (error instanceof Error)
    error.message = error.message.replace(PARSING, error instanceof LdctlError ? '$2' : '$1: $2');
  if (error instanceof UsageError) {
    error.hint = [meantWord(error.code, typed), error.hint ?? help].filter((part) => part !== null).join(' ');
  }
  if (error instanceof LdctlError || !(error instanceof Error)) return error;
  const listed = listedBy(error);
  if (listed.missing.length > 0) {
    return new UsageError(`missing ${listed.missing.join(' and ')}`, { hint: `${exampleOf(typed)}${help}` });
  }
  if (listed.stray !== undefined) return strayArgument(listed.stray, typed.id, help);
  if (listed.flag !== undefined) return unknownFlag(listed.flag.replace(/=.*/s, ''), typed.flags, words);
  for (const [pattern, ours] of OURS) {
    if (pattern.test(error.message)) return new UsageError(error.message.replace(pattern, ours), { hint: help });
  }
  return 'oclif' in error ? new UsageError(error.message.split('\n')[0] ?? '', { hint: help }) : error;
}

/** What oclif writes around the message of an error that is thrown while it reads the value of a flag. */
const PARSING = /^Parsing (--\S+) \n\t(.*)\nSee more help with --help$/s;

/** What oclif says, and what we do. */
const OURS: ReadonlyArray<readonly [RegExp, string]> = [
  [/^Flag (--\S+) expects one of these values: (.*)$/s, '$1 needs a value, one of: $2'],
  [/^Flag (--\S+) expects a value$/, '$1 needs a value'],
  [/^Flag (--\S+) can only be specified once$/, '$1 is given twice'],
  [/^Expected (--[a-z-]+)=(.*) to be one of: ([^\n]*).*$/s, '$1: "$2" is none of: $3'],
  [/^Expected (.*) to be one of: ([^\n]*).*$/s, '"$1" is none of: $2'],
  [/^(--\S+): Expected an integer but received: (.*)$/s, '$1: "$2" is not a whole number'],
  [/^(--\S+): Expected an integer greater than or equal to (\d+) but received: (.*)$/s, '$1: $3 is less than $2'],
  [/^(--\S+): Expected an integer less than or equal to (\d+) but received: (.*)$/s, '$1: $3 is more than $2'],
];

/**
 * What an error of the parser is about. Its classes for this are not exported; what tells them from the others is what
 * they hold: definitions of arguments that are missing, texts of those too many, or flags.
 */
function listedBy(error: Error): { missing: string[]; stray: string | undefined; flag: string | undefined } {
  const list = (key: 'args' | 'flags'): unknown[] => {
    const value: unknown = key in error ? (error as Error & Record<typeof key, unknown>)[key] : null;
    return Array.isArray(value) ? value : [];
  };
  const missing = list('args').flatMap((arg) => {
    if (typeof arg !== 'object' || arg === null || !('name' in arg)) return [];
    const about = 'description' in arg ? ` (${String(arg.description)})` : '';
    return [`${String(arg.name).toUpperCase()}${about}`];
  });
  const texts = (key: 'args' | 'flags'): string[] => list(key).filter((one) => typeof one === 'string');
  return { missing, stray: texts('args')[0], flag: texts('flags')[0] };
}

function exampleOf({ id, examples }: Typed): string {
  const [example] = examples ?? [];
  if (example === undefined) return '';
  const command = typeof example === 'string' ? example : example.command;
  return `For example: ${command.replace('<%= config.bin %>', 'ldctl').replace('<%= command.id %>', id.replaceAll(':', ' '))}. `;
}

/** An argument too many. It is not repeated where it may be a key. */
function strayArgument(text: string, id: string, help: string): UsageError {
  if (text.startsWith('ld_pk_')) {
    const hint =
      'A key is never an argument: set LD_API_KEY, or pipe it into `ldctl profiles add NAME --api-key-stdin`.';
    return new UsageError('unexpected argument, which looks like a key', { code: 'key_in_argument', hint });
  }
  const advice = /^[\d,]+$/.test(text) ? ADVICE_ON_IDS[id] : undefined;
  return new UsageError(`unexpected argument: ${text}`, { hint: advice ? `${advice} ${help}` : help });
}

/** What to do with ids that were given as arguments, by command. */
const ADVICE_ON_IDS: Readonly<Record<string, string>> = {
  'activities:trigger': 'Nodes go with --node ID, a config with reconfigure:ID.',
  'activities:roll': 'Nodes go with --node ID, a config with reconfigure:ID.',
  'activities:list': 'Nodes go with --node ID.',
};

/** What was meant by a runtime or an action that there is not: the two are swapped, or it is near to one. */
function meantWord(code: string, { id, argv, flags }: Typed): string | null {
  if (code !== 'invalid_runtime' && code !== 'invalid_action') return null;
  const words = readCommandLine([id, ...argv], { [id]: { flags } }).words.slice(1);
  const [runtime = '', action = ''] = words;
  const isVerb = (word: string): boolean => VERBS.some((verb) => verb === word.replace(/:.*/, ''));
  if (isVerb(runtime) && RUNTIMES.some((name) => name === action)) {
    return `Did you mean ldctl ${id.replaceAll(':', ' ')} ${action} ${runtime}?`;
  }
  const known = code === 'invalid_runtime' ? RUNTIMES : VERBS;
  const meant = nearest(code === 'invalid_runtime' ? runtime : action, known, 2 / 3);
  return meant === null ? null : `Did you mean ${meant}?`;
}
