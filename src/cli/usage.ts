import type { Command } from '@oclif/core/command';
import { closestMatch } from 'leven';
import { RUNTIMES, VERBS } from '../base/activity.js';
import { UsageError } from '../base/errors.js';
import { flagNamed, globalFlags, type CommandLine, type ReadFlag } from './argv.js';

/** What a command line asks for: a command, help on what these words name, or the version. */
export type Asked = { id: string; args: string[] } | { help: string[] } | { version: true };
export type Commands = Readonly<Record<string, Pick<Command.Cached, 'flags' | 'args' | 'strict' | 'examples'>>>;

/** @throws UsageError for all that can be seen to be wrong without the command: what is neither flag nor command, or too much, or missing */
export function askedOf(line: CommandLine, commands: Commands): Asked {
  const { id, words, flags, args } = line;
  refuseKey(line);
  const isGroup = (count: number): boolean =>
    count === 0 || Object.keys(commands).some((name) => name.startsWith(`${words.slice(0, count).join(':')}:`));
  const leading = flags.filter(({ behind }) => id === null || behind < id.split(':').length);
  if (id === null && !isGroup(words.length)) {
    const unknown = leading.find(({ name, behind }) => name === null && isGroup(behind));
    throw unknown ? strayFlag(unknown, line, commands) : unknownCommand(words, commands);
  }
  if (flags.some(({ name }) => name === 'help')) return { help: id?.split(':') ?? words };
  if (leading.some(({ typed }) => typed === '--version') && words.length === 0) return { version: true };
  const global = globalFlags(commands);
  const stray = leading.find(({ name }) => name === null || !Object.hasOwn(global, name));
  if (stray) throw strayFlag(stray, line, commands);
  if (id !== null) {
    checkFlags(id, flags, commands);
    checkArguments(id, line, commands);
    return { id, args };
  }
  if (args.length === 0) return { help: words };
  const what =
    words.length === 0 ? 'no command is given' : `${words.join(' ')} has commands, and none of them is given`;
  throw new UsageError(what, { hint: seeHelp(words.join(':')) });
}

/** Other users can read the arguments of a process. @throws UsageError for a key in a flag, which is not repeated */
function refuseKey({ flags }: CommandLine): void {
  const isKey = ({ name, typed }: ReadFlag): boolean =>
    name === null && /^--?(api[-_]?key|key|token|password|secret)$/i.test(typed);
  const flag = flags.find(isKey);
  if (flag === undefined) return;
  throw new UsageError(`${flag.typed}: a key is never a flag, since other users can read it there`, {
    code: 'key_in_flag',
    hint: 'Set LD_API_KEY or LD_API_KEY_FILE, or keep it in a profile: `ldctl profiles add NAME`.',
  });
}

export function unknownCommand(words: readonly string[], commands: Readonly<Record<string, unknown>>): UsageError {
  const meant = meantCommand(words, Object.keys(commands));
  const question = meant === null ? '' : `Did you mean ldctl ${meant}? `;
  return new UsageError(`there is no command ${words.join(' ')}`, { hint: `${question}${seeHelp('')}` });
}

function meantCommand(words: readonly string[], ids: readonly string[]): string | null {
  const known = [...new Set(ids.flatMap((id) => [id.replaceAll(':', ' '), id.replace(/:.*/, '')]))];
  // The longest first: `activities lst` is meant as `activities list` rather than as `activities`.
  for (let count = words.length; count > 0; count -= 1) {
    const ofLength = known.filter((name) => name.split(' ').length === count);
    const near = nearest(words.slice(0, count).join(' '), ofLength);
    if (near !== null) return near;
  }
  const verb = VERBS.find((one) => words.includes(one));
  if (verb) return `activities trigger ${RUNTIMES.find((one) => words.includes(one)) ?? 'RUNTIME'} ${verb}`;
  return known.find((name) => name.endsWith(` ${words[0]}`)) ?? null;
}

/** A flag before the command that may not stand there. */
function strayFlag({ typed, behind }: ReadFlag, { id, words }: CommandLine, commands: Commands): UsageError {
  if (['-v', '-V', '--version'].includes(typed)) {
    return new UsageError(`${typed} goes with no command`, { hint: 'Did you mean ldctl --version?' });
  }
  const takers = takersOf(typed, commands);
  const taker = takers.find((name) => (id === null ? name.startsWith(words.join(':')) : name === id));
  if (taker === undefined) return unknownFlag(typed, id ?? words.slice(0, behind).join(':'), commands);
  return new UsageError(`${typed} stands before the command, and is no global flag`, {
    hint: `It goes behind it: ldctl ${taker.replaceAll(':', ' ')} ${typed} … \`ldctl help global-flags\` has those that go anywhere.`,
  });
}

/** @param owner the command, or the group, as oclif writes it: `activities:list` */
function unknownFlag(typed: string, owner: string, commands: Commands): UsageError {
  const known = Object.keys(commands[owner]?.flags ?? globalFlags(commands));
  const meant = nearest(
    typed,
    known.map((name) => `--${name}`),
  );
  const [group = ''] = owner.split(':');
  const other = takersOf(typed, commands).find((name) => name.startsWith(`${group}:`));
  if (meant !== null || other === undefined) {
    const question = meant === null ? '' : `Did you mean ${meant}? `;
    return new UsageError(`there is no flag ${typed}`, { hint: `${question}${seeHelp(owner)}` });
  }
  return new UsageError(`there is no flag ${typed} here`, {
    hint: `It goes with ldctl ${other.replaceAll(':', ' ')}. ${seeHelp(other)}`,
  });
}

