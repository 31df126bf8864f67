import { RUNTIMES, STATUSES, VERBS } from '../../base/activity.js';
import { plainText } from '../../base/text.js';
import { readNodeNames } from '../../config/node-names.js';
import { readConfig } from '../../config/profiles.js';
import {
  foldersIn,
  resolveSettings,
  type Folders,
  type SettingFlags,
} from '../../config/settings.js';
import {
  globalFlags,
  readCommandLine,
  typedNames,
  type CommandLine,
  type Commands,
  type FlagTable,
} from './argv.js';
import { readManifest, readPackage, type Host } from '../host.js';

type Topics = Readonly<Record<string, { description?: string }>>;

/** A value, and what it is, for shells that show it. */
type Candidate = readonly [value: string, about?: string | undefined];

/** What a shell is to offer for the word that is being typed. */
export type Completion = readonly Candidate[] | 'files';

/** What is known of the values of a flag or an argument, after what has been typed. */
type Known = (
  name: string,
  line: CommandLine,
) => readonly Candidate[] | Promise<readonly Candidate[]>;

/** How long a shell waits for the API, ms. */
const LONGEST_WAIT_MS = 3000;

const settingFlags = (flags: CommandLine['flags']): SettingFlags =>
  Object.fromEntries(flags.map(({ name, value }) => [String(name), value] as const));

function knownOf(host: Host, folders: Folders): Known {
  const words = (all: readonly string[]) => all.map((word): Candidate => [word]);
  const config = () => readConfig(folders.config);
  const profiles = () =>
    config().profiles.map(({ name, deployment_name: about }): Candidate => [name, about]);
  const nodes = ({ flags }: CommandLine) => {
    const { env, keyring } = host;
    const settings = { flags: settingFlags(flags), env, config: config(), keys: { env, keyring } };
    const { named } = resolveSettings(settings).deployment;
    const names = readNodeNames(folders.config, named?.value.id ?? null);
    return [...names].map(([id, name]): Candidate => [name, String(id)]);
  };
  const deployments = async ({ flags }: CommandLine) => {
    const { CommandContext } = await import('../context.js');
    const interrupts = host.catchInterrupts();
    const context = new CommandContext(host, settingFlags(flags), interrupts, folders, null);
    return context.listedDeployments(AbortSignal.timeout(LONGEST_WAIT_MS));
  };
  const values: Readonly<Record<string, (line: CommandLine) => ReturnType<Known>>> = {
    runtime: () => words(RUNTIMES),
    action: () => words(VERBS),
    status: () => words(STATUSES),
    resume: () => words(['last', 'list']),
    profile: profiles,
    name: profiles,
    node: nodes,
    deployment: deployments,
  };
  return async (name, line) => {
    try {
      return (await values[name]?.(line)) ?? [];
    } catch {
      // Completion shows no errors.
      return [];
    }
  };
}

/**
 * Answers a completion script (`ldctl __complete WORDS…`): a line for each candidate, with a tab
 * before what it is; then `:files` where the shell is to offer files, or `:done`.
 */
export async function answerCompletion(host: Host, words: readonly string[]) {
  const { program, env, platform, output } = host;
  const topics = readPackage(program).oclif.topics ?? {};
  const { commands } = readManifest(program);
  const known = knownOf(host, await foldersIn(env, platform));
  const found = await complete(words, commands, topics, known);
  const candidates = found === 'files' ? [] : found;
  // A terminal shows a line of what it is.
  const lines = candidates.map(([value, about]) =>
    about ? `${value}\t${plainText(about).slice(0, 100)}` : value,
  );
  output.stdout.write([...lines, found === 'files' ? ':files' : ':done', ''].join('\n'));
  return 0;
}

/**
 * Completes the last of the words.
 * @param words what was typed after `ldctl`; the last one may be empty
 */
export async function complete(
  words: readonly string[],
  commands: Commands,
  topics: Topics,
  known: Known,
): Promise<Completion> {
  const word = words.at(-1) ?? '';
  const line = readCommandLine(words.slice(0, -1), commands);
  const { command } = line;
  // Only `sandbox exec` takes a command after `--`.
  if (line.rest.length > 0) return command?.id === 'sandbox:exec' ? 'files' : [];
  const flags = command?.flags ?? globalFlags(commands);
  const prefix = word.slice(0, word.indexOf('=') + 1);
  const flag = flagAt(prefix, line, flags);
  if (flag?.type === 'option') {
    return valuesAfter(word, prefix.length, flag, (name) => known(name, line));
  }
  if (word.startsWith('-')) return matching(word, namesOf(flags));
  return matching(
    word,
    command && command.id !== 'help'
      ? await valuesOfArgument(command, line, known)
      : nextWords(line.words, commands, topics),
  );
}

/** The values of a flag; where it takes several, those that may come after the last comma. */
async function valuesAfter(
  word: string,
  from: number,
  flag: Extract<FlagTable[string], { type: 'option' }>,
  known: (name: string) => ReturnType<Known>,
): Promise<Completion> {
  if (/\bFILE\b/.test(String(flag.helpValue))) return 'files';
  const start = flag.multiple ? Math.max(word.lastIndexOf(',') + 1, from) : from;
  const named = word.slice(from, start).split(',');
  const all = flag.options?.map((one): Candidate => [one]) ?? (await known(flag.name));
  const values = all.filter(([value]) => !named.includes(value));
  return matching(
    word,
    values.map(([value, about]) => [word.slice(0, start) + value, about]),
  );
}

/** The flag whose value the word is: one in the same word, `--node=`, or one before it. */
function flagAt(prefix: string, line: CommandLine, flags: FlagTable) {
  if (prefix) return flags[typedNames(flags).get(prefix.slice(0, -1)) ?? ''];
  const last = line.flags.at(-1);
  return last?.value === undefined ? flags[last?.name ?? ''] : undefined;
}

function namesOf(flags: FlagTable): Candidate[] {
  const long = [...typedNames(flags)].filter(([typed]) => typed.startsWith('--'));
  return [...long.map(([typed, name]): Candidate => [typed, flags[name]?.summary]), ['--help']];
}

function valuesOfArgument(command: Commands[string], line: CommandLine, known: Known) {
  const next = Object.values(command.args)[line.given.length];
  // A profile that is added, and a node that is named, get a new name.
  const isNew = ['profiles:add', 'nodes:name'].includes(command.id) && next?.name === 'name';
  if (!next || isNew) return [];
  return next.options?.map((one): Candidate => [one]) ?? known(next.name, line);
}

/** The groups and commands that may come after these words. */
function nextWords(words: readonly string[], commands: Commands, topics: Topics): Candidate[] {
  const typed = words[0] === 'help' ? words.slice(1) : words;
  const prefix = typed.map((word) => `${word}:`).join('');
  const below = Object.values(commands).filter(({ id }) => id.startsWith(prefix));
  const next = below.map((command): [string, string | undefined] => {
    const [word = '', ...rest] = command.id.slice(prefix.length).split(':');
    return [word, rest.length === 0 ? command.summary : topics[word]?.description];
  });
  return [...new Map(next)];
}

const matching = (typed: string, candidates: readonly Candidate[]) =>
  candidates.filter(([value]) => value.startsWith(typed));
