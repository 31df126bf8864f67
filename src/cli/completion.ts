import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUNTIMES, STATUSES, VERBS, type Activity } from '../base/activity.js';
import { plainText } from '../base/text.js';
import { ensurePrivateFolder, FILE_MODE, readPrivateFile } from '../config/files.js';
import { NodeNameStore } from '../config/node-names.js';
import { ProfileStore } from '../config/profiles.js';
import { configDir } from '../config/settings.js';
import { globalFlags, readCommandLine, typedNames } from './argv.js';
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

/**
 * Of each entry of the page of the log that was read last at a terminal: its id, what it is, and
 * its node.
 */
type Seen = Array<[id: string, about: string, node: string]>;
const SEEN = 'seen.json';

export function rememberEntries(folder: string, items: readonly Activity[]): void {
  const about = ({ action, runtime, status }: Activity) => `${action} ${runtime}, ${status}`;
  const seen: Seen = items.map((entry) => [String(entry.id), about(entry), String(entry.node_id)]);
  try {
    ensurePrivateFolder(folder);
    writeFileSync(join(folder, SEEN), `${JSON.stringify(seen)}\n`, { mode: FILE_MODE });
  } catch {
    // A home that cannot be written to.
  }
}

/**
 * What is known, without asking a server, of the values of a flag, or of an argument, whose name is
 * in capitals.
 */
type Known = (name: string) => readonly Candidate[];

function knownIn(folder: string, clock: Host['clock']): Known {
  const words = (all: readonly string[]) => all.map((word): Candidate => [word]);
  const seen = () => JSON.parse(readPrivateFile(join(folder, SEEN)) ?? '[]') as Seen;
  const store = new ProfileStore(folder, clock);
  const entries = () => seen().map(([id, about]): Candidate => [id, about]);
  const profiles = () =>
    store.read().profiles.map(({ name, deployment_name: about }): Candidate => [name, about]);
  const nodes = () => {
    const names = new NodeNameStore(folder, store).read(null);
    const others = seen().flatMap(([, , node]) => (names.has(BigInt(node)) ? [] : [node]));
    return [...[...names].map(([id, name]): Candidate => [name, String(id)]), ...words(others)];
  };
  const values: Readonly<Record<string, () => readonly Candidate[]>> = {
    runtime: () => words(RUNTIMES),
    RUNTIME: () => words(RUNTIMES),
    action: () => words(VERBS),
    // An id is to follow, or `--config`.
    ACTION: () => words(VERBS.map((verb) => (verb === 'reconfigure' ? `${verb}:` : verb))),
    status: () => words(Object.keys(STATUSES)),
    ID: entries,
    after: entries,
    profile: profiles,
    NAME: profiles,
    resume: () => [['last']],
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
export async function answerCompletion(
  { program, env, clock, output }: Host,
  words: readonly string[],
): Promise<void> {
  const topics = readPackage(program).oclif.topics ?? {};
  const known = knownIn(await configDir(env), clock);
  const { candidates, then } = complete(words, readManifest(program).commands, topics, known);
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
  const names = typedNames(flags);
  const last = line.flags.at(-1);
  const open = last?.value === undefined ? flags[last?.name ?? ''] : undefined;
  const [, begin = ''] = /^(--[^=]+=)/.exec(word) ?? [];
  const flag = open?.type === 'option' ? open : flags[names.get(begin.slice(0, -1)) ?? ''];
  if (flag?.type === 'option') {
    if (/\bFILE\b/.test(String(flag.helpValue))) return { candidates: [], then: 'files' };
    const values = flag.options?.map((one): Candidate => [one]) ?? known(flag.name);
    return matching(word, open ? values : values.map(([value, about]) => [begin + value, about]));
  }
  if (word.startsWith('-')) {
    const long = [...names].filter(([typed]) => typed.startsWith('--'));
    return matching(word, [
      ...long.map(([typed, name]): Candidate => [typed, flags[name]?.summary]),
      ['--help'],
    ]);
  }
  const args = line.words.slice(command?.id.split(':').length ?? 0);
  if (!command || command.id === 'help') return matching(word, nextWords(args, commands, topics));
  const all = Object.values(command.args);
  const next = all[args.length] ?? (command.strict === false ? all.at(-1) : undefined);
  // The name of a new profile, or of a node, is a new one.
  const isNew = ['profiles:add', 'nodes:name'].includes(command.id) && next?.name === 'name';
  if (!next || isNew) return matching(word, []);
  return matching(word, next.options?.map((one) => [one]) ?? known(next.name.toUpperCase()));
}

/** The groups and commands that may come after these words. */
function nextWords(words: readonly string[], commands: Commands, topics: Topics): Candidate[] {
  const begin = words.map((word) => `${word}:`).join('');
  const below = Object.values(commands).filter(({ id }) => id.startsWith(begin));
  const next = below.map((command): [string, string | undefined] => {
    const [word = '', ...rest] = command.id.slice(begin.length).split(':');
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
