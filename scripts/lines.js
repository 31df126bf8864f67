// Prints how many lines each part of the house has, beside its budget, and fails where a folder is
// over it by more than a tenth, or src over what it may never have.
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
  src: 12_000,
  test: 16_000,
};
const NEVER = { lines: 12_500, bytes: 550_000 };

const parts = Object.fromEntries(
  Object.keys(BUDGETS).map((part) => [part, { lines: 0, bytes: 0, files: 0 }]),
);
const tracked = spawnSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).stdout.split('\0');
for (const file of tracked.filter((name) => existsSync(name))) {
  const text = readFileSync(file, 'latin1');
  for (const part of partsOf(file)) {
    const counted = (parts[part] ??= { lines: 0, bytes: 0, files: 0 });
    counted.lines += text.split('\n').length - 1;
    counted.bytes += text.length;
    counted.files += 1;
  }
}
const over = [];
for (const [part, { lines, bytes, files }] of Object.entries(parts)) {
  const budget = BUDGETS[part] ?? 0;
  const isOver =
    part === 'src'
      ? lines > NEVER.lines || bytes > NEVER.bytes
      : part !== 'test' && lines > budget * 1.1;
  if (isOver) over.push(part);
  const what = `${files} files, ${Math.round(bytes / 1000)} kB${isOver ? ', over' : ''}`;
  console.log(
    `${part.padEnd(20)} ${String(lines).padStart(6)} ${`of ${budget}`.padStart(9)}  ${what}`,
  );
}
if (over.length > 0) {
  console.log(`over their budgets: ${over.join(', ')}`);
  process.exitCode = 1;
}

/** @returns the parts that a file counts for; none for what is generated, and what has no budget */
function partsOf(file) {
  const [top, second, ...rest] = file.split('/');
  if (['scripts', 'bench', '.ci'].includes(top)) return ['scripts, bench, .ci'];
  if (/^docs\/[^/]+\.md$/.test(file) || ['README.md', 'CONTRIBUTING.md'].includes(file)) {
    return ['docs'];
  }
  if (top === 'src') return [rest.length === 0 ? 'src/*' : `src/${second}`, top];
  if (top !== 'test' || file.endsWith('.json')) return [];
  return [['helpers', 'checks', 'package'].includes(second) ? 'test/unit' : `test/${second}`, top];
}
