import { closestMatch } from 'leven';
import { RUNTIMES, VERBS } from '../base/activity.js';
import { UsageError } from '../base/errors.js';
import { looksLikeKey } from '../base/secret.js';
import { globalFlags, typedNames, type CommandLine } from './argv.js';
import type { Commands } from './host.js';

/** What a command line asks for: a command, help on what these words name, or the version. */
export type Asked = { id: string; args: string[] } | { help: string[] } | { version: true };

/**
 * @throws UsageError for all that can be seen to be wrong without the command: what is no flag, no
 * command, too much, or missing
 */
export function askedOf(line: CommandLine, commands: Commands): Asked {
  const { id, words, flags, args } = line;
  refuseKey(line, commands);
  const unknown = flags.find(({ name }) => name === null)?.typed;
  const owner = id ?? words.join(':');
  const group = groupOf(words, commands);
  if (id === null && owner !== group) {
    throw unknown === undefined
      ? unknownCommand(words, commands)
      : unknownFlag(unknown, group, commands);
  }
  if (flags.some(({ name }) => name === 'help')) return { help: owner.split(':').filter(Boolean) };
  if (id !== null) {
    checkFlags(id, line, commands);
    checkArguments(id, line, commands);
    return { id, args };
  }
  if (owner === '' && unknown === '--version') return { version: true };
  if (unknown !== undefined) throw unknownFlag(unknown, owner, commands);
  if (args.length === 0) return { help: words };
  throw mistake(
    owner === '' ? 'no command is given' : `${words.join(' ')} has commands, and none is given`,
    owner,
  );
}

/** What is wrong, and where to read on. @param id of a command or a group; '' for all of ldctl */
function mistake(message: string, id: string, advice = ''): UsageError {
  return new UsageError(message, { hint: `${advice}${advice && ' '}${seeHelp(id)}` });
}

function seeHelp(id: string): string {
  return `See ${['ldctl', ...id.split(':').filter(Boolean), '--help'].join(' ')}`;
}

/** The group that the first word names; '' for all of ldctl. */
function groupOf([group = '']: readonly string[], commands: Commands): string {
  return Object.keys(commands).some((id) => id.startsWith(`${group}:`)) ? group : '';
}

/**
 * Other users can read the arguments of a process.
 * @throws UsageError for a key among them, which is not repeated
 */
function refuseKey({ id, words, flags, args, rest }: CommandLine, commands: Commands): void {
  const typed = args.slice(0, args.length - rest.length).map((word) => word.replace(/=.*/, ''));
  const flag = typed.find((name) => /^--?(api[-_]?key|key|token|password|secret)$/i.test(name));
  // What is after `--` may be another program's.
  const own = commands[id ?? '']?.strict === false ? [] : rest;
  const texts = [...words, ...own, ...flags.map(({ value = '' }) => value)];
  if (flag === undefined && !texts.some(looksLikeKey)) return;
  throw new UsageError(flag ? `${flag}: a key is never a flag` : 'an argument looks like a key', {
    code: flag ? 'key_in_flag' : 'key_in_argument',
    hint: 'Other users can read it there. Set LD_API_KEY or LD_API_KEY_FILE, or keep it in a profile: `ldctl profiles add NAME`.',
  });
}

export function unknownCommand(words: readonly string[], commands: Commands): UsageError {
  const known = [...new Set(Object.keys(commands).flatMap((id) => [id, id.replace(/:.*/, '')]))];
  const near = known.filter(
    (id) =>
      id !== words[0] &&
      id.split(':').every((part, at) => nearest(words[at] ?? '', [part]) !== null),
  );
  const meant =
    closestMatch(words.slice(0, 2).join(':'), near) ??
    actionIn(words, `activities ${words.includes('roll') ? 'roll' : 'trigger'}`) ??
    known.find((id) => id.endsWith(`:${words[0]}`));
  const advice = meant && `Did you mean ldctl ${meant.replaceAll(':', ' ')}?`;
  return mistake(`there is no command ${words.join(' ')}`, groupOf(words, commands), advice);
}

/**
 * The command that names runtime and action as these words do, in whatever order and spelling; only
 * where an action is among them.
 */
function actionIn(words: readonly string[], command: string, share?: number): string | undefined {
  const among = (known: readonly string[]): string[] =>
    words.flatMap((word) => {
      const meant = nearest(word.replace(/:.*/s, ''), known, share);
      // The id of a config stays.
      return meant === 'reconfigure' ? word.replace(/^[^:]*/, meant) : (meant ?? []);
    });
  const [[runtime = 'RUNTIME'], [action]] = [among(RUNTIMES), among(VERBS)];
  return action && `${command} ${runtime} ${action}`;
}

