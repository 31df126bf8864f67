import type { Command } from '@oclif/core/command';
import { RUNTIMES, STATUSES, VERBS } from '../base/activity.js';
import { LdctlError } from '../base/errors.js';
import { plainText, type Env } from '../base/text.js';
import { configDir } from '../config/config-dir.js';
import type { Config, Profile } from '../config/profile.js';
import { SeenValues, type Seen } from '../config/seen.js';
import { ProfileStore } from '../config/store.js';
import { flagNamed, globalFlags, readCommandLine, type CommandLine } from './argv.js';
import { HELP_TOPICS } from './help.js';
import type { Host } from './host.js';
import { readManifest, readPackage } from './program.js';

/** In characters; a terminal shows a line of it. */
const LONGEST_ABOUT = 100;

/**
 * Answers a completion script (`ldctl __complete WORDS…`): a line for each candidate, with a tab before what it is; then
 * `:files`, `:open` or `:done` (`Completion.then`). A value that a terminal would act on is left out.
 */
export async function answerCompletion(host: Host, words: readonly string[]): Promise<void> {
  const { commands } = readManifest(host.program);
  const topics = readPackage(host.program).oclif.topics ?? {};
  const folder = await configDir(host.env);
  const stored = { config: configIn(folder, host), seen: new SeenValues(folder, host.clock).read(), env: host.env };
  const { candidates, then } = complete(words, commands, stored, topics);
  const lines = candidates
    .filter(({ value }) => plainText(value) === value)
    .map(({ value, about }) => (about === '' ? value : `${value}\t${plainText(about).slice(0, LONGEST_ABOUT)}`));
  host.output.stdout.write([...lines, `:${then}`, ''].join('\n'));
}

/** One that cannot be read has no profiles: nobody who presses Tab wants to hear of it. */
function configIn(folder: string, { clock }: Host): Config {
  try {
    return new ProfileStore(folder, clock).read();
  } catch (error) {
    if (error instanceof LdctlError) return { profiles: [] };
    throw error;
  }
}

/** What a shell is to offer for the word that is being typed. */
export interface Completion {
  candidates: readonly Candidate[];
  /** What the shell does beside: complete files, or leave no blank behind the word, since more of it may follow. */
  then: 'files' | 'open' | 'done';
}

const NOTHING: Completion = { candidates: [], then: 'done' };
const FILES: Completion = { candidates: [], then: 'files' };

/**
 * Completes the last of the words (design, "Commands").
 * @param words what was typed after `ldctl`; the last one may be empty
 * @param stored what is known of values, without asking a server
 */
export function complete(
  words: readonly string[],
  commands: Commands,
  stored: Stored,
  topics: Topics = {},
): Completion {
  const word = words.at(-1) ?? '';
  const line = typedLine(words.slice(0, -1), commands);
  if (line.rest.length > 0) return line.command?.id === 'sandbox:exec' ? FILES : NOTHING;
  if (line.open) return valuesOf(line.open, word, { line, stored });
  const equals = word.indexOf('=');
  if (word.startsWith('--') && equals > 0) {
    const flag = flagOf(word.slice(0, equals), flagsFor(line, commands));
    if (flag?.type !== 'option') return NOTHING;
    return prefixed(word.slice(0, equals + 1), valuesOf(flag, word.slice(equals + 1), { line, stored }));
  }
  if (word.startsWith('-')) return matching(word, flagNames(line, commands));
  if (line.command === null) return matching(word, nextWords(line.words, commands, topics));
  if (line.command.id === 'help')
    return matching(word, [...nextWords(line.args, commands, topics), ...helpTopics(line.args)]);
  return matching(word, argumentValues({ line, stored, typed: word }));
}

interface Around {
  line: TypedLine;
  stored: Stored;
}

/** The values of a flag; of one that takes a list, for what comes after the last comma. */
function valuesOf(flag: Flag, typed: string, { line, stored }: Around): Completion {
  if (flag.type === 'option' && /\bFILE\b/.test(String(flag.helpValue))) return FILES;
  const values = flagValues(flag, { line, stored, typed });
  const isList = flag.type === 'option' && flag.multiple === true;
  const begin = isList ? typed.slice(0, typed.lastIndexOf(',') + 1) : '';
  const taken = begin.split(',');
  const others = values.filter(({ value }) => !taken.includes(value));
  return prefixed(begin, matching(typed.slice(begin.length), others));
}

