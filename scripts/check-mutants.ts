/*
 * Breaks src/job and src/log in many places, one at a time, and sees whether the tests of the parts, the
 * sessions or the quick model notice: nine of ten must be found. The places are drawn by a seed, so
 * that the same commit always has the same ones. In any other folder the tests over real sockets stand
 * for the model, as far as they need it. What none of them notices is built, held against what is
 * generated, and played in processes.
 *
 *     node --import tsx scripts/check-mutants.ts [--seed 1] [--count 100] [--in src/app]...
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { EQUIVALENT } from './equivalent-mutants.js';

const ROOT = join(import.meta.dirname, '..');
/** What the model plays. */
const MODELLED = ['src/job', 'src/log'];
const ENOUGH = 0.9;
/** What takes so many times as long as the unbroken code hangs, which a test would notice, too. */
const HANGS = 5;

interface Mutant {
  file: string;
  from: number;
  to: number;
  text: string;
  /** Of a line: what stood there, and what stands there now. */
  place: string;
  /** What has to find it: one of them is enough. */
  checks: readonly Check[];
}

/** The arguments of a Node that ends with 0 where nothing is broken. */
type Check = readonly string[];

const SWAPS = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
]);

/** Every place of a file that can be broken, and how. */
function mutantsOf(file: string, checks: readonly Check[]): Mutant[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const add = (node: ts.Node, to: string): void => {
    const [from, end] = [node.getStart(source), node.getEnd()];
    const lineStart = text.lastIndexOf('\n', from) + 1;
    const lineEnd = text.indexOf('\n', from);
    const line = text.slice(lineStart, lineEnd);
    const after =
      line.slice(0, from - lineStart) + to + line.slice(Math.min(end, lineEnd) - lineStart);
    found.push({
      file,
      from,
      to: end,
      text: to,
      place: `${file}: ${line.trim()} -> ${after.trim()}`,
      checks,
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const swap = SWAPS.get(node.operatorToken.kind);
      if (swap !== undefined) add(node.operatorToken, swap);
    } else if (ts.isIfStatement(node)) {
      add(node.expression, `!(${node.expression.getText(source)})`);
    } else if (ts.isNumericLiteral(node)) {
      add(node, node.text === '0' ? '1' : '0');
    } else if (
      node.kind === ts.SyntaxKind.TrueKeyword ||
      node.kind === ts.SyntaxKind.FalseKeyword
    ) {
      add(node, node.kind === ts.SyntaxKind.TrueKeyword ? 'false' : 'true');
    } else if (ts.isExpressionStatement(node)) {
      add(node, ';');
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

/** So many of them, drawn by the seed. */
function draw(all: readonly Mutant[], count: number, seed: number): Mutant[] {
  let state = seed;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  return all
    .map((mutant) => ({ mutant, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ mutant }) => mutant);
}

/** @returns whether it ends with 0 */
function passes(folder: string, args: Check, mostMs = 600_000): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      stdio: 'ignore',
      timeout: mostMs,
      killSignal: 'SIGKILL',
    });
    child.once('exit', (code) => resolve(code === 0));
  });
}

/** Mocha's own script starts another process, which would outlive one that is ended here. */
const MOCHA = ['scripts/mocha.js', '--bail', '--reporter', 'dot', '--timeout', '300000'];
const testsIn = (folder: string): Check => [...MOCHA, `test/${folder}/**/*.test.ts`];
const MODEL: Check = ['--import', './test/model/loader.js', 'test/model/quick.ts'];

const SESSIONS = testsIn('sessions');
const BUILD: Check = ['scripts/build.js'];
/** What only the manifest and the texts of help are made from. */
const GENERATED: Check = ['--import', 'tsx', 'scripts/generate.js', '--check'];
/** One that hangs is ended after a minute: what a process shows takes no longer. */
const PROCESSES: Check = [...testsIn('process'), '--timeout', '60000'];
/** Not every folder is loaded by all of them. */
const ELSEWHERE = [SESSIONS, testsIn('wire')];

/** What may find a place that is broken in a folder of `src`, the tests of that part first. */
function candidatesFor(folder: string): Check[] {
  const parts = `parts/${basename(folder)}`;
  const own = existsSync(join(ROOT, 'test', parts)) ? [testsIn(parts)] : [];
  return [...own, ...(MODELLED.includes(folder) ? [SESSIONS, MODEL] : ELSEWHERE)];
}

