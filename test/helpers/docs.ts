import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.js';

/** A fenced block of a page, and what the comments right before it say about running it. */
export interface DocBlock {
  /** `docs/rolling.md:12`, the line of its first fence. */
  where: string;
  /** What follows the fence: `sh`, `console`, or nothing. */
  language: string;
  lines: readonly string[];
  /**
   * `<!-- name: value -->`: `not run` with the reason; `needs` with programs; `sandbox` with its
   * flags; `before` with shell that is run first; `with` with TypeScript that the program starts
   * with; `Enter after` with the questions at which Enter is pressed.
   */
  marks: ReadonlyMap<string, string>;
}

const MARK = /^<!-- (not run|needs|sandbox|before|with|Enter after): ?(.*) -->$/;
const FENCE = /^```(\w*)/;

/**
 * Every page that people wrote, or that shows commands: README, CONTRIBUTING and SECURITY at the
 * root, what agents read, and all below docs/.
 */
export function docPages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { encoding: 'utf8', recursive: true });
  const pages = docs
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  const skill = 'skills/ldctl/SKILL.md';
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', skill, ...pages.sort()];
}

/** @param page a path from the root of the repository */
export const readPage = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/**
 * The blocks of a page, in order.
 * @throws Error for a mark that no block follows, and for a block without an end
 */
export function blocksOf(page: string): DocBlock[] {
  const blocks: DocBlock[] = [];
  const lines = readPage(page).split('\n');
  let marks = new Map<string, string>();
  for (let at = 0; at < lines.length; at += 1) {
    const where = `${page}:${at + 1}`;
    const [, name, value = ''] = MARK.exec(lines[at] ?? '') ?? [];
    const [, language] = FENCE.exec(lines[at] ?? '') ?? [];
    if (name !== undefined) {
      marks.set(name, value.trim());
    } else if (language !== undefined) {
      const end = lines.indexOf('```', at + 1);
      if (end < 0) throw new Error(`${where}: a block without an end`);
      blocks.push({ where, language, lines: lines.slice(at + 1, end), marks });
      marks = new Map();
      at = end;
    } else if (marks.size > 0) {
      throw new Error(`${where}: a mark, and no block right after it`);
    }
  }
  return blocks;
}

/** A command as it is printed, and the exit code that it has to have. */
export interface DocCommand {
  text: string;
  exitCode: number;
}

/**
 * The commands of a block. In `sh` each ends with 0, or with what `# exit N` after it says. In
 * `console` they follow a `$`, and one that does not end with 0 is followed by `$ echo $?` and the
 * code.
 */
export function commandsOf({ language, lines }: DocBlock): DocCommand[] {
  if (language === 'console') {
    const [before, ...typed] = `${lines.join('\n')}\n`.split(/^\$ /m);
    if (before !== '') throw new Error('a console block starts with a command: $ …');
    return typed.map((text, index) => ({
      text: /^.*\n(> .*\n)*/.exec(text)?.[0].trimEnd().replaceAll('\n> ', '\n') ?? '',
      exitCode: Number(/^echo \$\?\n(\d+)/.exec(typed[index + 1] ?? '')?.[1] ?? 0),
    }));
  }
  const commands: DocCommand[] = [];
  let text = '';
  for (const line of lines) {
    text = text === '' ? line : `${text}\n${line}`;
    // Whether a shell would ask for more of it.
    if (text.endsWith('\\') || spawnSync('bash', ['-n', '-c', text]).status !== 0) continue;
    if (text.trim() !== '') {
      commands.push({ text, exitCode: Number(/# exit (\d+)/.exec(text)?.[1] ?? 0) });
    }
    text = '';
  }
  if (text !== '') throw new Error(`not a command of a shell: ${text}`);
  return commands;
}

/** What differs from run to run, and what stands in its place when two texts are compared. */
const VARYING: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UUID'],
  [/\b[0-9a-f]{32}\b/g, 'REQUEST'],
  [/\bld_pk_\S+/g, 'KEY'],
  [/\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?/g, 'TIME'],
  [/\b\d\d:\d\d:\d\dZ/g, 'TIME'],
  [/127\.0\.0\.1:\d+/g, 'HOST'],
  [/\b\d+(\.\d+)?(ms|s|m|h|d)( \d+(ms|s|m|h))*(?![\w.])/g, 'DURATION'],
  [/\bin \d+ days\b/g, 'in DAYS'],
  // The ids of a sandbox's tenant, deployments and nodes are always the same; those of its
  // activities are not.
  [/\b73\d{17}\b/g, 'ACTIVITY'],
  // A path and a reason have 2 s to be looked up, which a machine that stands still can use up.
  [/\bdeployment 7263012455120900033\b/g, 'platform/demo/sandbox'],
  [
    /^(\d+: its last completed action was|hint: The API and the log give no reason\.) .*$/gm,
    'REASON',
  ],
  [/ {2,}/g, '  '],
  [/ +$/gm, ''],
];

/** A text as it is compared: ids, times and durations may differ. */
export const shapeOf = (text: string): string =>
  VARYING.reduce((shape, [pattern, name]) => shape.replace(pattern, name), text);

/**
 * What matches the shapes of what a page shows: `…` stands for any text, and alone in a line for
 * any lines.
 */
export function patternOf(shown: readonly string[]): RegExp {
  const parts = `${shapeOf(shown.join('\n'))}\n`.split(/(^…\n|…)/m).map((part) => {
    if (part === '…') return '.*';
    return part === '…\n' ? '(?:.*\n)*' : part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join('')}$`);
}
