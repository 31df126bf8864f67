import type { Command } from '@oclif/core/command';
import type { PJSON } from '@oclif/core/interfaces';
import { EXIT_CODES, type ExitCode } from '../base/exit-codes.js';
import { wrapWords } from '../base/text.js';
import { painter, type Paint } from '../output/streams.js';
import { GLOBAL, globalFlags } from './argv.js';
import { readManifest, readPackage, type Host } from './host.js';

/** What help is made of, as the manifest has it. */
export type HelpCommand = Pick<
  Command.Cached,
  'id' | 'summary' | 'description' | 'examples' | 'args' | 'flags' | 'usage' | 'hidden'
>;
type HelpCommands = Readonly<Record<string, HelpCommand>>;
type Row = readonly [string, string];
/** Lines under a header, which may be empty; close to the part before, or with an empty line between them. */
type Part = readonly [header: string, lines: readonly string[], isClose?: boolean];

/** As wide as the narrowest terminal that is still usual. */
const WIDTH = 80;
/** Flags of this many characters have their meaning beside them; longer ones below. */
const MOST_LEFT = 26;
/** In which order groups of flags stand; others come first, as they are. */
const GROUPS = ['TARGET', 'CONSENT', 'FOLLOWING', 'SCRIPTS', 'ROLL'];

/** What `ldctl help TOPIC` explains that belongs to no single command. */
const TOPICS: Readonly<Record<string, { about: string; parts: (commands: HelpCommands) => Part[] }>> = {
  'exit-codes': {
    about: 'What each exit code means, and whether anything was sent.',
    parts: () => [
      ['', ['The exit code says which way it ended, the same in every output format.']],
      ['', columns([['CODE', 'MEANING', 'SENT?', 'A CI STEP WOULD'], ...exitCodes()], [4, 31, 14, 25], '')],
      ['', ['From `trigger` and `roll`, 2, 4, 5 and 6 promise that nothing was carried out.']],
      ['', ['When several apply: an interrupt, then 7, 3, 9, 8.']],
    ],
  },
  'global-flags': {
    about: 'The flags that go anywhere, and what they mean.',
    parts: (commands) => [
      paragraph(
        'They go anywhere: before the group, between group and command, behind. Those that say which deployment, through ' +
          'which API and with which key are for the commands that call an API.',
      ),
      ['', flagRows(Object.values(globalFlags(commands)), MOST_LEFT)],
    ],
  },
};

/** @throws UsageError where the words name nothing */
export async function printHelp({ program, output: { stdout } }: Host, words: readonly string[]): Promise<ExitCode> {
  const { commands } = readManifest(program);
  const id = words.join(':');
  const command = commands[id];
  const parts = command
    ? commandParts(command)
    : (TOPICS[id]?.parts(commands) ?? groupParts(id, commands, readPackage(program)));
  if (parts === null) throw (await import('./usage.js')).unknownCommand(words, commands);
  stdout.write(joined(parts, painter(stdout.colour)));
  await stdout.drained();
  return EXIT_CODES.done.code;
}

/** @param id '' for all of ldctl @returns null where there is no such group */
function groupParts(id: string, commands: HelpCommands, { description = '', oclif }: PJSON): Part[] | null {
  const groups = Object.entries(oclif.topics ?? {}).map(([name, topic]): Row => [name, topic.description ?? '']);
  const own = Object.values(commands).filter(
    (one) => !one.hidden && (id === '' ? !one.id.includes(':') : one.id.startsWith(`${id}:`)),
  );
  const summaries = pairs(own.map((one) => [nameOf(one), summaryOf(one)]));
  if (id !== '') {
    const [, about = ''] = groups.find(([name]) => name === id) ?? [];
    const parts: Part[] = [
      ['', [about]],
      ['USAGE', [`  $ ldctl ${id} COMMAND`]],
      ['COMMANDS', summaries],
      ['', [`\`ldctl ${id} COMMAND --help\` has more.`]],
    ];
    return own.length === 0 ? null : parts;
  }
  const ways: Row[] = [
    ['ldctl sandbox exec -- bash', 'try it, with a LaserData in miniature'],
    ['ldctl profiles add prod', 'set up a tenant, a key and a deployment'],
    ['ldctl activities trigger iggy restart', 'act, and know how each node ended'],
  ];
  return [
    paragraph(`${description}.`),
    ['USAGE', ['  $ ldctl COMMAND']],
    ['BEGIN', pairs(ways)],
    ['GROUPS', pairs(groups)],
    ['COMMANDS', summaries],
    ['MORE', pairs(Object.entries(TOPICS).map(([name, { about }]) => [`help ${name}`, about]))],
  ];
}

export function commandHelp(command: HelpCommand): string {
  return joined(commandParts(command), (_style, text) => text);
}