function flagNames(line: TypedLine, commands: Commands): Candidate[] {
  const free = flagsFor(line, commands).filter(
    (flag) => !line.given.has(flag.name) || (flag.type === 'option' && flag.multiple),
  );
  const names = free.flatMap((flag): Candidate[] => {
    const own = { value: `--${flag.name}`, about: aboutOf(flag) };
    return flag.type === 'boolean' && flag.allowNo ? [own, { value: `--no-${flag.name}`, about: own.about }] : [own];
  });
  return [...names, { value: '--help', about: 'Show help.' }];
}

function nextWords(words: readonly string[], commands: Commands, topics: Topics): Candidate[] {
  const begin = words.map((word) => `${word}:`).join('');
  const below = Object.values(commands).filter(({ id, hidden }) => !hidden && id.startsWith(begin));
  const next = below.map((command): [string, string] => {
    const [word = '', ...rest] = command.id.slice(begin.length).split(':');
    return [word, rest.length === 0 ? aboutOf(command) : (topics[word]?.description ?? '')];
  });
  return [...new Map(next)].map(([value, about]) => ({ value, about }));
}

function helpTopics(args: readonly string[]): Candidate[] {
  if (args.length > 0) return [];
  return Object.entries(HELP_TOPICS).map(([value, about]) => ({ value, about }));
}

function aboutOf({ summary, description }: { summary?: string; description?: string }): string {
  const [line = ''] = (summary ?? description ?? '').split('\n');
  return line.replaceAll('<%= config.bin %>', 'ldctl');
}

function matching(typed: string, candidates: readonly Candidate[]): Completion {
  const matches = candidates.filter(({ value }) => value.startsWith(typed));
  return { candidates: matches, then: matches.some(({ value }) => value.endsWith(':')) ? 'open' : 'done' };
}

function prefixed(begin: string, { candidates, then }: Completion): Completion {
  return { candidates: candidates.map(({ value, about }) => ({ value: begin + value, about })), then };
}

export type Commands = Readonly<Record<string, Command.Cached>>;
type Flag = Command.Flag.Cached & { name: string };
type Topics = Readonly<Record<string, { description?: string }>>;

/** A command line up to the word that is being typed. What makes no sense in it is passed over. */
interface TypedLine extends Pick<CommandLine, 'words' | 'rest'> {
  command: Command.Cached | null;
  /** Those of `words` that are the command's arguments. */
  args: readonly string[];
  /** The value of each flag that was given, by the flag's own name; '' for a switch. */
  given: ReadonlyMap<string, string>;
  /** The flag whose value is being typed. */
  open: Flag | null;
}

function typedLine(before: readonly string[], commands: Commands): TypedLine {
  const { words, rest, id, flags } = readCommandLine(before, commands);
  const command = id === null ? null : (commands[id] ?? null);
  const args = id === null ? [] : words.slice(id.split(':').length);
  const given = new Map(flags.flatMap(({ name, value }) => (name === null ? [] : [[name, value ?? ''] as const])));
  const last = flags.at(-1);
  const line = { words, rest, command, args, given, open: null };
  const isOpen = last?.value === null && before.at(-1)?.startsWith('-');
  return isOpen ? { ...line, open: flagOf(last.typed, flagsFor(line, commands)) ?? null } : line;
}

/** The flags that may be given here: those of the command, or while there is none yet the global ones. */
function flagsFor({ command }: Pick<TypedLine, 'command'>, commands: Commands): Flag[] {
  const table = command ? command.flags : globalFlags(commands);
  return Object.entries(table).flatMap(([name, flag]) => (flag.hidden ? [] : [{ ...flag, name }]));
}

/** @param typed as it was typed, without a value */
function flagOf(typed: string, flags: readonly Flag[]): Flag | undefined {
  const name = flagNamed(typed, Object.fromEntries(flags.map((flag) => [flag.name, flag])));
  return flags.find((flag) => flag.name === name);
}

export interface Candidate {
  value: string;
  /** What it is, for shells that show it. */
  about: string;
}

/** What is known of values without asking a server. */
export interface Stored {
  config: Config;
  seen: Seen;
  env: Env;
}

interface Place {
  line: TypedLine;
  stored: Stored;
  /** What there is of the value. */
  typed: string;
}

const BY_FLAG: Readonly<Record<string, (place: Place) => Candidate[]>> = {
  runtime: () => plain(RUNTIMES),
  action: () => plain(VERBS),
  status: () => plain(Object.keys(STATUSES)),
  node: nodes,
  after: activities,
  profile: ({ stored }) => profiles(stored),
  deployment: deployments,
  'idempotency-key': keys,
  resume: keys,
};

