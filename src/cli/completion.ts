import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core/command';
import { RUNTIMES, STATUSES, VERBS, type Activity } from '../base/activity.js';
import { plainText } from '../base/text.js';
import { ensurePrivateFolder, FILE_MODE, readPrivateFile } from '../config/files.js';
import { recordedKeys } from '../config/journal.js';
import { ProfileStore } from '../config/profiles.js';
import { configDir } from '../config/settings.js';
import { flagNamed, globalFlags, readCommandLine } from './argv.js';
import { readManifest, readPackage, type Host } from './host.js';

export type Commands = Readonly<Record<string, Command.Cached>>;
type Topics = Readonly<Record<string, { description?: string }>>;

export interface Candidate {
  value: string;
  /** What it is, for shells that show it. */
  about: string;
}

/** What a shell is to offer for the word that is being typed. */
export interface Completion {
  candidates: readonly Candidate[];
  /** What the shell does beside: complete files, or leave no blank behind the word, since more of it may follow. */
  then: 'files' | 'open' | 'done';
}

/** What is known of values without asking a server. */
export interface Known {
  profiles: readonly Candidate[];
  /** Ids of activities. */
  entries: readonly Candidate[];
  nodes: readonly string[];
  runs: readonly string[];
  rolls: readonly string[];
}

/** The page of the log that was read last at a terminal, beside the profiles. */
const SEEN = 'seen.json';
type Seen = Array<{ id: string; node: string; about: string }>;

export function rememberEntries(folder: string, items: readonly Activity[]): void {
  const seen: Seen = items.map(({ id, node_id: node, action, runtime, status }) => ({
    ...{ id: String(id), node: String(node), about: `${action} ${runtime}, ${status}` },
  }));
  try {
    ensurePrivateFolder(folder);
    writeFileSync(join(folder, SEEN), `${JSON.stringify(seen)}\n`, { mode: FILE_MODE });
  } catch {
    // A home that cannot be written to.
  }
}

function knownIn(folder: string, clock: Host['clock']): Known {
  // At a Tab, nothing is said of what cannot be read.
  const orNone = <T>(read: () => T[]): T[] => {
    try {
      return read();
    } catch {
      return [];
    }
  };
  const keysOf = (kind: 'runs' | 'rolls', around: RegExp): string[] => [
    ...new Set(orNone(() => recordedKeys(folder, kind, clock)).map((key) => key.replace(around, ''))),
  ];
  const seen = orNone(() => JSON.parse(readPrivateFile(join(folder, SEEN)) ?? '[]') as Seen);
  const profiles = orNone(() => new ProfileStore(folder, clock).read().profiles);
  return {
    profiles: profiles.map(({ name, deployment_name: about = '' }) => ({ value: name, about })),
    entries: seen.map(({ id, about }) => ({ value: id, about })),
    nodes: [...new Set(seen.map(({ node }) => node))],
    // Of a run it is the key on the wire: where that has but a digest (`~`), the key itself is not known.
    runs: keysOf('runs', /\.[\da-f]{32}$/).filter((key) => !key.startsWith('~')),
    rolls: keysOf('rolls', /^\d+\./),
  };
}

/**
 * Answers a completion script (`ldctl __complete WORDS…`): a line for each candidate, with a tab before what it is; then
 * `:files`, `:open` or `:done` (`Completion.then`). A value that a terminal would act on is left out.
 */
export async function answerCompletion({ program, env, clock, output }: Host, words: readonly string[]): Promise<void> {
  const topics = readPackage(program).oclif.topics ?? {};
  const known = knownIn(await configDir(env), clock);
  const { candidates, then } = complete(words, readManifest(program).commands, topics, known);
  const lines = candidates
    .filter(({ value }) => plainText(value) === value)
    // A terminal shows a line of it.
    .map(({ value, about }) => (about === '' ? value : `${value}\t${plainText(about).slice(0, 100)}`));
  output.stdout.write([...lines, `:${then}`, ''].join('\n'));
}

/**
 * Completes the last of the words.
 * @param words what was typed after `ldctl`; the last one may be empty
 */
