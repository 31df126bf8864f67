// What there is to read in src and test: `npm run size`, or `npm run size -- BASE` for the change
// since a commit; without one since the last tag, if there is any. Counts tokens, because no
// formatting changes their number. No sum is too large: what fails is a function that is hard to
// read, or a conditional within a conditional.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path/posix';
import ts from 'typescript';

const MOST_BRANCHES = 12;
/** A `describe` is as long as its tests. */
const MOST_LINES = { src: 60, test: Infinity };

const { SyntaxKind } = ts;
/** What makes a path through a function of its own. A `switch` counts once, however many cases. */
const BRANCHES = new Set([
  SyntaxKind.IfStatement,
  SyntaxKind.ConditionalExpression,
  SyntaxKind.SwitchStatement,
  SyntaxKind.ForStatement,
  SyntaxKind.ForOfStatement,
  SyntaxKind.ForInStatement,
  SyntaxKind.WhileStatement,
  SyntaxKind.DoStatement,
  SyntaxKind.CatchClause,
]);
const LOGICAL = new Set([
  SyntaxKind.AmpersandAmpersandToken,
  SyntaxKind.BarBarToken,
  SyntaxKind.QuestionQuestionToken,
]);

/** By text: what has not changed since the base is read once. */
const parsed = new Map();

const base = process.argv[2] ?? lastTag();
if (base) console.log(`tokens, and the change since ${base}`);
for (const top of Object.keys(MOST_LINES)) {
  const texts = textsNow(top);
  printTokens(top, texts);
  printHard(top, texts);
}

/** Prints the tokens of each folder. */
function printTokens(top, texts) {
  const now = tokensByFolder(top, texts);
  const before = base ? tokensByFolder(top, textsAt(base, top)) : now;
  const all = [...new Set([...now.keys(), ...before.keys()])].map((folder) => {
    const tokens = now.get(folder) ?? 0;
    return { folder, tokens, change: tokens - (before.get(folder) ?? 0) };
  });
  for (const { folder, tokens, change } of all.sort((a, b) => b.tokens - a.tokens)) {
    const since = change === 0 ? '' : `${change > 0 ? '+' : ''}${change}`;
    console.log(`${column(tokens)}${base ? column(since) : ''}  ${folder}`);
  }
}

/** Prints what is hard to read, and fails if anything is. */
function printHard(top, texts) {
  const mostLines = MOST_LINES[top];
  const hard = [];
  const nested = [];
  for (const [file, text] of texts) {
    const { source } = read(text);
    const at = (node) => `${file}:${lineOf(node.getStart(source), source)}`;
    for (const node of functionsIn(source)) {
      const { name, branches, lines } = measure(node, source);
      if (branches <= MOST_BRANCHES && lines <= mostLines) continue;
      hard.push(`${at(node)}: ${name}: ${branches} branches, ${lines} lines`);
    }
    nested.push(...nestedIn(source).map(at));
  }
  const long = mostLines === Infinity ? '' : ` or ${mostLines} lines`;
  const found = [
    [`functions of ${top} over ${MOST_BRANCHES} branches${long}`, hard],
    [`conditionals of ${top} within a conditional`, nested],
  ];
  for (const [what, places] of found) {
    console.log([`${column(places.length)}  ${what}`, ...places].join(`\n${column('')}  `));
  }
  if (hard.length + nested.length === 0) return;
  console.log('FAILED: write these as plain steps, a table, or functions with a name');
  process.exitCode = 1;
}

function column(cell) {
  return String(cell).padStart(8);
}

/** @returns the tokens of each folder that has files, and of all together */
function tokensByFolder(top, texts) {
  const sums = new Map();
  for (const [file, text] of texts) {
    for (const folder of new Set([top, dirname(file)])) {
      sums.set(folder, (sums.get(folder) ?? 0) + read(text).tokens);
    }
  }
  return sums;
}

