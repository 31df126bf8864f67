// How much there is to read in src and test, and how hard it is: `npm run size`. Counts tokens,
// because no formatting changes their number, and names the functions that take longest to
// understand. Fails above the limits below (CONTRIBUTING.md, "Size", says what they are for).
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

const MOST_BRANCHES = 12;
/** A `describe` is as long as its tests. */
const LIMITS = {
  src: { tokens: 149_800, lines: 60 },
  test: { tokens: 190_000, lines: Infinity },
};

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

for (const [folder, limits] of Object.entries(LIMITS)) report(folder, limits);

/** Prints the counts of a folder, and fails when one is over its limit. */
function report(folder, limits) {
  const tokensByFolder = new Map();
  const hard = [];
  for (const file of sourcesBelow(folder)) {
    const source = ts.createSourceFile(
      file,
      readFileSync(file, 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    const within = file.split('/').slice(0, -1).slice(0, 2).join('/');
    tokensByFolder.set(within, (tokensByFolder.get(within) ?? 0) + tokensOf(source, source));
    const isHard = ({ branches, lines }) => branches > MOST_BRANCHES || lines > limits.lines;
    hard.push(...functionsIn(source, source).filter(isHard));
  }
  const tokens = [...tokensByFolder.values()].reduce((sum, count) => sum + count, 0);
  for (const [within, count] of [...tokensByFolder].sort(([, a], [, b]) => b - a)) {
    console.log(`${String(count).padStart(8)}  ${within}`);
  }
  console.log(`${String(tokens).padStart(8)}  tokens of ${folder} (limit ${limits.tokens})`);
  const long = limits.lines === Infinity ? '' : ` or ${limits.lines} lines`;
  console.log(
    `${String(hard.length).padStart(8)}  functions of ${folder} over ${MOST_BRANCHES} branches${long} (limit 0)`,
  );
  for (const { where, name, branches, lines } of hard.sort((a, b) => b.branches - a.branches)) {
    console.log(`          ${branches} branches, ${lines} lines: ${name} (${where})`);
  }
  if (tokens > limits.tokens || hard.length > 0) {
    console.log(`FAILED: ${folder} is over its limit; CONTRIBUTING.md, "Size", says what to do`);
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

/** Branches as oxlint's `complexity` counts them; lines with those of inner functions. */
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
