import { readFileSync } from 'node:fs';
import type { Command } from '@oclif/core';
import type { Manifest, PJSON } from '@oclif/core/interfaces';
import { RUNTIMES, VERBS } from '../src/base/activity.js';
import { EXIT_CODES } from '../src/base/exit-codes.js';
import { wrapWords } from '../src/base/text.js';
import { ENVIRONMENT } from './environment.js';

/** Lines under a header, which may be empty. */
type Part = readonly [header: string, lines: readonly string[]];

/** As wide as the narrowest terminal that is still usual. */
const WIDTH = 80;
/** Flags of this many characters have their meaning beside them; longer ones below. */
const MOST_LEFT = 26;
const GLOBAL = 'GLOBAL';
/** Ways in, for whom ldctl is new. All of it fits on a screen of 24 lines, with the prompt below it. */
const START = [
  'TRY     ldctl sandbox exec -- bash      # on this machine, without an account',
  'SET UP  ldctl profiles add prod         # store a tenant, a key and a deployment',
  'LOOK    ldctl nodes list                # what runs on each node',
  '        ldctl activities list --watch   # what is going on, until it is done',
  'ACT     ldctl activities trigger iggy restart --node ID   # without --node: all',
  '        ldctl activities roll iggy restart --gate CMD     # one node at a time',
  `        runtimes: ${RUNTIMES.join('|')}; actions: ${VERBS.join('|')}:ID`,
];
const HELP = [
  'HELP    ldctl help COMMAND        # flags and examples',
  '        ldctl help environment    # the variables that ldctl reads',
  '        ldctl help exit-codes     # what each means, and if anything was sent',
  '        ldctl help agents         # what an agent that uses ldctl has to know',
];

/**
 * What explains all of ldctl (''), and each group, command and topic, by its words with colons
 * between.
 */
export function helpTexts(
  { commands }: Manifest,
  { description = '', oclif }: PJSON,
): Record<string, string> {
  const all = Object.values(commands);
  const groups = Object.entries(oclif.topics ?? {}).map(([name, { description: about = '' }]) => [
    name,
    about,
  ]);
  const list = (own: readonly Command.Cached[]) =>
    pairs(own.map((one) => [nameOf(one), one.summary ?? '']));
  const about = paragraph(`${description}.`);
  const others = all.filter(({ id }) => !id.includes(':') && id !== 'help').map(nameOf);
  const rows = [...groups, ['(none)', others.join(', ')]];
  const root = page(about, ['', START], ['GROUPS', pairs(rows)], ['', HELP]);
  const ofGroups = groups.map(([name = '', text = '']): [string, string] => {
    const usage: Part = ['USAGE', [`  $ ldctl ${name} COMMAND`]];
    const own = all.filter(({ id }) => id.startsWith(`${name}:`));
    const foot = paragraph(`\`ldctl ${name} COMMAND --help\` has more.`);
    return [name, page(paragraph(text), usage, ['COMMANDS', list(own)], foot)];
  });
  const ofCommands = all.map((command): [string, string] => [command.id, commandText(command)]);
  const topics = {
    ...{ '': root, 'exit-codes': exitCodes() },
    ...{ environment: environment(), 'global-flags': globalFlags(all), agents: agents() },
  };
  return { ...topics, ...Object.fromEntries([...ofGroups, ...ofCommands]) };
}

/** What an agent reads, without what only the loader of skills and the tests need. */
function agents(): string {
  const skill = readFileSync(new URL('../skills/ldctl/SKILL.md', import.meta.url), 'utf8');
  return skill.replace(/^---\n.*?\n---\n+/s, '').replaceAll(/^<!-- .* -->\n/gm, '');
}

function commandText(command: Command.Cached): string {
  const flags = Object.values(command.flags);
  const isGrouped = ({ helpGroup }: Command.Flag.Cached): number => Number(helpGroup !== undefined);
  // The flags of every command come first in the manifest, also where a command groups them anew.
  const own = flags
    .filter(({ helpGroup }) => helpGroup !== GLOBAL)
    .sort((a, b) => isGrouped(a) - isGrouped(b));
  const left = Math.max(
    0,
    ...own.map((flag) => flagText(flag).length).filter((length) => length <= MOST_LEFT),
  );
  const ofFlags = [...new Set(own.map(({ helpGroup }) => helpGroup))].flatMap((group) => {
    const rows = flagRows(
      own.filter((flag) => flag.helpGroup === group),
      left,
    );
    return [`${group ?? ''} FLAGS`.trim(), ...rows];
  });
  const shared = flags.filter(({ helpGroup }) => helpGroup === GLOBAL);
  const short = shared.flatMap(({ char }) => (char ? `-${char}` : []));
  const rest = `${short.join(', ')} and ${shared.length - short.length} more`;
  const args = Object.values(command.args).map(({ name, description = '' }) => [
    name.toUpperCase(),
    description,
  ]);
  // A command is never broken: it is there to be copied.
  const examples = [command.examples ?? []]
    .flat()
    .flatMap((one) =>
      typeof one === 'string' ? [`  $ ${one}`] : [`  ${one.description}:`, `  $ ${one.command}`],
    );
  return page(
    paragraph(command.summary ?? ''),
    ['USAGE', [`  $ ldctl ${usageOf(command)}`, ...pairs(args)]],
    ['EXAMPLES', examples],
    ['', [...ofFlags, `GLOBAL FLAGS  ${rest}: \`ldctl help global-flags\``]],
    ['DESCRIPTION', indented(command.description ?? '')],
  );
}