/** @param owner the command, or the group */
function unknownFlag(typed: string, owner: string, commands: Commands): UsageError {
  const known = [...typedNames(commands[owner]?.flags ?? globalFlags(commands)).keys()];
  const meant = /^(-v|--version)$/i.test(typed) ? 'ldctl --version' : nearest(typed, known);
  if (meant !== null) return mistake(`there is no flag ${typed}`, owner, `Did you mean ${meant}?`);
  const siblings = Object.keys(commands).filter((id) => id.startsWith(owner.replace(/:.*/, ':')));
  const has = (id: string): boolean => typedNames(commands[id]?.flags ?? {}).has(typed);
  const other = typed === '--rolling' ? 'activities:roll' : siblings.find(has);
  if (other === undefined) return mistake(`there is no flag ${typed}`, owner);
  return mistake(
    `there is no flag ${typed} here`,
    other,
    `It goes with ldctl ${other.replaceAll(':', ' ')}.`,
  );
}

function checkFlags(id: string, { flags }: CommandLine, commands: Commands): void {
  const table = commands[id]?.flags ?? {};
  flags.forEach(({ name, typed, value }, at) => {
    const flag = table[name ?? ''];
    if (flag === undefined) throw unknownFlag(typed, id, commands);
    if (flag.type === 'boolean') {
      if (value !== undefined) throw mistake(`${typed} takes no value`, id);
      return;
    }
    const options = flag.options?.join(', ');
    if (value === undefined) {
      throw mistake(`${typed} needs a value${options ? `, one of: ${options}` : ''}`, id);
    }
    if (options && !flag.options?.includes(value)) {
      throw mistake(`--${name}: "${value}" is none of: ${options}`, id);
    }
    const isRepeated = !flag.multiple && flags.slice(0, at).some((other) => other.name === name);
    if (isRepeated) throw mistake(`${typed} is given twice`, id);
  });
}

function checkArguments(id: string, { words, rest }: CommandLine, commands: Commands): void {
  const { args = {}, strict, examples, flags = {} } = commands[id] ?? {};
  const given = [...words.slice(id.split(':').length), ...rest.slice(1)];
  const known = Object.values(args);
  const missing = known.slice(given.length).filter(({ required }) => required);
  if (missing.length > 0) {
    const names = missing.map(({ name, description }) => `${name.toUpperCase()} (${description})`);
    const [example = ''] = [examples ?? []].flat();
    const line = typeof example === 'string' ? example : example.command;
    throw mistake(`missing ${names.join(' and ')}`, id, line && `For example: ${line}.`);
  }
  const stray = strict === false ? undefined : given[known.length];
  if (stray !== undefined) {
    const isNode = /^[\d,]+$/.test(stray) && flags.node !== undefined;
    const advice = `Nodes go with --node ID${flags.config ? ', a config with reconfigure:ID' : ''}.`;
    throw mistake(`unexpected argument: ${stray}`, id, isNode ? advice : '');
  }
  known.forEach(({ options }, at) => {
    const value = given[at];
    if (!options || value === undefined || options.includes(value)) return;
    throw mistake(`"${value}" is none of: ${options.join(', ')}`, id);
  });
}

/**
 * What oclif writes around the message of an error that is thrown while it reads the value of a
 * flag.
 */
const PARSING = /^Parsing --\S+ \n\t(.*)\nSee more help with --help$/s;

/**
 * What a command threw, with what to do next.
 * @param words what was typed behind the command, without its flags
 */
export function advised(error: unknown, id: string, words: readonly string[]): unknown {
  if (error instanceof Error && 'oclif' in error) {
    return mistake(error.message.split('\n')[0] ?? '', id);
  }
  if (!(error instanceof UsageError)) return error;
  error.message = error.message.replace(PARSING, '$1');
  const isWord = error.code === 'invalid_runtime' || error.code === 'invalid_action';
  const meant = isWord ? actionIn(words, id.replaceAll(':', ' '), 2 / 3) : undefined;
  const isTyped = meant?.endsWith(` ${words.join(' ')}`);
  error.hint = `${meant && !isTyped ? `Did you mean ldctl ${meant}? ` : ''}${error.hint ?? seeHelp(id)}`;
  return error;
}

/** In any case; one that begins so is near too. */
function nearest(typed: string, known: readonly string[], share = 1 / 3): string | null {
  const word = typed.toLowerCase();
  const begun = known.find((one) => word.length > 2 && one.startsWith(word));
  return (
    closestMatch(word, known, { maxDistance: Math.floor(word.length * share) }) ?? begun ?? null
  );
}