export function complete(words: readonly string[], commands: Commands, topics: Topics, known: Known): Completion {
  const word = words.at(-1) ?? '';
  const line = readCommandLine(words.slice(0, -1), commands);
  const command = line.id === null ? undefined : commands[line.id];
  if (line.rest.length > 0) return { candidates: [], then: command?.id === 'sandbox:exec' ? 'files' : 'done' };

  const flags = command?.flags ?? globalFlags(commands);
  const last = line.flags.at(-1);
  const open = last?.value === null ? flags[last.name ?? ''] : undefined;
  if (open) return valuesOf(open, '', word, known);
  const [, begin = '', typed = ''] = /^(--[^=]+=)(.*)$/s.exec(word) ?? [];
  const named = flags[flagNamed(begin.slice(0, -1), flags) ?? ''];
  if (named?.type === 'option') return valuesOf(named, begin, typed, known);
  if (word.startsWith('-')) {
    const isGiven = (name: string): boolean => line.flags.some((flag) => flag.name === name);
    const free = Object.values(flags).filter((flag) => ('multiple' in flag && flag.multiple) || !isGiven(flag.name));
    return matching(word, [...free.flatMap(flagNames), { value: '--help', about: 'Show help.' }]);
  }
  const args = line.words.slice(command?.id.split(':').length ?? 0);
  if (!command || command.id === 'help') return matching(word, nextWords(args, commands, topics));
  const all = Object.values(command.args);
  const next = all[args.length] ?? (command.strict === false ? all.at(-1) : undefined);
  // The name of a new profile is a new one.
  if (!next || command.id === 'profiles:add') return matching(word, []);
  const values = next.options ? plain(next.options) : (VALUES[next.name.toUpperCase()]?.(known) ?? []);
  const others = values.filter(({ value }) => !args.includes(value));
  return matching(word, others);
}

/** Of flags, and in capitals of arguments. */
const VALUES: Readonly<Record<string, (known: Known) => readonly Candidate[]>> = {
  runtime: () => plain(RUNTIMES),
  RUNTIME: () => plain(RUNTIMES),
  action: () => plain(VERBS),
  // An id is to follow, or `--config`.
  ACTION: () => plain(VERBS.map((verb) => (verb === 'reconfigure' ? `${verb}:` : verb))),
  status: () => plain(Object.keys(STATUSES)),
  ID: ({ entries }) => entries,
  after: ({ entries }) => entries,
  node: ({ nodes }) => plain(nodes),
  profile: ({ profiles }) => profiles,
  NAME: ({ profiles }) => profiles,
  'idempotency-key': ({ runs }) => plain(runs),
  resume: ({ rolls }) => plain([...rolls, 'last']),
};

/** The values of a flag behind `begin`; of one that takes a list, for what comes after the last comma. */
function valuesOf(flag: Command.Flag.Cached, begin: string, typed: string, known: Known): Completion {
  if (flag.type !== 'option' || /\bFILE\b/.test(String(flag.helpValue))) return { candidates: [], then: 'files' };
  const list = flag.multiple ? typed.slice(0, typed.lastIndexOf(',') + 1) : '';
  const values = flag.options ? plain(flag.options) : (VALUES[flag.name]?.(known) ?? []);
  const others = values.filter(({ value }) => !list.split(',').includes(value));
  const { candidates, then } = matching(typed.slice(list.length), others);
  return { candidates: candidates.map(({ value, about }) => ({ value: begin + list + value, about })), then };
}

function flagNames(flag: Command.Flag.Cached): Candidate[] {
  const forms = flag.type === 'boolean' && flag.allowNo ? [flag.name, `no-${flag.name}`] : [flag.name];
  return forms.map((name) => ({ value: `--${name}`, about: aboutOf(flag) }));
}

/** The groups and commands that may come behind these words. */
function nextWords(words: readonly string[], commands: Commands, topics: Topics): Candidate[] {
  const begin = words.map((word) => `${word}:`).join('');
  const below = Object.values(commands).filter(({ id }) => id.startsWith(begin));
  const next = below.map((command): [string, string] => {
    const [word = '', ...rest] = command.id.slice(begin.length).split(':');
    return [word, rest.length === 0 ? aboutOf(command) : (topics[word]?.description ?? '')];
  });
  return [...new Map(next)].map(([value, about]) => ({ value, about }));
}

function aboutOf({ summary, description }: { summary?: string; description?: string }): string {
  return (summary ?? description ?? '').split('\n')[0] ?? '';
}

function matching(typed: string, candidates: readonly Candidate[]): Completion {
  const matches = candidates.filter(({ value }) => value.startsWith(typed));
  return { candidates: matches, then: matches.some(({ value }) => value.endsWith(':')) ? 'open' : 'done' };
}

function plain(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value, about: '' }));
}
