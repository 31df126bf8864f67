import { CommandHelp, Help, toConfiguredId, type Command, type Config } from '@oclif/core';
import { unbroken } from '../src/cli/help/command-help.js';

/** Where the pages are, below the root of the repository. */
export const COMMANDS_FOLDER = 'docs/commands';
const INDEX = 'README.md';
const OTHERS = 'others';
const GLOBAL = 'GLOBAL';
/** Characters in a line of help. */
const WIDTH = 120;
/** At the top, or the foot, of a page that nobody is to change by hand. */
export const NOTE = '<!-- made by `npm run generate` -->';

class PageCommandHelp extends CommandHelp {
  protected override examples(examples: Parameters<typeof unbroken>[0]): string | undefined {
    return unbroken(examples, (held) => super.examples(held));
  }
}

class PageHelp extends Help {
  protected override CommandHelpClass = PageCommandHelp;

  textOf(command: Command.Loadable): string {
    return this.formatCommand(command).trim();
  }
}

/**
 * The reference of all commands as Markdown: a page for each topic, one for the commands without a topic, and an index,
 * which has the flags that all share.
 * @returns texts by the names of their files in `COMMANDS_FOLDER`
 */
export function commandPages(config: Config): ReadonlyMap<string, string> {
  const pages = new Map<string, string>();
  for (const [group, commands] of groupsOf(config)) {
    const topic = config.topics.find(({ name }) => name === group);
    const title = topic ? `\`${config.bin} ${group}\`` : 'Other commands';
    const sections = commands.map((command) => sectionOf(command, config));
    const shared = `The [global flags](${INDEX}#global-flags) are left out here.`;
    pages.set(`${group}.md`, page(title, ...(topic?.description ? [topic.description] : []), shared, ...sections));
  }
  return pages.set(
    INDEX,
    page('Commands', commandTable(config, '').join('\n'), '## Global flags', globalFlags(config).join('\n')),
  );
}

/** Every command with what it does, a row each, and a link to its section. @param base what the links begin with */
export function commandTable(config: Config, base: string): string[] {
  const rows = groupsOf(config).flatMap(([group, commands]) =>
    commands.map((command) => {
      const usage = usageOf(command, config);
      return `| [\`${usage}\`](${base}${group}.md#${anchorOf(usage)}) | ${summaryOf(command)} |`;
    }),
  );
  return ['| command | does |', '|---|---|', ...rows];
}

function page(title: string, ...parts: string[]): string {
  return `${[NOTE, `# ${title}`, ...parts].join('\n\n')}\n`;
}

/** Commands by the first of their words, and by `OTHERS` those of a single word, which come last. */
function groupsOf(config: Config): ReadonlyArray<readonly [group: string, commands: readonly Command.Loadable[]]> {
  const commands = config.commands.filter(({ hidden }) => !hidden).sort((a, b) => (a.id < b.id ? -1 : 1));
  const names = new Set(commands.map(groupOf));
  return [...names]
    .sort((a, b) => Number(a === OTHERS) - Number(b === OTHERS))
    .map((group) => [group, commands.filter((command) => groupOf(command) === group)]);
}

function groupOf({ id }: Command.Loadable): string {
  const [topic, ...words] = id.split(':');
  return topic === undefined || words.length === 0 ? OTHERS : topic;
}

function sectionOf(command: Command.Loadable, config: Config): string {
  const help = new PageHelp(config, {
    maxWidth: WIDTH,
    respectNoCacheDefault: true,
    stripAnsi: true,
    hideCommandSummaryInDescription: true,
  });
  const flags = Object.fromEntries(Object.entries(command.flags).filter(([, { helpGroup }]) => helpGroup !== GLOBAL));
  const usage = usageOf(command, config);
  const hasFlags = Object.keys(flags).length > 0 && !usage.includes('[FLAGS]');
  const text = help.textOf({
    ...command,
    flags,
    usage: `${usage.slice(config.bin.length + 1)}${hasFlags ? ' [FLAGS]' : ''}`,
  });
  return [`## \`${usage}\``, summaryOf(command), `\`\`\`\n${withoutGaps(text)}\n\`\`\``].join('\n\n');
}

/** Examples without empty lines between them. */
function withoutGaps(help: string): string {
  const [before, examples] = help.split('\nEXAMPLES\n');
  return examples === undefined ? help : `${before ?? ''}\nEXAMPLES\n${examples.replaceAll('\n\n', '\n')}`;
}

/** The command and its arguments, without its flags. */
function usageOf({ id, args, usage }: Command.Loadable, config: Config): string {
  const [own] = [usage ?? []].flat();
  const names = Object.values(args).map(({ name, required }) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  return [config.bin, own ?? [toConfiguredId(id, config), ...names]].flat().join(' ');
}

function summaryOf({ summary, description }: Command.Loadable): string {
  const [line = ''] = (summary ?? description ?? '').split('\n');
  return line.replaceAll('<%= config.bin %>', 'ldctl');
}

/** As GitHub makes the anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function globalFlags(config: Config): string[] {
  const own = config.commands.filter(({ flags }) => Object.values(flags).some(({ helpGroup }) => helpGroup === GLOBAL));
  const names = [
    ...new Set(own.flatMap(({ flags }) => Object.keys(flags).filter((name) => flags[name]?.helpGroup === GLOBAL))),
  ];
  const rows = names.sort().map((name) => {
    const takers = own.filter(({ flags }) => flags[name]?.helpGroup === GLOBAL);
    const by = takers.length === own.length ? 'all' : [...new Set(takers.map(({ id }) => id.split(':')[0]))].join(', ');
    const [flag] = takers.flatMap(({ flags }) => flags[name] ?? []);
    return `| \`${flag === undefined ? name : flagText(name, flag)}\` | ${flag?.summary ?? ''} | ${by} |`;
  });
  return ['| flag | meaning | taken by |', '|---|---|---|', ...rows];
}

function flagText(name: string, flag: Command.Flag.Cached): string {
  const value = flag.type === 'option' ? ` ${flag.options?.join('|') ?? String(flag.helpValue)}` : '';
  return `${flag.char === undefined ? '' : `-${flag.char}, `}--${name}${value}`.replaceAll('|', String.raw`\|`);
}
