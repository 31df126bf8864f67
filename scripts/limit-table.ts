import { readdirSync, readFileSync } from 'node:fs';

interface Constant {
  /** Below src. */
  file: string;
  name: string;
  /** `5 * MINUTE` */
  expression: string;
  /** Null for what is no limit, such as MINUTE. */
  says: string | null;
}

const CONSTANT =
  /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?^(?:export )?const ([A-Z][A-Z\d_]*) = ([\w .*/]+);$/gm;

/**
 * Every limit of ldctl: the numbers of src that have a name and a comment. The sandbox's are its
 * own.
 * @param page names limits, as `FIRST_READ`
 * @throws Error where it names one that there is not
 */
export function limitTable(page: string): string[] {
  const all = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.startsWith('sandbox/'))
    .sort()
    .flatMap(constantsIn);
  const limits = all.flatMap(({ says, ...constant }) => {
    const value = valueOf(constant, all);
    return says === null || value === null ? [] : [{ ...constant, says, value }];
  });
  const names = limits.map(({ name }) => name);
  // Before the table, which may be of an older state.
  const [prose = ''] = page.split('<!-- limits -->');
  const unknown = [...prose.matchAll(/`([A-Z][A-Z\d_]{3,})`/g)]
    .map(([, name = '']) => name)
    .filter((name) => !names.includes(name) && !name.startsWith('LD_'));
  if (unknown.length > 0) throw new Error(`src has no such limit: ${unknown.join(', ')}`);
  return [
    '| limit | value | | in `src` |',
    '|---|---|---|---|',
    ...limits.map(
      ({ name, value, says, file, expression }) =>
        `| \`${name}\` | ${valueText(value, `${name} ${says}\n${expression}`)} | ${says.replace(/, ms\b/, '')} | \`${file}\` |`,
    ),
  ];
}

function constantsIn(file: string): Constant[] {
  const text = readFileSync(`src/${file}`, 'utf8');
  return [...text.matchAll(CONSTANT)].map(([, comment, name = '', expression = '']) => {
    const says = comment?.replace(/\n? +\* ?/g, ' ').trim() ?? null;
    return { file, name, expression, says };
  });
}

/** Null for what is no number. Of two constants with a name, that of its own file counts. */
function valueOf({ file, expression }: Omit<Constant, 'says'>, all: Constant[]): number | null {
  const [first = '', ...rest] = expression.split(' ').map((word) => {
    if (/^\d/.test(word)) return String(Number(word.replaceAll('_', '')));
    const named = all.filter(({ name }) => name === word);
    const constant = named.find((one) => one.file === file) ?? named[0];
    return constant ? String(valueOf(constant, all)) : word;
  });
  let value = Number(first);
  for (let at = 0; at < rest.length; at += 2) {
    const by = Number(rest[at + 1]);
    value = rest[at] === '*' ? value * by : rest[at] === '/' ? value / by : NaN;
  }
  return Number.isNaN(value) ? null : value;
}

/** Each with its size, and from where on it is used. */
const TIMES = [
  ['days', 24 * 60 * 60_000, 48 * 60 * 60_000],
  ['h', 60 * 60_000, 60 * 60_000],
  ['min', 60_000, 60_000],
  ['s', 1000, 0],
] as const;
const SIZES = [
  ['MiB', 1024 * 1024, 1024 * 1024],
  ['KiB', 1024, 1024],
] as const;
const COUNTS = [['', 1, 0]] as const;

/** @param words say what it is a number of */
function valueText(value: number, words: string): string {
  const units = /_MS\b|SECOND|MINUTE| ms\b/.test(words)
    ? TIMES
    : / 1024$/m.test(words)
      ? SIZES
      : COUNTS;
  for (const [unit, size, from] of units) {
    if (value >= from) return `${(value / size).toLocaleString('en')} ${unit}`.trim();
  }
  return String(value);
}
