import type { Command } from '@oclif/core/command';
import type { PJSON } from '@oclif/core/interfaces';
import { EXIT_CODES, type ExitCode } from '../base/exit-codes.js';
import { wrapWords } from '../base/text.js';
import { painter, type Paint } from '../output/streams.js';
import { GLOBAL, globalFlags } from './argv.js';
import type { Host } from './host.js';
import { readManifest, readPackage } from './host.js';

/** What help is made of, as the manifest has it. */
export type HelpCommand = Pick<
  Command.Cached,
  'id' | 'summary' | 'description' | 'examples' | 'args' | 'flags' | 'usage' | 'hidden'
>;
export type HelpCommands = Readonly<Record<string, HelpCommand>>;

/** As wide as the narrowest terminal that is still usual. */
const WIDTH = 80;

/** What `ldctl help TOPIC` explains that belongs to no single command. */
export const HELP_TOPICS = {
  'exit-codes': 'What each exit code means, and whether anything was sent.',
  environment: 'The environment variables that are read.',
  'global-flags': 'The flags that go anywhere, and what they mean.',
} as const;

/** The variables that are read, and what each is. */
export const ENVIRONMENT: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ['LD_API_KEY', 'the API key'],
  ['LD_API_KEY_FILE', 'a file with the API key in it, as containers mount secrets'],
  ['LD_TENANT_ID', 'the tenant'],
  ['LD_API_URL', 'base URL of the Core API (never of the Supervisor)'],
  ['LD_SUPERVISOR_URL', "base URL of the deployment's Supervisor API"],
  ['LD_DEPLOYMENT_ID', 'the deployment, by id, name or path'],
  ['LD_PROFILE', 'the profile to use instead of the current one; other variables still win over it'],
  ['LDCTL_CONFIG_DIR', 'the folder of the profiles and of the run journal'],
  ['HTTPS_PROXY, NO_PROXY', 'the proxy for https, and the hosts that are reached without it'],
  ['NODE_EXTRA_CA_CERTS', 'a file of further certificate authorities to trust'],
  ['NO_COLOR', 'no colour, whatever the terminal'],
];

/** @throws UsageError where the words name nothing */
export async function printHelp({ program, output: { stdout } }: Host, words: readonly string[]): Promise<ExitCode> {
  const { commands } = readManifest(program);
  const text = helpText(words, commands, readPackage(program), painter(stdout.colour));
  if (text === null) throw (await import('./usage.js')).unknownCommand(words, commands);
  stdout.write(text);
  await stdout.drained();
  return EXIT_CODES.done.code;
}

/**
 * Help on what the words name: nothing, a topic, a group, or a command.
 * @returns null where they name nothing
 */
function helpText(words: readonly string[], commands: HelpCommands, pjson: PJSON, paint: Paint): string | null {
  const id = words.join(':');
  const command = commands[id];
  if (id === '') return rootHelp(commands, pjson, paint);
  if (id === 'exit-codes') return exitCodesText();
  if (id === 'environment') return environmentText();
  if (id === 'global-flags') return globalFlagsText(commands);
  if (command) return commandHelp(command, paint);
  const own = Object.values(commands).filter((one) => one.id.startsWith(`${id}:`) && !one.hidden);
  if (own.length === 0) return null;
  const about = pjson.oclif.topics?.[id]?.description ?? '';
  const rows = own.map((one) => [nameOf(one), summaryOf(one)] as const);
  const usage = section('USAGE', [`  $ ldctl ${id} COMMAND`], paint);
  return joined([about], usage, section('COMMANDS', columns(rows), paint), [
    `\`ldctl ${id} COMMAND --help\` has more.`,
  ]);
}