function takersOf(typed: string, commands: Commands): string[] {
  return Object.keys(commands).filter((name) => flagNamed(typed, commands[name]?.flags ?? {}) !== null);
}

function checkFlags(id: string, flags: readonly ReadFlag[], commands: Commands): void {
  const hint = seeHelp(id);
  flags.forEach(({ name, typed, value }, at) => {
    const flag = name === null ? undefined : commands[id]?.flags[name];
    if (flag === undefined) throw unknownFlag(typed, id, commands);
    if (flag.type === 'boolean') {
      if (value !== '') throw new UsageError(`${typed} takes no value`, { hint });
      return;
    }
    const options = flag.options?.join(', ');
    if (value === null)
      throw new UsageError(`${typed} needs a value${options ? `, one of: ${options}` : ''}`, { hint });
    if (options && !flag.options?.includes(value)) {
      throw new UsageError(`--${name}: "${value}" is none of: ${options}`, { hint });
    }
    const isRepeated = flags.slice(0, at).some((other) => other.name === name);
    if (isRepeated && !flag.multiple) throw new UsageError(`${typed} is given twice`, { hint });
  });
}

function checkArguments(id: string, { words, rest }: CommandLine, commands: Commands): void {
  const { args = {}, strict, examples, flags = {} } = commands[id] ?? {};
  const hint = seeHelp(id);
  const given = [...words.slice(id.split(':').length), ...rest.slice(1)];
  const known = Object.values(args);
  const missing = known.slice(given.length).filter(({ required }) => required);
  if (missing.length > 0) {
    const names = missing.map(({ name, description }) => `${name.toUpperCase()} (${description})`);
    const [example] = [examples ?? []].flat();
    const command = typeof example === 'string' ? example : example?.command;
    const shown = command?.replace('<%= config.bin %>', 'ldctl').replace('<%= command.id %>', id.replaceAll(':', ' '));
    throw new UsageError(`missing ${names.join(' and ')}`, {
      hint: `${shown ? `For example: ${shown}. ` : ''}${hint}`,
    });
  }
  const stray = strict === false ? undefined : given[known.length];
  if (stray?.startsWith('ld_pk_')) {
    throw new UsageError('unexpected argument, which looks like a key', {
      code: 'key_in_argument',
      hint: 'A key is never an argument: set LD_API_KEY, or pipe it into `ldctl profiles add NAME --api-key-stdin`.',
    });
  }
  if (stray !== undefined) {
    const isId = /^[\d,]+$/.test(stray) && flags.node !== undefined;
    const advice = isId ? `Nodes go with --node ID${flags.config ? ', a config with reconfigure:ID' : ''}. ` : '';
    throw new UsageError(`unexpected argument: ${stray}`, { hint: `${advice}${hint}` });
  }
  known.forEach(({ options }, at) => {
    const value = given[at];
    if (!options || value === undefined || options.includes(value)) return;
    throw new UsageError(`"${value}" is none of: ${options.join(', ')}`, { hint });
  });
}

/** What oclif writes around the message of an error that is thrown while it reads the value of a flag. */
const PARSING = /^Parsing (--\S+) \n\t(.*)\nSee more help with --help$/s;
const NO_INTEGER = /Expected an integer but received: (.*)$/s;

/**
 * What a command threw, with what to do next.
 * @param words what was typed behind the command, without its flags
 */
export function advised(error: unknown, id: string, words: readonly string[]): unknown {
  if (!(error instanceof Error)) return error;
  const text = error.message.replace(PARSING, error instanceof UsageError ? '$2' : '$1: $2');
  error.message = text.replace(NO_INTEGER, '"$1" is not a whole number');
  if (error instanceof UsageError) {
    error.hint = [meantWord(error.code, id, words), error.hint ?? seeHelp(id)]
      .filter((part) => part !== null)
      .join(' ');
  }
  return 'oclif' in error ? new UsageError(error.message.split('\n')[0] ?? '', { hint: seeHelp(id) }) : error;
}

/** What was meant by a runtime or an action that there is not: the two are swapped, or it is near to one. */
function meantWord(code: string, id: string, [runtime = '', action = '']: readonly string[]): string | null {
  if (code !== 'invalid_runtime' && code !== 'invalid_action') return null;
  const isVerb = VERBS.some((verb) => verb === runtime.replace(/:.*/, ''));
  if (isVerb && RUNTIMES.some((name) => name === action)) {
    return `Did you mean ldctl ${id.replaceAll(':', ' ')} ${action} ${runtime}?`;
  }
  const [typed, known] = code === 'invalid_runtime' ? [runtime, RUNTIMES] : [action, VERBS];
  const meant = nearest(typed, known, 2 / 3);
  return meant === null ? null : `Did you mean ${meant}?`;
}

function nearest(typed: string, known: readonly string[], share = 1 / 3): string | null {
  return closestMatch(typed, known, { maxDistance: Math.floor(typed.length * share) }) ?? null;
}

/** @param id of a command or a group; '' for all of ldctl */
function seeHelp(id: string): string {
  return `See ${['ldctl', ...id.split(':').filter(Boolean), '--help'].join(' ')}`;
}
