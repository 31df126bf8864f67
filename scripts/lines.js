// Prints how many lines each part of the house has, beside its budget, and fails where one is over it by more than a tenth,
// or src over what it may never have. `--report` only prints.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Where no folder is named, the files that lie in it. */
const BUDGETS = {
  'src/*': 200,
  'src/commands': 2300,
  'src/cli': 1100,
  'src/job': 1900,
  'src/log': 550,
  'src/api': 850,
  'src/config': 1050,
  'src/output': 1600,
  'src/sandbox': 1100,
  'src/library': 450,
  'src/base': 700,
  'test/model': 1600,
  'test/unit': 8000,
  'test/http': 1400,
  'test/commands': 2500,
  'test/acceptance': 2500,
  'scripts, bench, .ci': 2400,
  docs: 1800,
};
const NEVER = { lines: 12_500, bytes: 550_000 };

const parts = Object.fromEntries(Object.keys(BUDGETS).map((part) => [part, { lines: 0, files: 0 }]));
const src = { lines: 0, bytes: 0 };
const { stdout } = spawnSync('git', ['ls-files', '-z'], { encoding: 'utf8' });
for (const file of stdout.split('\0').filter((name) => existsSync(name))) {
  const part = partOf(file);
  if (part === null) continue;
  const text = readFileSync(file);
  const lines = text.reduce((sum, byte) => sum + Number(byte === 10), 0);
  parts[part] ??= { lines: 0, files: 0 };
  parts[part].lines += lines;
  parts[part].files += 1;
  if (!file.startsWith('src/')) continue;
  src.lines += lines;
  src.bytes += text.length;
}

const over = [];
for (const [part, { lines, files }] of Object.entries(parts)) {
  const budget = BUDGETS[part] ?? 0;
  if (lines > budget * 1.1) over.push(part);
  row(part, lines, budget, `${files} files${over.includes(part) ? ', over' : ''}`);
}
if (src.lines > NEVER.lines || src.bytes > NEVER.bytes) over.push('src');
row(
  'src',
  src.lines,
  12_000,
  `${Math.round(src.bytes / 1000)} kB of at most ${NEVER.bytes / 1000}${over.includes('src') ? ', over' : ''}`,
);
row('test', sumOf(/^test/), 16_000, '');
if (over.length > 0) {
  console.log(`over their budgets by more than a tenth: ${over.join(', ')}`);
  if (!process.argv.includes('--report')) process.exitCode = 1;
}

/** @returns the part that a file counts for; null for what nobody wrote by hand, and what has no budget */
function partOf(file) {
  const [top, second, ...rest] = file.split('/');
  if (top === 'scripts' || top === 'bench' || top === '.ci') return 'scripts, bench, .ci';
  if (/^docs\/[^/]+\.md$/.test(file) || file === 'README.md' || file === 'CONTRIBUTING.md') return 'docs';
  if (top === 'test')
    return ['helpers', 'checks', 'package'].includes(second)
      ? 'test/unit'
      : file.endsWith('.json')
        ? null
        : `test/${second}`;
  if (top === 'src') return rest.length === 0 ? 'src/*' : `src/${second}`;
  return null;
}

function sumOf(pattern) {
  return Object.entries(parts).reduce((sum, [part, { lines }]) => sum + (pattern.test(part) ? lines : 0), 0);
}

function row(part, lines, budget, remark) {
  console.log(`${part.padEnd(20)} ${String(lines).padStart(6)} ${`of ${budget}`.padStart(9)}  ${remark}`.trimEnd());
}