function rootHelp(commands: HelpCommands, { description = '', oclif }: PJSON, paint: Paint): string {
  const groups = Object.entries(oclif.topics ?? {}).map(([name, topic]) => [name, topic.description ?? ''] as const);
  const single = Object.values(commands).filter(({ id, hidden }) => !id.includes(':') && !hidden);
  const ways = [
    ['try it, with a LaserData in miniature', 'ldctl sandbox exec -- bash'],
    ['set up a tenant, a key and a deployment', 'ldctl profiles add prod'],
    ['act, and know how each node ended', 'ldctl activities trigger iggy restart'],
  ] as const;
  return joined(
    wrapWords(`${description}.`.replace(/\.\.$/, '.'), WIDTH),
    section('USAGE', ['  $ ldctl COMMAND'], paint),
    section('BEGIN', columns(ways.map(([why, how]) => [how, why] as const)), paint),
    section('GROUPS', columns(groups), paint),
    section('COMMANDS', columns(single.map((one) => [one.id, summaryOf(one)] as const)), paint),
    section(
      'MORE',
      columns(Object.entries(HELP_TOPICS).map(([name, about]) => [`help ${name}`, about] as const)),
      paint,
    ),
  );
}

export function commandHelp(command: HelpCommand, paint: Paint, { width = WIDTH, globals = true } = {}): string {
  const flags = Object.values(command.flags).filter(({ hidden }) => !hidden);
  const own = flags.filter(({ helpGroup }) => helpGroup !== GLOBAL);
  const place = (group = ''): number => GROUPS.indexOf(group);
  const groups = [...new Set(own.map(({ helpGroup }) => helpGroup))].sort((a, b) => place(a) - place(b));
  const rows = (group: string | undefined): Array<readonly [string, string]> =>
    own.filter(({ helpGroup }) => helpGroup === group).map((flag) => [flagText(flag), meaningOf(flag)] as const);
  const left = Math.max(0, ...own.map((flag) => flagText(flag).length).filter((length) => length <= MOST_LEFT));
  const shared = flags
    .filter(({ helpGroup }) => helpGroup === GLOBAL)
    .map(({ name, char }) => `${char ? `-${char}/` : ''}--${name}`);
  const summary = summaryOf(command);
  const about = (command.description ?? '').split('\n').filter((line) => line !== '' && line !== summary);
  const args = Object.values(command.args).map(
    ({ name, description = '' }) => [name.toUpperCase(), description] as const,
  );
  return joined(
    wrapWords(summary, width),
    section('USAGE', [`  $ ldctl ${usageOf(command)}`, ...columns(args, { width })], paint),
    section('EXAMPLES', examplesOf(command), paint),
    groups.flatMap((group) => section(`${group ?? ''} FLAGS`.trim(), columns(rows(group), { width, left }), paint)),
    about.length === 0 ? [] : section('DESCRIPTION', indented(plain(about.join(' '), command), width), paint),
    globals && shared.length > 0
      ? section('GLOBAL FLAGS', indented(`${shared.join(', ')}: \`ldctl help global-flags\``, width), paint)
      : [],
  );
}

/** Flags of this many characters have their meaning beside them; longer ones below. */
const MOST_LEFT = 26;
/** In which order groups of flags stand; others come first, as they are. */
const GROUPS = ['TARGET', 'CONSENT', 'FOLLOWING', 'SCRIPTS', 'ROLL'];

