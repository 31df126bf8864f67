import type { Command } from '@oclif/core/command';
import { RUNTIMES, STATUSES, VERBS } from '../base/activity.js';
import { LdctlError } from '../base/errors.js';
import { plainText } from '../base/text.js';
import { ProfileStore } from '../config/profiles.js';
import { configDir } from '../config/settings.js';
import { flagNamed, globalFlags, readCommandLine } from './argv.js';
import { HELP_TOPICS } from './help.js';
import { readManifest, readPackage, type Host } from './host.js';
import { keptKeys, seenEntries, type SeenEntry } from './seen.js';

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

export type Commands = Readonly<Record<string, Command.Cached>>;
type Topics = Readonly<Record<string, { description?: string }>>;

/** What is known of values without asking a server. */
export interface Known {
  profiles: readonly Candidate[];
  deployments: readonly Candidate[];
  entries: readonly SeenEntry[];
  runs: readonly string[];
  rolls: readonly string[];
}

const NOTHING: Completion = { candidates: [], then: 'done' };
const FILES: Completion = { candidates: [], then: 'files' };
/** In characters; a terminal shows a line of it. */
const LONGEST_ABOUT = 100;

/**
 * Answers a completion script (`ldctl __complete WORDS…`): a line for each candidate, with a tab before what it is; then
 * `:files`, `:open` or `:done` (`Completion.then`). A value that a terminal would act on is left out.
 */
export async function answerCompletion(host: Host, words: readonly string[]): Promise<void> {
  const topics = readPackage(host.program).oclif.topics ?? {};
  const { candidates, then } = complete(words, readManifest(host.program).commands, topics, await knownHere(host));
  const lines = candidates
    .filter(({ value }) => plainText(value) === value)
    .map(({ value, about }) => (about === '' ? value : `${value}\t${plainText(about).slice(0, LONGEST_ABOUT)}`));
  host.output.stdout.write([...lines, `:${then}`, ''].join('\n'));
}

async function knownHere({ env, clock }: Host): Promise<Known> {
  const folder = await configDir(env);
  const profiles = profilesIn(folder, clock);
  return {
    profiles: profiles.map(({ name, deployment_name: about = '' }) => ({ value: name, about })),
    deployments: profiles.flatMap(({ name, deployment_id: id, deployment_name: value = id?.toString() }) =>
      value === undefined ? [] : [{ value, about: `of profile ${name}` }],
    ),
    entries: seenEntries(folder),
    runs: keptKeys(folder, 'runs', clock.now()),
    rolls: keptKeys(folder, 'rolls', clock.now()),
  };
}

/** A config that cannot be read has no profiles: at a Tab nothing is said of it. */
function profilesIn(folder: string, clock: Host['clock']) {
  try {
    return new ProfileStore(folder, clock).read().profiles;
  } catch (error) {
    if (error instanceof LdctlError) return [];
    throw error;
  }
}

/**
 * Completes the last of the words.
 * @param words what was typed after `ldctl`; the last one may be empty
 */
export function complete(words: readonly string[], commands: Commands, topics: Topics, known: Known): Completion {
  const word = words.at(-1) ?? '';
  const line = readCommandLine(words.slice(0, -1), commands);
  const command = line.id === null ? undefined : commands[line.id];
  if (line.rest.length > 0) return command?.id === 'sandbox:exec' ? FILES : NOTHING;

  const flags = command?.flags ?? globalFlags(commands);
  const last = line.flags.at(-1);
  const open = last?.value === null && last.name !== null ? flags[last.name] : undefined;
  if (open) return valuesOf(open, '', word, known);
  const [, begin, typed = ''] = /^(--[^=]+=)(.*)$/s.exec(word) ?? [];
  if (begin !== undefined) {
    const flag = flags[flagNamed(begin.slice(0, -1), flags) ?? ''];
    return flag?.type === 'option' ? valuesOf(flag, begin, typed, known) : NOTHING;
  }
  if (word.startsWith('-')) {
    const isFree = ({ name, hidden, ...flag }: Command.Flag.Cached): boolean =>
      !hidden && (('multiple' in flag && flag.multiple) || !line.flags.some((given) => given.name === name));
    return matching(word, flagNames(Object.values(flags).filter(isFree)));
  }

  if (!command) return matching(word, nextWords(line.words, commands, topics));
  const args = line.words.slice(command.id.split(':').length);
  if (command.id === 'help') {
    const explained = Object.entries(args.length === 0 ? HELP_TOPICS : {});
    return matching(word, [
      ...nextWords(args, commands, topics),
      ...explained.map(([value, about]) => ({ value, about })),
    ]);
  }
  const all = Object.values(command.args);
  const next = all[args.length] ?? (command.strict === false ? all.at(-1) : undefined);
  // A name for a new profile is a new one.
  if (!next || command.id === 'profiles:add') return NOTHING;
  const values = next.options ? plain(next.options) : (VALUES[next.name.toUpperCase()]?.(known) ?? []);
  return matching(
    word,
    values.filter(({ value }) => !args.includes(value)),
  );
}

/** Of flags, and in capitals of arguments. */
const VALUES: Readonly<Record<string, (known: Known) => readonly Candidate[]>> = {
  runtime: () => plain(RUNTIMES),
  RUNTIME: () => plain(RUNTIMES),
  action: () => plain(VERBS),
  // An id is to follow, or `--config`.
  ACTION: () => plain(VERBS.map((verb) => (verb === 'reconfigure' ? `${verb}:` : verb))),
  status: () => plain(Object.keys(STATUSES)),
  ID: ({ entries }) => entries.map(({ id, about }) => ({ value: id, about })),
  after: ({ entries }) => entries.map(({ id, about }) => ({ value: id, about })),
  node: ({ entries }) => plain([...new Set(entries.map(({ node }) => node))]),
  profile: ({ profiles }) => profiles,
  NAME: ({ profiles }) => profiles,
  deployment: ({ deployments }) => deployments,
  'idempotency-key': ({ runs }) => plain([...new Set(runs)]),
  resume: ({ rolls }) => plain([...rolls, 'last']),
};

/** The values of a flag behind `begin`; of one that takes a list, for what comes after the last comma. */
function valuesOf(flag: Command.Flag.Cached, begin: string, typed: string, known: Known): Completion {
  if (flag.type !== 'option' || /\bFILE\b/.test(String(flag.helpValue))) return FILES;
  const list = flag.multiple ? typed.slice(0, typed.lastIndexOf(',') + 1) : '';
  const values = flag.options ? plain(flag.options) : (VALUES[flag.name]?.(known) ?? []);
  const others = values.filter(({ value }) => !list.split(',').includes(value));
  const { candidates, then } = matching(typed.slice(list.length), others);
  return { candidates: candidates.map(({ value, about }) => ({ value: begin + list + value, about })), then };
}

function flagNames(flags: readonly Command.Flag.Cached[]): Candidate[] {
  const names = flags.flatMap((flag) => {
    const forms = flag.type === 'boolean' && flag.allowNo ? [flag.name, `no-${flag.name}`] : [flag.name];
    return forms.map((name) => ({ value: `--${name}`, about: aboutOf(flag) }));
  });
  return [...names, { value: '--help', about: 'Show help.' }];
}

/** The groups and commands that may come behind these words. */
function nextWords(words: readonly string[], commands: Commands, topics: Topics): Candidate[] {
  const begin = words.map((word) => `${word}:`).join('');
  const below = Object.values(commands).filter(({ id, hidden }) => !hidden && id.startsWith(begin));
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
