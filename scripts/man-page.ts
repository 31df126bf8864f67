import { Help, toConfiguredId, type Command, type Config } from '@oclif/core';
import { EXIT_CODES } from '../src/base/exit-codes.js';
import { ENVIRONMENT } from '../src/cli/help/help-topics.js';
import { wrapWords } from '../src/base/text.js';
import { GLOBAL } from '../src/cli/help/command-help.js';
import { globalFlagRows } from '../src/cli/help/global-flags.js';

/** What dashes are written with makes lines longer. */
const LONGEST_LINE = 66;

/** A row of a list: a term, and what it means. */
type Row = readonly [term: string, meaning: string];

/** For the templates in summaries and examples. */
class Templates extends Help {
  of(text: string, command: Command.Loadable): string {
    return this.render(text.replaceAll('<%= command.id %>', toConfiguredId(command.id, this.config)));
  }
}

/**
 * The manual page `ldctl(1)` in the man(7) language, from the commands and the tables that help is made of. Without a date,
 * so that it is the same whenever it is made.
 */
export function manPage(config: Config): string {
  const templates = new Templates(config);
  const commands = config.commands.filter(({ hidden }) => !hidden).sort((a, b) => (a.id < b.id ? -1 : 1));
  const exitCodes = Object.values(EXIT_CODES).map(({ code, meaning, sent }): Row => [
    String(code),
    `${meaning}. Sent: ${sent}.`,
  ]);
  return [
    String.raw`.\" made by ${'`npm run generate`'}`,
    `.TH LDCTL 1 "" "${config.bin} ${config.version}" "User Commands"`,
    section('NAME'),
    paragraph(`${config.bin} - ${lowerFirst(String(config.pjson.description))}`),
    section('SYNOPSIS'),
    `.B ${config.bin}`,
    '.I COMMAND',
    '.RI [ FLAGS ]',
    section('COMMANDS'),
    ...commands.flatMap((command) => commandText(command, config, templates)),
    section('GLOBAL FLAGS'),
    'They may stand before the command as well as after it.',
    ...list(globalFlagRows()),
    section('EXIT STATUS'),
    ...list(exitCodes),
    section('ENVIRONMENT'),
    ...list(ENVIRONMENT),
    '',
  ].join('\n');
}

function commandText(command: Command.Loadable, config: Config, templates: Templates): string[] {
  const say = (text = ''): string => paragraph(templates.of(text.replace(/\n.*/s, ''), command));
  const args = Object.values(command.args).map(({ name, required }) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  const [usage] = [command.usage ?? []].flat();
  const title = usage === undefined ? [toConfiguredId(command.id, config), ...args].join(' ') : usage;
  const flags = Object.entries(command.flags).filter(
    ([, { hidden, helpGroup }]) => hidden !== true && helpGroup !== GLOBAL,
  );
  const examples = (command.examples ?? []).map((example) => (typeof example === 'string' ? example : example.command));
  return [
    `.SS ${roff(`${config.bin} ${title}`)}`,
    say(command.summary ?? command.description),
    ...(command.summary === undefined || command.description === undefined ? [] : ['.PP', say(command.description)]),
    ...list(
      flags.map(([name, flag]): Row => [
        flagText(name, flag),
        templates.of(flag.summary ?? flag.description ?? '', command),
      ]),
    ),
    ...(examples.length === 0
      ? []
      : ['.PP', 'Examples:', '.PP', '.nf', ...examples.map((example) => roff(templates.of(example, command))), '.fi']),
  ];
}

function flagText(name: string, flag: Command.Flag.Cached): string {
  const char = flag.char === undefined ? '' : `-${flag.char}, `;
  if (flag.type === 'boolean') return `${char}--${flag.allowNo ? '[no-]' : ''}${name}`;
  return `${char}--${name} ${flag.options?.join('|') ?? String(flag.helpValue ?? 'VALUE')}`;
}

function section(title: string): string {
  return `.SH ${title}`;
}

function list(rows: readonly Row[]): string[] {
  return rows.flatMap(([term, meaning]) => ['.TP', `.B ${roff(term)}`, paragraph(meaning)]);
}

function paragraph(text: string): string {
  const lines = wrapWords(text.replaceAll(/\s+/g, ' ').trim(), LONGEST_LINE).map(roff);
  return lines.join('\n') || '\\&';
}

/** Text as roff takes it for text: no line is a request, and a dash is what is typed. */
function roff(text: string): string {
  const plain = text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll('"', String.raw`\(dq`);
  const ascii = plain
    .replaceAll('–', String.raw`\(en`)
    .replaceAll('…', '...')
    .replaceAll(/[‘’]/g, String.raw`\(aq`);
  return ascii
    .replace(/^['.]/, String.raw`\&$&`)
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
