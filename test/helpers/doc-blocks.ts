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
  const root = readdirSync(ROOT).filter((name) => ['README.md', 'CONTRIBUTING.md'].includes(name));
  const docs = readdirSync(join(ROOT, 'docs'), { encoding: 'utf8', recursive: true }).filter((name) =>
    name.endsWith('.md'),
  );
  return [...root, ...docs.map((name) => `docs/${name.replaceAll('\\', '/')}`).sort()];
}

/** @param page a path from the root of the repository */
export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/**
 * The blocks of a page, in order.
 * @throws Error for a mark that no block follows, and for a block without an end
 */
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
  return language === 'console' ? transcript(lines) : script(lines);
}

function script(lines: readonly string[]): DocCommand[] {
  const commands: DocCommand[] = [];
  let text = '';
  for (const line of lines) {
    text = text === '' ? line : `${text}\n${line}`;
    if (!isWhole(text)) continue;
    if (text.trim() !== '') commands.push({ text, output: [], exitCode: Number(/# exit (\d+)/.exec(text)?.[1] ?? 0) });
    text = '';
  }
  if (text !== '') throw new Error(`not a command of a shell: ${text}`);
  return commands;
}

/** Whether a shell would not ask for more of it. */
function isWhole(text: string): boolean {
  return !text.endsWith('\\') && spawnSync('bash', ['-n', '-c', text]).status === 0;
}

function transcript(lines: readonly string[]): DocCommand[] {
  const starts = lines.flatMap((line, index) => (line.startsWith('$ ') ? [index] : []));
  if (starts[0] !== 0) throw new Error('a console block begins with a command: $ …');
  return starts.map((start, index) => {
    const all = lines.slice(start, starts[index + 1] ?? lines.length);
    const more = all.findIndex((line, at) => at > 0 && !line.startsWith('> '));
    const typed = more < 0 ? all : all.slice(0, more);
    const next = starts[index + 1];
    const told = next !== undefined && lines[next] === '$ echo $?' ? Number(lines[next + 1]) : 0;
    return {
      text: typed.map((line) => line.slice(2)).join('\n'),
      output: more < 0 ? [] : all.slice(more),
      exitCode: told,
    };
  });
}
