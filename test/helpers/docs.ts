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
   * `<!-- name: value -->`: `not run` with the reason; `needs` with programs; `sandbox` with its flags; `before` with shell that is run first;
   * `with` with TypeScript that the program begins with; `Enter after` with the questions at which Enter is pressed.
   */
  marks: ReadonlyMap<string, string>;
}

const MARK = /^<!-- (not run|needs|sandbox|before|with|Enter after): ?(.*) -->$/;
const FENCE = /^```(\w*)/;

/** Every page that people wrote, or that shows commands: README and CONTRIBUTING at the root, and all below docs/. */
export function docPages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { encoding: 'utf8', recursive: true });
  const pages = docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return ['README.md', 'CONTRIBUTING.md', ...pages.sort()];
}

/** @param page a path from the root of the repository */
export const readPage = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** The blocks of a page, in order. @throws Error for a mark that no block follows, and for a block without an end */
export function blocksOf(page: string, text = readPage(page)): DocBlock[] {
  const blocks: DocBlock[] = [];
  const lines = text.split('\n');
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

/** A command as it is printed, the exit code that it has to have, and the output that is shown below it. */
export interface DocCommand {
  text: string;
  output: readonly string[];
  exitCode: number;
}

/**
 * The commands of a block. In `sh` each ends with 0, or with what `# exit N` after it says. In `console` they follow a
 * `$`, and one that does not end with 0 is followed by `$ echo $?` and the code.
 */
export function commandsOf({ language, lines }: Pick<DocBlock, 'language' | 'lines'>): DocCommand[] {
  if (language !== 'console') return script(lines);
  const starts = lines.flatMap((line, index) => (line.startsWith('$ ') ? [index] : []));
  if (starts[0] !== 0) throw new Error('a console block begins with a command: $ …');
  return starts.map((start, index) => {
    const next = starts[index + 1] ?? lines.length;
    const all = lines.slice(start, next);
    const more = all.findIndex((line, at) => at > 0 && !line.startsWith('> '));
    const typed = more < 0 ? all : all.slice(0, more);
    return {
      text: typed.map((line) => line.slice(2)).join('\n'),
      output: more < 0 ? [] : all.slice(more),
      exitCode: lines[next] === '$ echo $?' ? Number(lines[next + 1]) : 0,
    };
  });
}

function script(lines: readonly string[]): DocCommand[] {
  const commands: DocCommand[] = [];
  let text = '';
  for (const line of lines) {
    text = text === '' ? line : `${text}\n${line}`;
    // Whether a shell would ask for more of it.
    if (text.endsWith('\\') || spawnSync('bash', ['-n', '-c', text]).status !== 0) continue;
    if (text.trim() !== '') commands.push({ text, output: [], exitCode: Number(/# exit (\d+)/.exec(text)?.[1] ?? 0) });
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
  // The ids of a sandbox's tenant, deployments and nodes are always the same; those of its activities are not.
  [/\b73\d{17}\b/g, 'ACTIVITY'],
  [/ {2,}/g, '  '],
];

const shapeOf = (line: string): string =>
  VARYING.reduce((text, [pattern, name]) => text.replace(pattern, name), line.trimEnd());

/**
 * The first line that is not as a page shows it, or null. In what is shown `…` stands for any text, and alone in a
 * line for any lines; ids, times and durations may differ.
 */
export function firstDifference(shown: readonly string[], printed: readonly string[]): string | null {
  const [want, ...rest] = shown;
  if (want === undefined) return printed.length === 0 ? null : `printed, and not shown: ${printed.join('\n')}`;
  if (want.trim() === '…') {
    const found = printed.findIndex((_line, from) => firstDifference(rest, printed.slice(from)) === null);
    return found >= 0 || rest.length === 0 ? null : `shown after …, and not printed: ${rest.join('\n')}`;
  }
  const [have, ...more] = printed;
  if (have === undefined) return `shown, and not printed: ${shown.join('\n')}`;
  const parts = shapeOf(want)
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  if (new RegExp(`^${parts.join('.*')}$`).test(shapeOf(have))) return firstDifference(rest, more);
  return `shown:   ${shapeOf(want)}\nprinted: ${shapeOf(have)}`;
}
