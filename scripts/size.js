// How much there is to read in src, and how hard it is: `npm run size`. Counts tokens, because no
// formatting changes their number, and names the functions that take longest to understand. Fails
// above the limits below (CONTRIBUTING.md, "Size", says what they are for).
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

const MOST_TOKENS = 126_500;
const MOST_HARD_FUNCTIONS = 0;
const MOST_BRANCHES = 12;
const MOST_LINES = 60;

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

const tokensByFolder = new Map();
const hard = [];
const files = sourcesBelow(process.argv[2] ?? 'src');
for (const file of files) {
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const folder = file.split('/').slice(0, -1).slice(0, 2).join('/');
  tokensByFolder.set(folder, (tokensByFolder.get(folder) ?? 0) + tokensOf(source, source));
  hard.push(...functionsIn(source, source).filter(isHard));
}
report();

/** Prints the counts, and fails when one is over its limit. */
function report() {
  const tokens = [...tokensByFolder.values()].reduce((sum, count) => sum + count, 0);
  for (const [folder, count] of [...tokensByFolder].sort(([, a], [, b]) => b - a)) {
    console.log(`${String(count).padStart(8)}  ${folder}`);
  }
  console.log(
    `${String(tokens).padStart(8)}  tokens in ${files.length} files (limit ${MOST_TOKENS})`,
  );
  console.log(
    `${String(hard.length).padStart(8)}  functions over ${MOST_BRANCHES} branches or ${MOST_LINES} lines (limit ${MOST_HARD_FUNCTIONS})`,
  );
  for (const { where, name, branches, lines } of hard.sort((a, b) => b.branches - a.branches)) {
    console.log(`          ${branches} branches, ${lines} lines: ${name} (${where})`);
  }
  if (tokens > MOST_TOKENS || hard.length > MOST_HARD_FUNCTIONS) {
    console.log('FAILED: over the limit; CONTRIBUTING.md, "Size", says what to do');
    process.exitCode = 1;
  }
}

/** @returns the TypeScript files below a folder, without declarations */
function sourcesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => /(?<!\.d)\.ts$/.test(name))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();
}

/** @returns how many tokens a node has; comments are none */
function tokensOf(node, source) {
  const children = node.getChildren(source).filter((child) => !ts.isJSDoc(child));
  if (children.length === 0) return node.getText(source) === '' ? 0 : 1;
  return children.reduce((sum, child) => sum + tokensOf(child, source), 0);
}

/** @returns the functions below a node that have a body, at any depth */
function functionsIn(node, source) {
  const found = [];
  ts.forEachChild(node, (child) => {
    if (ts.isFunctionLike(child) && child.body) found.push(measure(child, source));
    found.push(...functionsIn(child, source));
  });
  return found;
}

/** Branches as ESLint's `complexity` counts them; lines with those of inner functions. */
function measure(node, source) {
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line + 1;
  const first = lineOf(node.getStart(source));
  return {
    where: `${source.fileName}:${first}`,
    name: (node.name ?? node.parent.name)?.getText(source) ?? 'anonymous',
    branches: 1 + branchesIn(node),
    lines: lineOf(node.end) - first + 1,
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

function isHard({ branches, lines }) {
  return branches > MOST_BRANCHES || lines > MOST_LINES;
}
