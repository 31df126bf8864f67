import { closestMatch } from 'leven';
import { RUNTIMES, VERBS, verbOf } from '../base/activity.js';
import { LdctlError, UsageError, usageError, withHint } from '../base/errors.js';
import { shownWord } from '../base/ids.js';
import { looksLikeKey } from '../base/secret.js';
import { globalFlags, typedNames, type CommandLine } from './argv.js';
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
  const format = flags.find(({ name }) => name === 'output')?.value ?? 'json';
  if (format !== 'json' && flags.some(({ name }) => name === 'json')) {
    throw mistake(`--json and -o ${format} do not go together`, id);
  }
  checkArguments(id, line, commands[id]);
  return { id, args };
}

/** What is asked for without a command: help on a group or on all of ldctl, or the version. */
function readGroupInvocation(line: CommandLine, commands: Commands): Invocation {
  const { words, flags, args } = line;
  const group = groupOf(words, commands);
  const unknown = flags.find(({ name }) => name === null)?.typed;
  if (unknown === '--version' && words.length === 0) return { version: true };
  if (unknown !== undefined) throw unknownFlag(unknown, group, line, commands);
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

const UNSET = 'Is a variable unset?';

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
    logs: 'activities:list',
    history: 'activities:list',
    'get nodes': 'nodes:list',
    'auth login': 'profiles:add',
  }),
);

/** What other tools call a flag. */
const OTHER_FLAGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '--detach': '--no-wait',
    '--parallel': '--max-unavailable',
    '--force': '--yes',
    '--format': '-o',
    '--context': '-p',
    '--follow': '--watch',
    '--selector': '--node',
    '--app': '-d',
    '--mine': '--author me',
  }),
);

/** @param typed words that name no command @param before what is typed before a command */
function unknownCommand(
  typed: readonly string[],
  commands: Commands,
  before: 'help ' | '' = '',
): UsageError {
  const group = groupOf(typed, commands);
  const what = `there is no command ${typed.slice(0, group ? 2 : 1).join(' ')}`;
  if (typed.join(' ') === 'sandbox stop') {
    return mistake(what, 'sandbox', 'A sandbox ends with Ctrl-C in its own terminal.');
  }
  if (typed[0] === 'cancel') return mistake(what, '', 'A trigger cannot be cancelled.');
  const run = inOrder(typed) ?? inOrder([...typed].reverse());
  if (run) return mistake(what, '', toWrite('activities:trigger', run));
  const phrase = OTHER_WORDS.get(typed.join(' '));
  const words = (phrase ? [phrase] : typed).flatMap((word) =>
    (OTHER_WORDS.get(word) ?? word).split(':'),
  );
  const known = [...new Set(Object.keys(commands).flatMap((id) => [id, id.replace(/:.*/, '')]))];
  const near = known.filter(
    (id) =>
      id !== typed[0] &&
      id.split(':').every((part, at) => nearest(words[at] ?? '', [part]) !== null),
  );
  const meant =
    closestMatch(words.slice(0, 2).join(':'), near) ??
    known.find((id) => id.endsWith(`:${words[0]}`));
  const advice = meant && `Did you mean ldctl ${before}${meant.replaceAll(':', ' ')}?`;
  return mistake(what, group, advice);
}

/** @param typed words that there is no help on @param texts by what there is help on */
export function unknownTopic(
  typed: readonly string[],
  texts: ReadonlyMap<string, string>,
  commands: Commands,
): UsageError {
  const near = nearest(typed.join('-'), [...texts.keys()]);
  if (near === null) return unknownCommand(typed, commands, 'help ');
  const what = `there is no help on ${typed.join(' ')}`;
  return mistake(what, '', `Did you mean ldctl help ${near.replaceAll(':', ' ')}?`);
}