/** The command and its arguments. */
function usageOf(command: Command.Cached): string {
  const args = Object.values(command.args).map(({ name, required }) =>
    (required ? name : `[${name}]`).toUpperCase(),
  );
  return String(command.usage ?? [nameOf(command), ...args, '[FLAGS]'].join(' '));
}

function nameOf({ id }: Command.Cached): string {
  return id.replaceAll(':', ' ');
}

function globalFlags(commands: readonly Command.Cached[]): string {
  const ofEach = commands.map(({ flags }) =>
    Object.entries(flags).filter(([, { helpGroup }]) => helpGroup === GLOBAL),
  );
  // In the order of a command that has all of them.
  const flags = Object.fromEntries(ofEach.sort((a, b) => b.length - a.length).flat());
  const about =
    'These flags may stand anywhere on the command line. Only commands that call an API take the flags that choose the ' +
    'deployment, the API and the profile.';
  return page(paragraph(about), ['', flagRows(Object.values(flags), MOST_LEFT)]);
}

function environment(): string {
  const about =
    'A flag overrides a variable, and a variable overrides the current profile. With --profile, LD_* variables are ignored.';
  return page(paragraph(about), ['', pairs(ENVIRONMENT.map((row) => [...row]))]);
}

function exitCodes(): string {
  // The signals' dash is spared to terminals that know no more than ASCII.
  const codes = Object.values(EXIT_CODES);
  const rows = codes.map(({ code, meaning, sent, ci }) => [
    `${code}`,
    meaning,
    sent,
    ci.replace('–', '-'),
  ]);
  return page(
    paragraph('The exit code says how the command ended. It is the same in every output format.'),
    ['', columns([['CODE', 'MEANING', 'SENT?', 'A CI STEP WOULD'], ...rows], [4, 31, 14, 25])],
    paragraph(
      'After `trigger` and `roll`, 1, 2, 4, 5 and 6 mean that this command ran no action; once something was sent, such a failure is 7.',
    ),
    paragraph('If several apply, an interrupt comes first, then 7, 3, 9, 8.'),
  );
}

function flagRows(flags: readonly Command.Flag.Cached[], left: number): string[] {
  const rows = flags.map((flag) => {
    const meaning = flag.summary ?? flag.description ?? '';
    const isSaid = typeof flag.default !== 'string' || /\bdefault\b/i.test(meaning);
    return [flagText(flag), isSaid ? meaning : `${meaning} [default: ${flag.default}]`];
  });
  return pairs(rows, left);
}

function flagText(flag: Command.Flag.Cached): string {
  const char = flag.char === undefined ? '    ' : `-${flag.char}, `;
  if (flag.type === 'boolean') return `${char}--${flag.allowNo ? '[no-]' : ''}${flag.name}`;
  return `${char}--${flag.name} ${flag.options?.join('|') ?? String(flag.helpValue ?? 'VALUE')}`;
}

function page(...parts: Part[]): string {
  const filled = parts.filter(([, lines]) => lines.length > 0);
  return filled
    .map(([header, lines]) => [...(header ? [header] : []), ...lines, ''].join('\n'))
    .join('\n');
}

function paragraph(text: string): Part {
  return ['', wrapWords(text, WIDTH)];
}

function indented(text: string): string[] {
  return text === '' ? [] : wrapWords(text, WIDTH - 2).map((line) => `  ${line}`);
}

/** Two columns. A left cell that is longer than `left` has its meaning below. */
function pairs(
  rows: string[][],
  left = Math.max(0, ...rows.map(([cell = '']) => cell.length)),
): string[] {
  const lines = rows.flatMap(([cell = '', meaning = '']) => {
    const beside = columns([[cell.length > left ? '' : cell, meaning]], [left, WIDTH - left - 4]);
    return cell.length > left ? [cell, ...beside] : beside;
  });
  return lines.map((line) => `  ${line}`);
}

/** Two spaces apart; a cell that is too long continues in the next line. */
function columns(rows: string[][], widths: readonly number[]): string[] {
  return rows.flatMap((row) => {
    const cells = row.map((text, at) => wrapWords(text, widths[at] ?? WIDTH));
    const lines = Array.from({ length: Math.max(...cells.map(({ length }) => length)) }, (_, at) =>
      cells.map((cell, column) => (cell[at] ?? '').padEnd(widths[column] ?? 0)).join('  '),
    );
    return lines.map((line) => line.trimEnd());
  });
}