/** @returns the last tag; nothing where there is none, as in a shallow checkout */
function lastTag() {
  const { status, stdout } = git(['describe', '--tags', '--abbrev=0']);
  return status === 0 ? String(stdout).trim() : undefined;
}

/** @returns the TypeScript files below a folder, without declarations, and their texts */
function textsNow(top) {
  const names = readdirSync(top, { recursive: true });
  const files = names.map((name) => `${top}/${name.replaceAll('\\', '/')}`).filter(isSource);
  return new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
}

/** @returns the same, as it is in a commit */
function textsAt(commit, top) {
  const { status, stdout: list, stderr } = git(['ls-tree', '-r', '--name-only', commit, top]);
  if (status !== 0) {
    console.error(String(stderr).trim());
    process.exit(1);
  }
  const files = String(list).split('\n').filter(isSource);
  // Each answer is a line that ends with the number of bytes, the bytes, and a line end.
  const { stdout } = git(
    ['cat-file', '--batch'],
    files.map((file) => `${commit}:${file}\n`).join(''),
  );
  let at = 0;
  return new Map(
    files.map((file) => {
      const start = stdout.indexOf('\n', at) + 1;
      const end = start + Number(stdout.subarray(at, start).toString().split(' ').at(-1));
      at = end + 1;
      return [file, stdout.toString('utf8', start, end)];
    }),
  );
}

function isSource(file) {
  return /(?<!\.d)\.ts$/.test(file);
}

function git(args, input = '') {
  return spawnSync('git', args, { input, maxBuffer: Infinity });
}

/** @returns the syntax tree of a text, and how many tokens it has */
function read(text) {
  const known = parsed.get(text);
  if (known) return known;
  const source = ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true);
  parsed.set(text, { source, tokens: tokensOf(source, source) });
  return parsed.get(text);
}

/** Comments are no tokens. */
function tokensOf(node, source) {
  const children = node.getChildren(source).filter((child) => !ts.isJSDoc(child));
  if (children.length === 0) return node.getText(source) === '' ? 0 : 1;
  return children.reduce((sum, child) => sum + tokensOf(child, source), 0);
}

/** @returns all nodes below a node that a test picks, at any depth */
function nodesIn(node, picks) {
  const found = [];
  ts.forEachChild(node, (child) => {
    if (picks(child)) found.push(child);
    found.push(...nodesIn(child, picks));
  });
  return found;
}

/** @returns the functions that have a body */
function functionsIn(source) {
  return nodesIn(source, (node) => ts.isFunctionLike(node) && node.body);
}

/** @returns the conditionals of which a part is another, with parentheses or without */
function nestedIn(source) {
  const isOne = (node) =>
    ts.isParenthesizedExpression(node) ? isOne(node.expression) : ts.isConditionalExpression(node);
  return nodesIn(
    source,
    (node) =>
      ts.isConditionalExpression(node) &&
      [node.condition, node.whenTrue, node.whenFalse].some(isOne),
  );
}

function lineOf(position, source) {
  return source.getLineAndCharacterOfPosition(position).line + 1;
}

/** Branches as oxlint's `complexity` counts them; lines with those of inner functions. */
function measure(node, source) {
  return {
    name: (node.name ?? node.parent.name)?.getText(source) ?? 'anonymous',
    branches: 1 + branchesIn(node),
    lines: lineOf(node.end, source) - lineOf(node.getStart(source), source) + 1,
  };
}

/** @returns the branches of a function without those of the functions in it */
function branchesIn(node) {
  let count = 0;
  ts.forEachChild(node, (child) => {
    if (ts.isFunctionLike(child)) return;
    count += (isBranch(child) ? 1 : 0) + branchesIn(child);
  });
  return count;
}

function isBranch(node) {
  if (BRANCHES.has(node.kind) || node.questionDotToken) return true;
  return ts.isBinaryExpression(node) && LOGICAL.has(node.operatorToken.kind);
}