function commandParts(command: HelpCommand): Part[] {
  const flags = Object.values(command.flags).filter(({ hidden }) => !hidden);
  const own = flags.filter(({ helpGroup }) => helpGroup !== GLOBAL);
  const place = (group: string): number => GROUPS.indexOf(group);
  const groups = [...new Set(own.map(({ helpGroup = '' }) => helpGroup))].sort((a, b) => place(a) - place(b));
  const left = Math.max(0, ...own.map((flag) => flagText(flag).length).filter((length) => length <= MOST_LEFT));
  const shared = flags
    .filter(({ helpGroup }) => helpGroup === GLOBAL)
    .map(({ name, char }) => `${char ? `-${char}/` : ''}--${name}`);
  const about = command.summary === undefined ? '' : plain(command.description ?? '', command);
  const args = Object.values(command.args).map(({ name, description = '' }): Row => [name.toUpperCase(), description]);
  const examples = [command.examples ?? []].flat().flatMap((example) => {
    // A command is never broken: it is there to be copied.
    if (typeof example === 'string') return [`  $ ${plain(example, command)}`];
    return [`  ${example.description}:`, `  $ ${plain(example.command, command)}`];
  });
  const flagParts = groups.map((group, at): Part => {
    const ofGroup = own.filter(({ helpGroup = '' }) => helpGroup === group);
    return [`${group} FLAGS`.trim(), flagRows(ofGroup, left), at > 0];
  });
  return [
    paragraph(summaryOf(command)),
    ['USAGE', [`  $ ldctl ${usageOf(command)}`, ...pairs(args)]],
    ['EXAMPLES', examples],
    ...flagParts,
    ['DESCRIPTION', about === '' ? [] : columns([[about]], [WIDTH - 2])],
    ['GLOBAL FLAGS', columns([[`${shared.join(', ')}: \`ldctl help global-flags\``]], [WIDTH - 2])],
  ];
}

/** The command and its arguments. */
export function usageOf(command: HelpCommand): string {
  const [usage] = [command.usage ?? []].flat();
  const args = Object.values(command.args).map(({ name, required }) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  return usage ?? [nameOf(command), ...args, '[FLAGS]'].join(' ');
}

export function summaryOf(command: HelpCommand): string {
  return plain((command.summary ?? command.description ?? '').split('\n')[0] ?? '', command);
}

function nameOf({ id }: HelpCommand): string {
  return id.replaceAll(':', ' ');
}

/** Without the two of oclif's templates that are used. */
function plain(text: string, command: HelpCommand): string {
  return text.replaceAll('<%= config.bin %>', 'ldctl').replaceAll('<%= command.id %>', nameOf(command));
}

function flagRows(flags: readonly Command.Flag.Cached[], left: number): string[] {
  const meaningOf = (flag: Command.Flag.Cached): string => {
    const text = (flag.summary ?? flag.description ?? '').replaceAll('\n', ' ');
    const isSaid = typeof flag.default !== 'string' || /\bdefault\b/i.test(text);
    return isSaid ? text : `${text} [default: ${flag.default}]`;
  };
  return pairs(
    flags.map((flag) => [flagText(flag), meaningOf(flag)]),
    left,
  );
}

function flagText(flag: Command.Flag.Cached): string {
  const char = flag.char === undefined ? '    ' : `-${flag.char}, `;
  if (flag.type === 'boolean') return `${char}--${flag.allowNo ? '[no-]' : ''}${flag.name}`;
  return `${char}--${flag.name} ${flag.options?.join('|') ?? String(flag.helpValue ?? 'VALUE')}`;
}

function exitCodes(): string[][] {
  // The signals' dash is spared to terminals that know no more than ASCII.
  return Object.values(EXIT_CODES).map(({ code, meaning, sent, ci }) => [
    `${code}`,
    meaning,
    sent,
    ci.replace('–', '-'),
  ]);
}

function paragraph(text: string): Part {
  return ['', wrapWords(text, WIDTH)];
}

function joined(parts: readonly Part[], paint: Paint): string {
  const blocks = parts
    .filter(([, lines]) => lines.length > 0)
    .map(([header, lines, isClose]) => {
      const title = header === '' ? [] : [paint('bold', header)];
      return [...(isClose ? [] : ['']), ...title, ...lines, ''].join('\n');
    });
  return blocks.join('').slice(1);
}

/** A left cell that is longer than `left` has its meaning below. */
function pairs(all: readonly Row[], left = Math.max(0, ...all.map(([cell]) => cell.length))): string[] {
  const widths = [left, WIDTH - left - 4];
  return all.flatMap(([cell, text]) =>
    cell.length > left ? [`  ${cell}`, ...columns([['', text]], widths)] : columns([[cell, text]], widths),
  );
}

/** Two blanks apart; a cell that is too long goes on in the next line. */
function columns(rows: ReadonlyArray<readonly string[]>, widths: readonly number[], indent = '  '): string[] {
  return rows.flatMap((row) => {
    const cells = row.map((text, at) => {
      const width = widths[at] ?? WIDTH;
      return text.length <= width ? [text] : wrapWords(text, width);
    });
    return Array.from({ length: Math.max(...cells.map((lines) => lines.length)) }, (_, at) => {
      const line = cells.map((lines, column) => (lines[at] ?? '').padEnd(widths[column] ?? 0)).join('  ');
      return `${indent}${line}`.trimEnd();
    });
  });
}
