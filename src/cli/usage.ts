import { closestMatch } from 'leven';
import { LdctlError, UsageError, usageError, withHint } from '../base/errors.js';
import { looksLikeKey } from '../base/secret.js';
import { globalFlags, typedNames, type CommandLine, type ReadFlag } from './argv.js';
import type { Commands } from './host.js';

/** What a command line asks for: a command, help on what these words name, or the version. */
type Invocation = { id: string; args: string[] } | { help: string[] } | { version: true };

/**
 * @throws UsageError for what is no command or no flag, and for what is missing or empty. The rest
 * is left to oclif's parser
 */
export function readInvocation(line: CommandLine, commands: Commands): Invocation {
  const { id, flags, args } = line;
  refuseKey(line, commands);
  if (id === null) return readGroupInvocation(line, commands);
  if (flags.some(({ name }) => name === 'help')) return { help: id.split(':') };
  checkFlags(id, line, commands);
  checkArguments(id, line, commands);
  return { id, args };
}

/** What is asked for without a command: help on a group or on all of ldctl, or the version. */
function readGroupInvocation({ words, flags, args }: CommandLine, commands: Commands): Invocation {
  const group = groupOf(words, commands);
  const unknown = flags.find(({ name }) => name === null)?.typed;
  if (unknown === '--version' && words.length === 0) return { version: true };
  if (unknown !== undefined) throw unknownFlag(unknown, group, commands);
  if (words.join(':') !== group) throw unknownCommand(words, commands);
  if (args.length === 0 || flags.some(({ name }) => name === 'help')) return { help: words };
  throw mistake('no command is given', group);
}

/** What is wrong, and where to read on. @param id of a command or a group; '' for all of ldctl */
function mistake(message: string, id: string, advice = '') {
  return new UsageError(message, { hint: `${advice}${advice && ' '}${seeHelp(id)}` });
}

function seeHelp(id: string) {
  return `See ${['ldctl', ...id.split(':').filter(Boolean), '--help'].join(' ')}`;
}

/** The group that the first word names; '' for all of ldctl. */
function groupOf([group = '']: readonly string[], commands: Commands) {
  return Object.keys(commands).some((id) => id.startsWith(`${group}:`)) ? group : '';
}

/** What the flag for a key is called elsewhere. */
const KEY_FLAG = /^--(api[-_]?key|key|token|password|secret)$/i;

/**
 * Other users can read the arguments of a process.
 * @throws UsageError for a key among them, which is not repeated
 */
function refuseKey({ id, words, flags, rest }: CommandLine, commands: Commands) {
  // What is after `--` may be another program's.
  const own = commands[id ?? '']?.strict === false ? [] : rest;
  const texts = [...words, ...own, ...flags.map(({ value = '' }) => value)];
  if (!texts.some(looksLikeKey) && !flags.some(({ typed }) => KEY_FLAG.test(typed))) return;
  throw usageError(
    'key_in_argument',
    'a key does not belong on the command line',
    'Other users can read it there. Set LD_API_KEY or LD_API_KEY_FILE, or keep it in a profile: `ldctl profiles add NAME`.',
  );
}

/** What other tools call a command, or a group. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    activity: 'activities',
    ls: 'list',
    delete: 'remove',
    rm: 'remove',
    edit: 'update',
    config: 'profiles:add',
    configure: 'profiles:add',
    login: 'profiles:add',
    start: 'activities:trigger',
    stop: 'activities:trigger',
    restart: 'activities:trigger',
    reconfigure: 'activities:trigger',
  }),
);

/** @param typed words that name no command */
export function unknownCommand(typed: readonly string[], commands: Commands): UsageError {
  const what = `there is no command ${typed.join(' ')}`;
  if (typed.join(' ') === 'sandbox stop') {
    return mistake(what, 'sandbox', 'A sandbox ends with Ctrl-C in its own terminal.');
  }
  const words = typed.flatMap((word) => (OTHER_WORDS.get(word) ?? word).split(':'));
  const known = [...new Set(Object.keys(commands).flatMap((id) => [id, id.replace(/:.*/, '')]))];
  const near = known.filter(
    (id) =>
      id !== typed[0] &&
      id.split(':').every((part, at) => nearest(words[at] ?? '', [part]) !== null),
  );
  const meant =
    closestMatch(words.slice(0, 2).join(':'), near) ??
    known.find((id) => id.endsWith(`:${words[0]}`));
  const advice = meant && `Did you mean ldctl ${meant.replaceAll(':', ' ')}?`;
  return mistake(what, groupOf(typed, commands), advice);
}

