import { parse } from 'shell-quote';

/** What one line of a shell does, of the little that sessions need. */
export type Task =
  | { do: 'ldctl'; argv: string[]; env: Record<string, string>; input: string; to: string | null }
  | { do: 'write'; file: string; text: string }
  | { do: 'cat' | 'rm'; file: string }
  | { do: 'export'; env: Record<string, string> }
  | { do: 'unset'; names: string[] };

const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s;

/**
 * Reads a line as a shell does: quotes, `$VAR`, `VAR=x ldctl …`, `echo TEXT | ldctl …`,
 * `ldctl … < FILE`, `… > FILE`, and `cat`, `rm`, `export` and `unset`.
 * @param lookUp the value of a variable, or of a file
 * @throws Error for anything else
 */
export function readTask(
  line: string,
  lookUp: { variable: (name: string) => string; file: (name: string) => string },
): Task {
  const [first = [], second, ...more] = split(parse(line, lookUp.variable));
  if (more.length > 0) throw new Error('more than one |');
  const { words, input, to } = redirected(first, lookUp.file);
  const [program = '', ...rest] = words;
  if (second) {
    if (program !== 'echo') throw new Error('before | there may only be echo');
    const piped = readWords(redirected(second, lookUp.file));
    if (piped.do !== 'ldctl') throw new Error('after | there may only be ldctl');
    return { ...piped, input: echoed(rest) };
  }
  return readWords({ words, input, to });
}

/** As in dash, `\\n` ends a line, and `\\r` is what Windows has before it. */
const echoed = (words: readonly string[]) =>
  `${words.join(' ').replaceAll('\\r', '\r').replaceAll('\\n', '\n')}\n`;

type Entry = ReturnType<typeof parse>[number];

function split(entries: Entry[]): Entry[][] {
  const parts: Entry[][] = [[]];
  for (const entry of entries) {
    if (typeof entry === 'object' && 'op' in entry && entry.op === '|') parts.push([]);
    else parts.at(-1)?.push(entry);
  }
  return parts;
}

interface Redirected {
  words: string[];
  input: string;
  to: string | null;
}

/** Takes `< FILE` and `> FILE` out of the words. */
function redirected(entries: Entry[], read: (file: string) => string): Redirected {
  const words: string[] = [];
  let [input, to]: [string, string | null] = ['', null];
  for (let at = 0; at < entries.length; at += 1) {
    const entry = entries[at];
    if (typeof entry === 'string') words.push(entry);
    else {
      const file = entries[at + 1];
      const op = entry && 'op' in entry ? entry.op : '#';
      if (typeof file !== 'string' || (op !== '<' && op !== '>')) {
        throw new Error(`this shell does not know ${op === 'glob' ? 'globs' : op}: quote it`);
      }
      if (op === '<') input = read(file);
      else to = file;
      at += 1;
    }
  }
  return { words, input, to };
}

function readWords({ words, input, to }: Redirected): Task {
  const program = words.findIndex((word) => !ASSIGNMENT.test(word));
  const [name = '', ...args] = program < 0 ? [] : words.slice(program);
  const task: Task | null =
    name === 'ldctl'
      ? { do: name, argv: args, env: envOf(words.slice(0, program)), input, to }
      : builtIn(name, args, to);
  if (!task) throw new Error(`this shell does not know how to run ${words.join(' ') || 'nothing'}`);
  return task;
}

function builtIn(name: string, args: string[], to: string | null): Task | null {
  const [file = ''] = args;
  switch (name) {
    case 'echo':
      return to === null ? null : { do: 'write', file: to, text: echoed(args) };
    case 'cat':
    case 'rm':
      return args.length === 1 ? { do: name, file } : null;
    case 'unset':
      return args.length > 0 ? { do: name, names: args } : null;
    case 'export':
      return args.length > 0 && args.every((arg) => ASSIGNMENT.test(arg))
        ? { do: name, env: envOf(args) }
        : null;
    default:
      return null;
  }
}

function envOf(assignments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((text) => {
      const [, name = '', value = ''] = ASSIGNMENT.exec(text) ?? [];
      return [name, value];
    }),
  );
}
