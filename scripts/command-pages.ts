import type { Command, Config } from '@oclif/core';
import { commandHelp, summaryOf, usageOf } from '../src/cli/help.js';

/** Where the pages are, below the root of the repository. */
export const COMMANDS_FOLDER = 'docs/commands';
const INDEX = 'README.md';
const OTHERS = 'others';
const GLOBAL = 'GLOBAL';
/** At the top, or the foot, of a page that nobody is to change by hand. */
export const NOTE = '<!-- made by `npm run generate` -->';

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
    const sections = commands.map((command) => sectionOf(command));
    const shared = `What the [global flags](${INDEX}#global-flags) mean.`;
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
      const usage = headingOf(command);
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

function sectionOf(command: Command.Loadable): string {
  const [, ...parts] = commandHelp(command).split('\n\n');
  return [`## \`${headingOf(command)}\``, summaryOf(command), `\`\`\`\n${parts.join('\n\n').trimEnd()}\n\`\`\``].join(
    '\n\n',
  );
}

/** The command and its arguments, without its flags. */
function headingOf(command: Command.Loadable): string {
  return `ldctl ${usageOf(command).replace(' [FLAGS]', '')}`;
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