/** Arguments, by the command and their names. */
const BY_ARGUMENT: Readonly<Record<string, (place: Place) => Candidate[]>> = {
  'activities:show id': activities,
  'activities:wait id': activities,
  'activities:trigger runtime': () => plain(RUNTIMES),
  // An id is to follow, or `--config`.
  'activities:roll runtime': () => plain(RUNTIMES),
  'activities:roll action': () => plain(VERBS.map((verb) => (verb === 'reconfigure' ? `${verb}:` : verb))),
  'activities:trigger action': () => plain(VERBS.map((verb) => (verb === 'reconfigure' ? `${verb}:` : verb))),
  'profiles:remove name': ({ stored }) => profiles(stored),
  'profiles:show name': ({ stored }) => profiles(stored),
  'profiles:update name': ({ stored }) => profiles(stored),
  'profiles:use name': ({ stored }) => profiles(stored),
};

function flagValues(flag: Flag, place: Place): Candidate[] {
  if (flag.type === 'option' && flag.options) return plain(flag.options);
  return BY_FLAG[flag.name]?.(place) ?? [];
}

/** The values of the argument that comes next; where there may be several, of any. */
function argumentValues(place: Place): Candidate[] {
  const { command, args } = place.line;
  const all = Object.entries(command?.args ?? {});
  const [name, arg] = all[args.length] ?? (command?.strict === false ? (all.at(-1) ?? []) : []);
  if (command === null || name === undefined) return [];
  return arg?.options ? plain(arg.options) : (BY_ARGUMENT[`${command.id} ${name}`]?.(place) ?? []);
}

function plain(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value, about: '' }));
}

function profiles({ config }: Stored): Candidate[] {
  return config.profiles.map((profile) => ({ value: profile.name, about: profile.deployment_name ?? '' }));
}

function keys({ stored }: Place): Candidate[] {
  return stored.seen.keys.map(({ value, note }) => ({ value, about: note }));
}

/** Those of the deployment's log that were lately seen, and were not typed already. */
function activities({ line, stored }: Place): Candidate[] {
  const deployment = deploymentOf(line, stored);
  return stored.seen.activities
    .filter(({ note }) => deployment === null || note.startsWith(`${deployment} `))
    .filter(({ value }) => !line.args.includes(value))
    .map(({ value, note }) => ({ value, about: note.replace(/^\d+ /, '') }));
}

/** Those of the deployment that the command would act on; of every one where that is not known. */
function nodes({ line, stored }: Place): Candidate[] {
  const deployment = deploymentOf(line, stored);
  const seen = stored.seen.nodes.filter(({ note }) => deployment === null || note === deployment);
  return seen.map(({ value, note }) => ({ value, about: deployment === null ? `deployment ${note}` : '' }));
}

/** By their names, which need not be unique (contract, "Core: which deployments are there"); by their ids where those are being typed. */
function deployments({ stored, typed }: Place): Candidate[] {
  const known = knownDeployments(stored);
  return known.map(({ id, name }) => {
    const isUnique = known.filter((other) => other.name === name).length === 1;
    const byName = name !== '' && isUnique && !/^\d/.test(typed);
    return byName ? { value: name, about: id } : { value: id, about: name };
  });
}

function knownDeployments({ config, seen }: Stored): Array<{ id: string; name: string }> {
  const own = config.profiles.flatMap(({ deployment_id: id, deployment_name: name = '' }) =>
    id === undefined ? [] : [{ id: String(id), name }],
  );
  const others = seen.deployments.map(({ value, note }) => ({ id: value, name: note }));
  return [...new Map([...own, ...others].map((one) => [one.id, one])).values()];
}

/** Which one the command would act on, by the order of settings (design, "Commands"). @returns its id, or null */
function deploymentOf({ given }: TypedLine, stored: Stored): string | null {
  const { config, env } = stored;
  const named = given.get('profile');
  const ofProfile = profileNamed(named ?? (env.LD_PROFILE || config.current), config)?.deployment_id?.toString();
  const said = given.get('deployment') ?? (named === undefined ? env.LD_DEPLOYMENT_ID || ofProfile : ofProfile);
  if (said === undefined) return null;
  const known = knownDeployments(stored).filter(({ id, name }) => id === said || name === said);
  return known.length === 1 ? (known[0]?.id ?? null) : /^\d+$/.test(said) ? said : null;
}

function profileNamed(name: string | undefined, { profiles: all }: Config): Profile | undefined {
  return all.find((profile) => profile.name === name);
}
