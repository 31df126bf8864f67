import { HELP_TOPICS } from '../help.js';
import { flagNamed, flagsFor, readLine, type Commands, type Flag, type TypedLine } from './typed-line.js';
import { argumentValues, flagValues, type Candidate, type Stored } from './values.js';

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
export function complete(words: readonly string[], commands: Commands, stored: Stored): Completion {
  const word = words.at(-1) ?? '';
  const line = readLine(words.slice(0, -1), commands);
  if (line.isOver) return line.command?.id === 'sandbox:exec' ? FILES : NOTHING;
  if (line.open) return valuesOf(line.open, word, { line, stored });
  const equals = word.indexOf('=');
  if (word.startsWith('--') && equals > 0) {
    const flag = flagNamed(word.slice(2, equals), flagsFor(line.words, commands));
    if (flag?.type !== 'option') return NOTHING;
    return prefixed(word.slice(0, equals + 1), valuesOf(flag, word.slice(equals + 1), { line, stored }));
  }
  if (word.startsWith('-')) return matching(word, flagNames(line, commands));
  if (line.command === null) return matching(word, nextWords(line.words, commands));
  if (line.command.id === 'help') return matching(word, [...nextWords(line.args, commands), ...helpTopics(line.args)]);
  return matching(word, argumentValues(line, stored));
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

function flagNames({ words, given }: TypedLine, commands: Commands): Candidate[] {
  const free = flagsFor(words, commands).filter(
    (flag) => !given.has(flag.name) || (flag.type === 'option' && flag.multiple),
  );
  const names = free.flatMap((flag): Candidate[] => {
    const own = { value: `--${flag.name}`, about: aboutOf(flag) };
    return flag.type === 'boolean' && flag.allowNo ? [own, { value: `--no-${flag.name}`, about: own.about }] : [own];
  });
  return [...names, { value: '--help', about: 'Show help.' }];
}

function nextWords(words: readonly string[], commands: Commands): Candidate[] {
  const begin = words.map((word) => `${word}:`).join('');
  const below = Object.values(commands).filter(({ id, hidden }) => !hidden && id.startsWith(begin));
  const next = below.map((command): [string, string] => {
    const [word = '', ...rest] = command.id.slice(begin.length).split(':');
    return [word, rest.length === 0 ? aboutOf(command) : ''];
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
