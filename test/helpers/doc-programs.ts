import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { type DocBlock, type DocCommand } from './doc-blocks.js';
import { LDCTL } from './ldctl.js';

/** The package that is under test: this one, or one that is installed. */
const PACKAGE = dirname(dirname(LDCTL));

/** As a reader's project would compile it, strictly. The types that are shipped are checked themselves by `npm run check:generated`. */
const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  noUnusedLocals: true,
  types: ['node'],
  skipLibCheck: true,
  noEmit: true,
};

/** What `deployment` stands for at the begin of a mark `with`: that of the sandbox. */
const DEPLOYMENT = `import { connect } from 'ldctl';
  const { LD_SUPERVISOR_URL = '', LD_API_KEY = '' } = process.env;
  const deployment = connect({ supervisorUrl: LD_SUPERVISOR_URL, deploymentId: 7263012455120900033n, apiKey: LD_API_KEY });`;

/** All of the program that a block shows: what it begins with, which readers do not see, and its lines. */
export function programOf({ lines, marks }: DocBlock): string {
  return [marks.get('with')?.replace(/^deployment;?/, DEPLOYMENT) ?? '', ...lines].join('\n');
}

/**
 * Compiles blocks, each a module of its own that lies in the package: that can import itself by its name.
 * @returns what the compiler says about each, in their order
 */
export function problemsIn(blocks: readonly DocBlock[]): string[][] {
  const texts = new Map(
    blocks.map((block, index) => [join(PACKAGE, `block-${index}-of-the-docs.ts`), programOf(block)]),
  );
  const host = ts.createCompilerHost(OPTIONS);
  host.fileExists = (file) => texts.has(file) || ts.sys.fileExists(file);
  host.readFile = (file) => texts.get(file) ?? ts.sys.readFile(file);
  const program = ts.createProgram([...texts.keys()], OPTIONS, host);
  const problems = ts.getPreEmitDiagnostics(program);
  return [...texts.keys()].map((path) =>
    // One that is about no file, or about another, is a problem of each.
    problems
      .filter(({ file }) => !file || !texts.has(file.fileName) || file.fileName === path)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  );
}

/**
 * Writes a block as a program, in a folder where `ldctl` is installed.
 * @returns the command that runs it, which ends with 0 or with what `// exit N` in it says
 */
export function writeProgram(folder: string, block: DocBlock): DocCommand {
  const source = programOf(block);
  const path = writeModule(folder, source);
  return { text: `node '${path}'`, output: [], exitCode: Number(/\/\/ exit (\d+)/.exec(source)?.[1] ?? 0) };
}

/** Writes TypeScript as a module that Node runs, into a folder where the package under test is installed. @returns its path */
export function writeModule(folder: string, source: string): string {
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  symlinkSync(PACKAGE, join(modules, 'ldctl'));
  const { outputText } = ts.transpileModule(source, { compilerOptions: OPTIONS, fileName: 'program.mts' });
  const path = join(folder, 'program.mjs');
  writeFileSync(path, outputText);
  return path;
}