/** @param owner the command, or the group */
function unknownFlag(typed: string, owner: string, line: CommandLine, commands: Commands) {
  const what = `there is no flag ${typed}`;
  const { id = '', args = {} } = commands[owner] ?? {};
  const needless = needlessFlag(id, typed);
  if (needless) return mistake(what, owner, needless);
  if (Object.hasOwn(args, typed.slice(2))) {
    const given = line.words.slice(id.split(':').length);
    const valueOf = (name: string) => line.flags.find((flag) => flag.typed === `--${name}`)?.value;
    const words = Object.keys(args).map(
      (name) => valueOf(name) ?? given.shift() ?? name.toUpperCase(),
    );
    return mistake(what, owner, toWrite(id, words));
  }
  const known = [...typedNames(commands[owner]?.flags ?? globalFlags(commands)).keys()];
  const meant = meantFlag(typed, known);
  if (meant !== null) return mistake(what, owner, `Did you mean ${meant}?`);
  const group = owner.replace(/:.*/, ':');
  const other = Object.values(commands).find(
    ({ id, flags }) => id.startsWith(group) && typedNames(flags).has(typed),
  );
  if (!other) return mistake(what, owner);
  return mistake(what, other.id, `It goes with ldctl ${other.id.replaceAll(':', ' ')}.`);
}

function meantFlag(typed: string, known: readonly string[]) {
  const alias = OTHER_FLAGS.get(typed.toLowerCase());
  if (alias === undefined) {
    const isVersion = typed.toLowerCase() === '-v';
    const near = isVersion ? '--version' : nearest(typed, [...known, '--help', '--version']);
    return near === '--version' ? 'ldctl --version' : near;
  }
  return known.some((flag) => alias.startsWith(flag)) ? alias : null;
}

/** What a command that acts does without it. */
function needlessFlag(id: string, typed: string) {
  if (!/^activities:(trigger|roll|wait)$/.test(id)) return '';
  if (typed === '--all') return 'Leave --node out for every node.';
  const isFollow = /^(-w|-f|--watch|--follow)$/.test(typed);
  return isFollow ? 'It follows to the end without a flag.' : '';
}

const toWrite = (id: string, words: readonly string[]) =>
  `Write: ${['ldctl', ...id.split(':'), ...words].join(' ')}.`;

/** What oclif's parser would let pass, or take for an argument. */
function checkFlags(id: string, line: CommandLine, commands: Commands) {
  for (const { name, typed, value } of line.flags) {
    const flag = commands[id]?.flags[name ?? ''];
    if (!flag) throw unknownFlag(typed, id, line, commands);
    if (value === undefined) continue;
    if (flag.type === 'boolean') {
      throw mistake(`${typed} takes no value`, id, name === 'json' ? noFields(value) : '');
    }
    // An unset variable in a script must not mean no filter, no gate or every node.
    if (isBlank(value)) throw mistake(`--${name} is empty`, id, UNSET);
    if (flag.delimiter && value.split(flag.delimiter).some(isBlank)) {
      throw mistake(`--${name}: ${shownWord(value)} has one comma too many`, id, UNSET);
    }
  }
}

const isBlank = (text: string) => text.trim() === '';

function checkArguments(id: string, line: CommandLine, command: Commands[string] | undefined) {
  const { args = {}, strict } = command ?? {};
  if (strict === false) return;
  const { words, rest } = line;
  const given = [...words.slice(id.split(':').length), ...rest.slice(1)];
  const turned = args.runtime && inOrder(given);
  if (turned) throw mistake('the runtime comes first, then the action', id, toWrite(id, turned));
  const wanted = Object.values(args);
  const empty = wanted.find((_, at) => given[at]?.trim() === '');
  if (empty) throw mistake(`${empty.name.toUpperCase()} is empty`, id, UNSET);
  const missing = wanted
    .slice(given.length)
    .filter(({ required }) => required)
    .map(({ name, description }) => `${name.toUpperCase()} (${description})`);
  if (missing.length > 0) throw mistake(`missing ${missing.join(' and ')}`, id);
  const extra = given[wanted.length];
  if (extra !== undefined) {
    throw mistake(`unexpected argument: ${extra}`, id, adviceOn(extra, id, line));
  }
}