/** The command and its arguments. */
export function usageOf(command: HelpCommand): string {
  const [usage] = [command.usage ?? []].flat();
  const args = Object.values(command.args).map(({ name, required }) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  return usage ?? [nameOf(command), ...args, ...(Object.keys(command.flags).length > 0 ? ['[FLAGS]'] : [])].join(' ');
}

export function summaryOf(command: Pick<HelpCommand, 'id' | 'summary' | 'description'>): string {
  const [line = ''] = (command.summary ?? command.description ?? '').split('\n');
  return plain(line, command);
}

function nameOf({ id }: Pick<HelpCommand, 'id'>): string {
  return id.replaceAll(':', ' ');
}

/** A command is never broken: it is there to be copied. */
function examplesOf(command: HelpCommand): string[] {
  return [command.examples ?? []].flat().flatMap((example) => {
    if (typeof example === 'string') return [`  $ ${plain(example, command)}`];
    return [`  ${example.description}:`, `  $ ${plain(example.command, command)}`];
  });
}

/** Without the two of oclif's templates that are used. */
function plain(text: string, command: Pick<HelpCommand, 'id'>): string {
  return text.replaceAll('<%= config.bin %>', 'ldctl').replaceAll('<%= command.id %>', nameOf(command));
}

type Flag = Command.Flag.Cached;

function flagText(flag: Flag): string {
  const char = flag.char === undefined ? '    ' : `-${flag.char}, `;
  if (flag.type === 'boolean') return `${char}--${flag.allowNo ? '[no-]' : ''}${flag.name}`;
  const value = flag.options?.join('|') ?? flag.helpValue ?? 'VALUE';
  return `${char}--${flag.name} ${[value].flat().join(' ')}`;
}

function meaningOf(flag: Flag): string {
  const text = (flag.summary ?? flag.description ?? '').replaceAll('\n', ' ');
  const preset: unknown = flag.default;
  const isSaid = typeof preset !== 'string' && typeof preset !== 'number';
  return isSaid || /\b[Dd]efault\b/.test(text) ? text : `${text} [default: ${preset}]`;
}

function exitCodesText(): string {
  // The signals' dash is spared to terminals that know no more than ASCII.
  const rows = Object.values(EXIT_CODES).map(({ code, meaning, sent, ci }) => [
    String(code),
    meaning,
    sent,
    ci.replace('–', '-'),
  ]);
  const all = [['CODE', 'MEANING', 'SENT?', 'A CI STEP WOULD'], ...rows];
  return joined(
    ['The exit code says which way it ended, the same in every output format.'],
    all.flatMap((row) => laidOut(row, [4, 31, 14, 25])),
    [
      'From `trigger` and `roll`, 2, 4, 5 and 6 promise that nothing was carried out.',
      'When several apply: an interrupt, then 7, 3, 9, 8.',
    ],
  );
}

function environmentText(): string {
  const order =
    'A flag wins over the environment, the environment over the profile, the profile over the default. But a profile ' +
    'named by --profile is taken whole: the LD_* variables of the connection are then ignored.';
  return joined(
    wrapWords(order, WIDTH),
    ENVIRONMENT.flatMap((row) => laidOut(row, [21, 57])),
  );
}

function globalFlagsText(commands: HelpCommands): string {
  const where =
    'They go anywhere: before the group, between group and command, behind. Those that say which deployment, through ' +
    'which API and with which key are for the commands that call an API.';
  const rows = Object.values(globalFlags(commands)).map((flag) => [flagText(flag), meaningOf(flag)] as const);
  return joined(wrapWords(where, WIDTH), columns(rows, { left: MOST_LEFT }));
}

function section(header: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : [paint('bold', header), ...lines];
}

/** Parts with an empty line between them. */
function joined(...parts: ReadonlyArray<readonly string[]>): string {
  return parts
    .filter((part) => part.length > 0)
    .map((part) => `${part.join('\n')}\n`)
    .join('\n');
}

function indented(text: string, width: number): string[] {
  return wrapWords(text, width - 2).map((line) => `  ${line}`);
}

/** Rows of two columns, indented; a long left cell has its meaning below. */
function columns(rows: ReadonlyArray<readonly [string, string]>, { width = WIDTH, left = 0 } = {}): string[] {
  const first = Math.max(left, ...(left > 0 ? [] : rows.map(([cell]) => cell.length)));
  return rows.flatMap(([cell, text]) => {
    const lines = laidOut([cell.length > first ? '' : cell, text], [first, width - first - 4]).map(
      (line) => `  ${line}`,
    );
    return cell.length > first ? [`  ${cell}`, ...lines] : lines;
  });
}

/** A row in columns, two blanks apart; a cell too long for its column goes on in the next line. */
function laidOut(row: readonly string[], widths: readonly number[]): string[] {
  const cells = widths.map((width, index) => {
    const text = row[index] ?? '';
    return { width, lines: text.length <= width ? [text] : wrapWords(text, width) };
  });
  return Array.from({ length: Math.max(...cells.map(({ lines }) => lines.length)) }, (_, at) =>
    cells
      .map(({ width, lines }) => (lines[at] ?? '').padEnd(width))
      .join('  ')
      .trimEnd(),
  );
}
