import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core/command';
import { RUNTIMES, STATUSES, VERBS } from '../base/activity.js';
import { sortedUnique, type Id } from '../base/ids.js';
import { plainText } from '../base/text.js';
import { ensurePrivateFolder, FILE_MODE, readPrivateFile } from '../config/files.js';
import { openRollJournal } from '../config/journal.js';
import { NodeNameStore } from '../config/node-names.js';
import { ProfileStore } from '../config/profiles.js';
import { configDir, resolveSettings } from '../config/settings.js';
import { globalFlags, readCommandLine, typedNames, type FlagTable, type ReadFlag } from './argv.js';
import { readManifest, readPackage, type Commands, type Host } from './host.js';

type Topics = Readonly<Record<string, { description?: string }>>;

/** A value, and what it is, for shells that show it. */
type Candidate = readonly [value: string, about?: string | undefined];

/** What a shell is to offer for the word that is being typed. */
export interface Completion {
  candidates: readonly Candidate[];
  /**
   * What the shell does beside: complete files, or add no space after the word, since more of it
   * may follow.
   */
  then: 'files' | 'open' | 'done';
}

/** The nodes on the page of the log that was read last at a terminal, as a list of texts. */
const SEEN = 'seen.json';

export function rememberNodes(folder: string, nodes: readonly Id[]) {
  const seen = JSON.stringify(sortedUnique(nodes).map(String));
  try {
    ensurePrivateFolder(folder);
    writeFileSync(join(folder, SEEN), `${seen}\n`, { mode: FILE_MODE });
  } catch {
    // A home that cannot be written to.
  }
}

/**
 * What is known, without asking a server, of the values of a flag, or of an argument, whose name is
 * in capitals.
 */
type Known = (name: string) => readonly Candidate[];

/** @param typed the flags before the word */
function knownIn(folder: string, { clock, env, keyring }: Host, typed: readonly ReadFlag[]): Known {
  const words = (all: readonly string[]) => all.map((word): Candidate => [word]);
  const store = new ProfileStore(folder, clock);
  const profiles = () =>
    store.read().profiles.map(({ name, deployment_name: about }): Candidate => [name, about]);
  const nodes = () => {
    const names = new NodeNameStore(folder, store).read(null);
    const seen = JSON.parse(readPrivateFile(join(folder, SEEN)) ?? '[]') as string[];
    const others = seen.filter((node) => !names.has(BigInt(node)));
    return [...[...names].map(([id, name]): Candidate => [name, String(id)]), ...words(others)];
  };
  const rolls = () => {
    const flags = Object.fromEntries(
      typed.map(({ name, value }) => [String(name), value] as const),
    );
    const keys = { env, keyring };
    const asked = { flags, env, keys, readConfig: () => store.read() };
    const id = resolveSettings(asked).deployment?.value.id;
    const unfinished = id ? openRollJournal(folder, id, clock).unfinished() : [];
    return words(['last', ...unfinished.map(({ key }) => key)]);
  };
  const values: Readonly<Record<string, () => readonly Candidate[]>> = {
    runtime: () => words(RUNTIMES),
    RUNTIME: () => words(RUNTIMES),
    action: () => words(VERBS),
    // An id is to follow, or `--config`.
    ACTION: () => words(VERBS.map((verb) => (verb === 'reconfigure' ? `${verb}:` : verb))),
    status: () => words(STATUSES),
    profile: profiles,
    NAME: profiles,
    resume: rolls,
    node: nodes,
    NODE: nodes,
  };
  return (name) => {
    try {
      return values[name]?.() ?? [];
    } catch {
      // Completion shows no errors.
      return [];
    }
  };
}

/**
 * Answers a completion script (`ldctl __complete WORDS…`): a line for each candidate, with a tab
 * before what it is; then `:files`, `:open` or `:done` (`Completion.then`).
 */
export async function answerCompletion(host: Host, words: readonly string[]) {
  const { program, env, output } = host;
  const topics = readPackage(program).oclif.topics ?? {};
  const { commands } = readManifest(program);
  const { flags } = readCommandLine(words.slice(0, -1), commands);
  const known = knownIn(await configDir(env), host, flags);
  const { candidates, then } = complete(words, commands, topics, known);
  // A terminal shows a line of what it is.
  const lines = candidates.map(([value, about]) =>
    about ? `${value}\t${plainText(about).slice(0, 100)}` : value,
  );
  output.stdout.write([...lines, `:${then}`, ''].join('\n'));
}

/**
 * Completes the last of the words.
 * @param words what was typed after `ldctl`; the last one may be empty
 */
export function complete(
  words: readonly string[],
  commands: Commands,
  topics: Topics,
  known: Known,
): Completion {
  const word = words.at(-1) ?? '';
  const line = readCommandLine(words.slice(0, -1), commands);
  const command = commands[line.id ?? ''];
  if (line.rest.length > 0) {
    return { candidates: [], then: command?.id === 'sandbox:exec' ? 'files' : 'done' };
  }
  const flags = command?.flags ?? globalFlags(commands);
  const value = valueOfFlag(word, line.flags.at(-1), flags, known);
  if (value) return value;
  if (word.startsWith('-')) return matching(word, namesOf(flags));
  return matching(
    word,
    command && command.id !== 'help'
      ? valuesOfArgument(command, line.words, known)
      : nextWords(line.words, commands, topics),
  );
}

/** @param last the flag before the word @returns null where the word is not the value of a flag */
function valueOfFlag(
  word: string,
  last: ReadFlag | undefined,
  flags: FlagTable,
  known: Known,
): Completion | null {
  const open = last && last.value === undefined ? flags[last.name ?? ''] : undefined;
  if (open?.type === 'option') return valuesOf(open, word, '', known);
  // Or it stands in the same word: `--node=`.
  const [prefix = ''] = /^--[^=]+=/.exec(word) ?? [];
  const flag = flags[typedNames(flags).get(prefix.slice(0, -1)) ?? ''];
  return flag?.type === 'option' ? valuesOf(flag, word, prefix, known) : null;
}

/** @param prefix what stands before the value in its word */
function valuesOf(
  { name, options, helpValue }: Command.Flag.Cached & { type: 'option' },
  word: string,
  prefix: string,
  known: Known,
): Completion {
  if (/\bFILE\b/.test(String(helpValue))) return { candidates: [], then: 'files' };
  const values = options?.map((one): Candidate => [one]) ?? known(name);
  return matching(
    word,
    values.map(([value, about]) => [prefix + value, about]),
  );
}

function namesOf(flags: FlagTable): Candidate[] {
  const long = [...typedNames(flags)].filter(([typed]) => typed.startsWith('--'));
  return [...long.map(([typed, name]): Candidate => [typed, flags[name]?.summary]), ['--help']];
}

/** @param words the command's own, and the arguments before it */
function valuesOfArgument(
  command: Commands[string],
  words: readonly string[],
  known: Known,
): readonly Candidate[] {
  const next = Object.values(command.args)[words.length - command.id.split(':').length];
  // The name of a new profile, or of a node, is a new one.
  const isNew = ['profiles:add', 'nodes:name'].includes(command.id) && next?.name === 'name';
  if (!next || isNew) return [];
  return next.options?.map((one): Candidate => [one]) ?? known(next.name.toUpperCase());
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

function matching(typed: string, candidates: readonly Candidate[]): Completion {
  const matches = candidates.filter(([value]) => value.startsWith(typed));
  return {
    candidates: matches,
    then: matches.some(([value]) => value.endsWith(':')) ? 'open' : 'done',
  };
}