/** `restart iggy`, `iggy/restart` or "iggy restart" as two words in order; null for all else. */
function inOrder(given: readonly string[]): string[] | null {
  const words = given.flatMap((word) => word.toLowerCase().split(/[\s/,.]+|:(?!\d)/));
  const isRuntime = (word = '') => RUNTIMES.some((runtime) => runtime === word);
  if (words.length !== 2 || isRuntime(given[0]?.toLowerCase())) return null;
  const ordered = isRuntime(words[0]) ? words : words.reverse();
  const [runtime, action = ''] = ordered;
  return isRuntime(runtime) && VERBS.some((verb) => verb === verbOf(action)) ? ordered : null;
}

const noFields = (columns: string) => `-o json takes no fields. For a table: --columns ${columns}.`;

function adviceOn(extra: string, id: string, { args }: CommandLine) {
  if (/^(--)?json$/.test(args[args.indexOf(extra) - 1] ?? '')) return noFields(extra);
  if (id === 'activities:show') return 'Give one id at a time.';
  const mayBeNode = /^\d/.test(extra) || /:(trigger|roll)$/.test(id);
  return mayBeNode && id.startsWith('activities:')
    ? 'Nodes go with --node ID, a config with reconfigure:ID.'
    : '';
}

/** What oclif says of two flags that exclude each other, with the value of the first. */
const EXCLUDED = /^.*?(--[\w-]+)(?:=.*?)? cannot also be provided when using (--[\w-]+).*$/s;
/**
 * What oclif writes around the message of an error of ours, which names the flag itself, that is
 * thrown while it reads the flag's value.
 */
const PARSING = /^Parsing --\S+ \n\t(.*)\nSee more help with --help$/s;

/** By the code of an error: the flags that help. A program has none, so the error names none. */
const FLAGS_FOR: ReadonlyMap<string, string> = new Map([
  [
    'no_tenant',
    'Give --tenant-id ID, or set LD_TENANT_ID. A deployment by id with --supervisor-url needs none.',
  ],
  [
    'no_deployment',
    'Give --deployment ID or NAME, or set LD_DEPLOYMENT_ID. `ldctl deployments list` shows them all.',
  ],
  [
    'supervisor_url_missing',
    'An on-premise deployment has a supervisor of its own: give its address with --supervisor-url URL.',
  ],
  [
    'busy',
    'Wait for it with `ldctl activities wait ID`, or choose what to do with --if-busy wait or ignore.',
  ],
]);

/** What a command threw, with what to do next. */
export function withAdvice(error: unknown, id: string): unknown {
  if (error instanceof Error && 'oclif' in error) {
    const [what = ''] = error.message.replace(EXCLUDED, '$1 cannot be used with $2').split('\n');
    return mistake(what.charAt(0).toLowerCase() + what.slice(1), id);
  }
  if (!(error instanceof LdctlError)) return error;
  const next = error.hint ?? FLAGS_FOR.get(error.code);
  if (!(error instanceof UsageError)) return withHint(error, next);
  const message = error.message.replace(PARSING, '$1');
  // A command's own help does not say which variables there are, and what counts before what.
  const isOfVariable = /\bLD_[A-Z]/.test(`${message} ${next}`);
  const more = isOfVariable ? 'See ldctl help environment' : next ? '' : seeHelp(id);
  return withHint(error, `${next ?? ''} ${more}`.trim(), message);
}

/** In any case; one that starts so is near too. */
function nearest(typed: string, known: readonly string[]) {
  const word = typed.toLowerCase();
  const longer = known.find((one) => word.length > 1 && one.startsWith(word));
  return closestMatch(word, known, { maxDistance: Math.floor(word.length / 3) }) ?? longer ?? null;
}
