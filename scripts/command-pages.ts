import type { Manifest, PJSON } from '@oclif/core/interfaces';
import { helpTexts } from './help.js';

/** Where the pages are, below the root of the repository. */
export const COMMANDS_FOLDER = 'docs/commands';
const INDEX = 'README.md';
const OTHERS = 'others';
/** At the top of a page that nobody is to change by hand. */
const NOTE = '<!-- made by `npm run generate` -->';

/** A command with its help, and what it is called with, without its flags. */
interface Shown {
  group: string;
  heading: string;
  summary: string;
  text: string;
}

/**
 * The reference of all commands as Markdown: a page for each group, one for the commands without a
 * group, and an index, which has the flags that all share.
 * @returns texts by the names of their files in `COMMANDS_FOLDER`
 */
export function commandPages(manifest: Manifest, pjson: PJSON): ReadonlyMap<string, string> {
  const all = shownOf(manifest, pjson);
  const pages = new Map<string, string>();
  for (const group of new Set(all.map((one) => one.group))) {
    const title = group === OTHERS ? 'Other commands' : `\`ldctl ${group}\``;
    const sections = all
      .filter((one) => one.group === group)
      .map(({ heading, summary, text }) => `## \`${heading}\`\n\n${summary}\n\n${fenced(text)}`);
    const about = pjson.oclif.topics?.[group]?.description ?? '';
    const shared = `What the [global flags](${INDEX}#global-flags) mean.`;
    pages.set(`${group}.md`, page(title, about, shared, ...sections));
  }
  const flags = fenced(helpTexts(manifest, pjson)['global-flags'] ?? '');
  return pages.set(INDEX, page('Commands', tableOf(all).join('\n'), '## Global flags', flags));
}

/** Every command with what it does, a row each, and a link to its section. */
function tableOf(all: readonly Shown[]): string[] {
  const rows = all.map(
    ({ group, heading, summary }) =>
      `| [\`${heading}\`](${group}.md#${anchorOf(heading)}) | ${summary} |`,
  );
  return ['| command | does |', '|---|---|', ...rows];
}

/** By their groups; those without one come last. */
function shownOf(manifest: Manifest, pjson: PJSON): Shown[] {
  const texts = helpTexts(manifest, pjson);
  const all = Object.values(manifest.commands).map(({ id, summary = '' }) => {
    const text = texts[id] ?? '';
    const [, usage = ''] = /^ {2}\$ (.*)$/m.exec(text) ?? [];
    return {
      group: id.includes(':') ? id.replace(/:.*/, '') : OTHERS,
      heading: usage.replace(' [FLAGS]', ''),
      summary,
      text: text.slice(text.indexOf('\n\n') + 2),
    };
  });
  return [
    ...all.filter(({ group }) => group !== OTHERS),
    ...all.filter(({ group }) => group === OTHERS),
  ];
}

function page(title: string, ...parts: string[]): string {
  return `${[NOTE, `# ${title}`, ...parts.filter(Boolean)].join('\n\n')}\n`;
}

function fenced(text: string): string {
  return `\`\`\`\n${text.trimEnd()}\n\`\`\``;
}

/** As GitHub makes the anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
