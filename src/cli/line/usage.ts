import { LdctlError, UsageError, usageError, withHint } from '../../base/errors.js';
import { listed, shownWord } from '../../base/ids.js';
import { looksLikeKey } from '../../base/secret.js';
import {
  inOrder,
  isAction,
  type CommandLine,
  type Commands,
  type FlagTable,
  type ReadFlag,
} from './argv.js';
import { refuseRetired, refuseSeveralDeployments } from './retired.js';
import { groupOf, mistake, seeHelp, toWrite, unknownCommand, unknownFlag } from './suggestions.js';

/** What a command line asks for: a command, help on what these words name, or the version. */
type Invocation = { id: string; args: string[] } | { help: string[] } | { version: true };

/**
 * @throws UsageError for what is no command or no flag, and for what is missing or empty. The rest
 * is left to oclif's parser
 */
export function readInvocation(line: CommandLine, commands: Commands): Invocation {
  const { command, flags, args } = line;
  refuseKey(line);
  if (!command) return readGroupInvocation(line, commands);
  const { id } = command;
  if (flags.some(({ name }) => name === 'help')) return { help: id.split(':') };
  refuseSeveralDeployments(line);
  for (const flag of flags) {
    const known = command.flags[flag.name ?? ''];
    if (!known) {
      refuseRetired(flag, line);
      throw unknownFlag(flag.typed, id, line, commands);
    }
    checkValue(id, flag, known);
  }
  const format = flags.find(({ name }) => name === 'output')?.value ?? 'json';
  if (format !== 'json' && flags.some(({ name }) => name === 'json')) {
    throw mistake(`--json and -o ${format} do not go together`, id);
  }
  checkArguments(command, line);
  return { id, args };
}

/** What is asked for without a command: help on a group or on all of ldctl, or the version. */
function readGroupInvocation(line: CommandLine, commands: Commands): Invocation {
  const { words, flags, args } = line;
  const group = groupOf(words, commands);
  const unknown = flags.find(({ name }) => name === null)?.typed;
  if (unknown === '--version' && words.length === 0) return { version: true };
  if (unknown !== undefined) throw unknownFlag(unknown, group, line, commands);
  if (words.join(':') !== group) throw unknownCommand(words, commands, flags);
  if (args.length === 0 || flags.some(({ name }) => name === 'help')) return { help: words };
  throw mistake('no command is given', group);
}

const UNSET = 'Is a variable unset?';

/** What the flag for a key is called elsewhere. */
const KEY_FLAG = /^--((api|access)[-_]?(key|token)|key|token|password|secret)$/i;

/**
 * Other users can read the arguments of a process.
 * @throws UsageError for a key among them, which is not repeated
 */
function refuseKey({ command, words, flags, rest }: CommandLine) {
  // What is after `--` may be another program's.
  const own = command?.strict === false ? [] : rest;
  const texts = [...words, ...own, ...flags.map(({ value = '' }) => value)];
  if (!texts.some(looksLikeKey) && !flags.some(({ typed }) => KEY_FLAG.test(typed))) return;
  throw usageError(
    'key_in_argument',
    'a key does not belong on the command line',
    'Other users can read it there. Set LD_API_KEY or LD_API_KEY_FILE, or keep it in a profile: `ldctl profiles add NAME`.',
  );
}

/**
 * What oclif's parser would let pass, or take for an argument: an unset variable in a script must not
 * mean no filter, no gate or every node.
 */
function checkValue(id: string, { name, typed, value }: ReadFlag, flag: FlagTable[string]) {
  if (flag.type === 'boolean') {
    if (value === undefined) return;
    throw mistake(`${typed} takes no value`, id, name === 'json' ? noFields(value) : '');
  }
  if (value === undefined) {
    // Where there is a list of values, oclif shows it.
    if (flag.options) return;
    throw mistake(`${typed} has no value, or one that looks like a flag`, id, UNSET);
  }
  const parts = partsOf(name, value, flag);
  if (isBlank(value) || (name === 'node' && parts.every(isBlank))) {
    throw mistake(`--${name} is empty`, id, UNSET);
  }
  if (parts.some(isBlank)) {
    const what = `--${name}: ${shownWord(value)} has one comma too many`;
    throw mistake(what, id, 'Is a variable unset, or is there a space after a comma?');
  }
}

const isBlank = (text: string) => text.trim() === '';

/** Of a list, each value; else the one. */
function partsOf(name: string | null, value: string, { delimiter }: { delimiter?: string }) {
  if (name === 'node') return listed(value);
  return delimiter ? value.split(delimiter) : [value];
}

function checkArguments(command: Commands[string], line: CommandLine) {
  const { id, args, strict } = command;
  if (strict === false) return;
  const given = [...line.given, ...line.rest.slice(1)];
  if (args.runtime) checkRun(given, command, line.flags);
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

/** @throws UsageError where the two words are turned round, or one, or the first is missing */
function checkRun(
  given: readonly string[],
  command: Commands[string],
  flags: CommandLine['flags'],
) {
  const { id, args } = command;
  const ordered = inOrder(given);
  if (ordered) {
    const what = 'give the runtime, then the action, as two words';
    throw mistake(what, id, toWrite(command, ordered, flags));
  }
  const [word = '', ...more] = given;
  if (more.length > 0 || !isAction(word)) return;
  const what = `missing RUNTIME (${args.runtime?.description})`;
  throw mistake(what, id, toWrite(command, ['RUNTIME', word], flags));
}

const noFields = (columns: string) => `-o json takes no fields. For a table: --columns ${columns}.`;

function adviceOn(extra: string, id: string, { args }: CommandLine) {
  if (/^(--(output=)?|-o)?json$/.test(args[args.indexOf(extra) - 1] ?? '')) return noFields(extra);
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
  if (/\bLD_[A-Z]/.test(`${message} ${next}`)) {
    return withHint(error, `${next ?? ''} See ldctl help environment`.trim(), message);
  }
  return withHint(error, next || seeHelp(id), message);
}