/**
 * What does find one: all that fails where the folder is gone. A check that runs no test at all
 * would pass, too.
 */
async function checksOf(folder: string, copied: string): Promise<Check[]> {
  const needed: Check[] = [];
  renameSync(join(copied, folder), join(copied, 'gone'));
  for (const check of candidatesFor(folder)) {
    if (!(await passes(copied, check))) needed.push(check);
    else if (!ELSEWHERE.includes(check)) {
      throw new Error(`passes without ${folder}: ${check.join(' ')}`);
    }
  }
  renameSync(join(copied, 'gone'), join(copied, folder));
  if (needed.length === 0) throw new Error(`no test needs ${folder}`);
  console.log(`${folder}: ${needed.map((check) => check.at(-1)).join(', ')}`);
  return needed;
}

/** @returns how long the longest takes, ms @throws Error where one fails */
async function timeOf(checks: Iterable<Check>, copied: string): Promise<number> {
  let longestMs = 0;
  for (const check of checks) {
    const startedAt = performance.now();
    if (!(await passes(copied, check))) throw new Error(`fails unbroken: ${check.join(' ')}`);
    longestMs = Math.max(longestMs, performance.now() - startedAt);
  }
  return longestMs;
}

async function isFound(
  folder: string,
  { file, from, to, text, checks }: Mutant,
  mostMs: number,
): Promise<boolean> {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  writeFileSync(path, source.slice(0, from) + text + source.slice(to));
  let isBuilt = false;
  try {
    for (const check of checks) if (!(await passes(folder, check, mostMs))) return true;
    isBuilt = true;
    for (const check of [BUILD, GENERATED, PROCESSES]) {
      if (!(await passes(folder, check))) return true;
    }
    return false;
  } finally {
    writeFileSync(path, source);
    // Sessions show the texts of help, which are of the last build.
    if (isBuilt) await passes(folder, BUILD);
  }
}

/** All of it, as it was last built, in a folder of its own, so that the real one stays as it is. */
function copy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-mutants-'));
  const others = ['.git', 'node_modules'].map((name) => join(ROOT, name));
  cpSync(ROOT, folder, { recursive: true, filter: (source) => !others.includes(source) });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

async function mutantsIn(folders: readonly string[]): Promise<Mutant[]> {
  const copied = copy();
  const all: Mutant[] = [];
  try {
    for (const folder of folders) {
      const checks = await checksOf(folder, copied);
      const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
      const files = names.filter((name) => name.endsWith('.ts'));
      all.push(...files.flatMap((name) => mutantsOf(`${folder}/${name}`, checks)));
    }
  } finally {
    rmSync(copied, { recursive: true });
  }
  return all;
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '100' },
    in: { type: 'string', multiple: true, default: MODELLED },
  },
});
const folders = values.in;
const mutants = await mutantsIn(folders);
const gone = Object.keys(EQUIVALENT).filter(
  (place) =>
    folders.some((folder) => place.startsWith(`${folder}/`)) &&
    mutants.every((one) => one.place !== place),
);
const todo = draw(mutants, Number(values.count), Number(values.seed));
const lived: string[] = [];
let done = 0;

async function work(): Promise<void> {
  const folder = copy();
  try {
    await timeOf([GENERATED, PROCESSES], folder);
    const longestMs = await timeOf(new Set(mutants.flatMap(({ checks }) => checks)), folder);
    const mostMs = Math.ceil(HANGS * longestMs);
    for (let mutant = todo.pop(); mutant; mutant = todo.pop()) {
      if (!(await isFound(folder, mutant, mostMs))) {
        lived.push(mutant.place);
        console.log(
          `${mutant.place in EQUIVALENT ? 'no different' : 'not found'}: ${mutant.place}`,
        );
      }
      done += 1;
      if (done % 10 === 0) console.log(`${done} broken, ${lived.length} not found`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
const unknown = lived.filter((place) => !(place in EQUIVALENT));
const counted = done - (lived.length - unknown.length);
console.log(
  `${counted - unknown.length} of ${counted} found; ${lived.length - unknown.length} are no different`,
);
// After the run, so that a line that has changed does not cost a night.
for (const place of gone) console.log(`no longer in the code: ${place}`);
if (gone.length > 0 || counted - unknown.length < ENOUGH * counted) process.exitCode = 1;