/** @param owner the command, or the group */
function unknownFlag(typed: string, owner: string, commands: Commands) {
  const what = `there is no flag ${typed}`;
  const known = [...typedNames(commands[owner]?.flags ?? globalFlags(commands)).keys()];
  const meant = /^(-v|--version)$/i.test(typed) ? 'ldctl --version' : nearest(typed, known);
  if (meant !== null) return mistake(what, owner, `Did you mean ${meant}?`);
  const group = owner.replace(/:.*/, ':');
  const other = Object.values(commands).find(
    ({ id, flags }) => id.startsWith(group) && typedNames(flags).has(typed),
  );
  if (!other) return mistake(what, owner);
  return mistake(what, other.id, `It goes with ldctl ${other.id.replaceAll(':', ' ')}.`);
}

/** What oclif's parser would let pass, or take for an argument. */
function checkFlags(id: string, { flags }: CommandLine, commands: Commands) {
  for (const { name, typed, value } of flags) {
    const flag = commands[id]?.flags[name ?? ''];
    if (!flag) throw unknownFlag(typed, id, commands);
    if (flag.type === 'boolean' && value !== undefined) {
      throw mistake(`${typed} takes no value`, id);
    }
    // An unset variable in a script must not mean no filter, no gate or every node.
    if (value?.trim() === '') throw mistake(`--${name} is empty`, id, 'Is a variable unset?');
  }
  checkFormat(id, flags);
}

function checkFormat(id: string, flags: readonly ReadFlag[]) {
  const format = flags.find(({ name }) => name === 'output')?.value ?? 'json';
  if (format !== 'json' && flags.some(({ name }) => name === 'json')) {
    throw mistake(`--json and -o ${format} do not go together`, id);
  }
}

function checkArguments(id: string, { words, rest }: CommandLine, commands: Commands) {
  const given = words.length - id.split(':').length + Math.max(rest.length - 1, 0);
  const missing = Object.values(commands[id]?.args ?? {})
    .slice(given)
    .filter(({ required }) => required)
    .map(({ name, description }) => `${name.toUpperCase()} (${description})`);
  if (missing.length > 0) throw mistake(`missing ${missing.join(' and ')}`, id);
}

/** What oclif says of two flags that exclude each other, with the value of the first. */
const EXCLUDED = /^.*?(--[\w-]+)(?:=.*?)? cannot also be provided when using (--[\w-]+).*$/s;
/**
 * What oclif writes around the message of an error of ours, which names the flag itself, that is
 * thrown while it reads the flag's value.
 */
const PARSING = /^Parsing --\S+ \n\t(.*)\nSee more help with --help$/s;

/** By the code of an error: the flags that help. A program has none, so the error names none. */
const FLAGS_FOR: Readonly<Record<string, string>> = {
  no_tenant:
    'Give --tenant-id ID, or set LD_TENANT_ID. A deployment by id with --supervisor-url needs none.',
  no_deployment:
    'Give --deployment ID or NAME, or set LD_DEPLOYMENT_ID. `ldctl deployments list` shows them all.',
  supervisor_url_missing:
    'An on-premise deployment has a supervisor of its own: give its address with --supervisor-url URL.',
  busy: 'Wait for it, or choose what to do with --if-busy wait or ignore.',
};

/** What a command threw, with what to do next. */
export function withAdvice(error: unknown, id: string): unknown {
  if (error instanceof Error && 'oclif' in error) {
    const [what = ''] = error.message.replace(EXCLUDED, '$1 cannot be used with $2').split('\n');
    const isId = /^Unexpected argument: \d/.test(what) && id.startsWith('activities:');
    const advice = isId ? 'Nodes go with --node ID, a config with reconfigure:ID.' : '';
    return mistake(what.charAt(0).toLowerCase() + what.slice(1), id, advice);
  }
  if (!(error instanceof LdctlError)) return error;
  const next = error.hint ?? FLAGS_FOR[error.code];
  if (!(error instanceof UsageError)) return withHint(error, next);
  return withHint(error, next ?? seeHelp(id), error.message.replace(PARSING, '$1'));
}

/** In any case; one that starts so is near too. */
function nearest(typed: string, known: readonly string[]) {
  const word = typed.toLowerCase();
  const longer = known.find((one) => word.length > 2 && one.startsWith(word));
  return closestMatch(word, known, { maxDistance: Math.floor(word.length / 3) }) ?? longer ?? null;
}
