import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as XTerm from '@xterm/headless';
import { quote } from 'shell-quote';
import ts from 'typescript';
import { type StartSandboxOptions } from '../../src/sandbox/index.js';
import { commandsOf, firstDifference, type DocBlock, type DocCommand } from './docs.js';
import { LDCTL } from './ldctl.js';
import { ROOT } from './root.js';
import { withScene, type Scene } from './scene.js';
import { Terminal } from './terminal.js';

// It is CommonJS, and what `import` makes of that depends on who loads this file.
const xterm = createRequire(import.meta.url)('@xterm/headless') as typeof XTerm;

/** The package that is under test: this one, or one that is installed. */
const PACKAGE = dirname(dirname(LDCTL));
/** As wide as a window that nothing is cut short in, and so high that nothing scrolls. */
const WINDOW = { columns: 120, rows: 200 };

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
  const texts = new Map(blocks.map((block, index) => [join(PACKAGE, `block-${index}.ts`), programOf(block)]));
  const host = ts.createCompilerHost(OPTIONS);
  host.fileExists = (file) => texts.has(file) || ts.sys.fileExists(file);
  host.readFile = (file) => texts.get(file) ?? ts.sys.readFile(file);
  const problems = ts.getPreEmitDiagnostics(ts.createProgram([...texts.keys()], OPTIONS, host));
  return [...texts.keys()].map((path) =>
    // One that is about no file, or about another, is a problem of each.
    problems
      .filter(({ file }) => !file || !texts.has(file.fileName) || file.fileName === path)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  );
}

/** Writes TypeScript as a module that Node runs, into a folder where the package under test is installed. @returns its path */
export function writeModule(folder: string, source: string): string {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(PACKAGE, join(folder, 'node_modules', 'ldctl'));
  const { outputText } = ts.transpileModule(source, { compilerOptions: OPTIONS, fileName: 'program.mts' });
  const path = join(folder, 'program.mjs');
  writeFileSync(path, outputText);
  return path;
}

/**
 * Runs a block of a page against a sandbox of its own, in an empty folder, and looks whether it does what the page
 * says: `sh` as a script with the exit codes it names, `console` at a terminal with what it shows, `ts` as a program
 * that ends with 0 or with what `// exit N` in it says.
 */
export async function runBlock(block: DocBlock): Promise<void> {
  const options: Record<string, unknown> = {};
  for (const [, name = '', value] of (block.marks.get('sandbox') ?? '').matchAll(/--(\w+) (\d+)/g))
    options[name] = name === 'reject' || name === 'stuck' ? [Number(value)] : Number(value);
  await withScene(options satisfies StartSandboxOptions, async (scene) => {
    // There is no keyring at the end of this.
    Object.assign(scene.env, { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus', REPOSITORY: ROOT });
    if (block.language === 'console') return playConsole(scene, block);
    if (block.language === 'sh') return playScript(scene, block, commandsOf(block));
    const source = programOf(block);
    const exitCode = Number(/\/\/ exit (\d+)/.exec(source)?.[1] ?? 0);
    return playScript(scene, block, [{ text: `node '${writeModule(scene.folder, source)}'`, output: [], exitCode }]);
  });
}

/** Keeps the exit code of a command in a file, and hands it on. */
const TELL_STATUS = '{ was=$?; echo "$was" >> "$HOME/statuses"; (exit "$was"); }';
/** Prints a line without touching the exit code of what was before. */
const SAY = 'say() { local was=$?; printf "%s\\n" "$1"; return "$was"; }';

async function playScript(scene: Scene, block: DocBlock, commands: readonly DocCommand[]): Promise<void> {
  // `LD_API_KEY=…` stands for the reader's own, which the sandbox has set here.
  const steps = commands.map(({ text }) => `${text.replaceAll(/\b[A-Z_]+=…/g, '')}\n${TELL_STATUS}`);
  const script = write(scene, block, steps.join('\n'));
  if (block.marks.has('Enter after')) {
    assertStatuses(scene, block, commands, await atTerminal(scene, script, block));
  } else {
    const { stdout, stderr } = await scene.spawn('bash', ['-o', 'pipefail', script]).input().ended();
    assertStatuses(scene, block, commands, [stdout, stderr]);
  }
}

async function playConsole(scene: Scene, block: DocBlock): Promise<void> {
  const commands = commandsOf(block);
  const shown = (text: string): string => quote([`$ ${text.replaceAll('\n', '\n> ')}`]);
  const steps = commands.map(({ text }) => `say ${shown(text)}\n${text}\n${TELL_STATUS}`);
  const printed = await atTerminal(scene, write(scene, block, `${SAY}\n${steps.join('\n')}`), block);
  assertStatuses(scene, block, commands, printed);
  const difference = firstDifference(block.lines, printed);
  assert.equal(difference, null, `${block.where}: ${String(difference)}\nall that was printed:\n${printed.join('\n')}`);
}

function write({ folder }: Scene, { marks }: DocBlock, script: string): string {
  const path = join(folder, 'block.sh');
  const before = marks.get('before') ?? ':';
  writeFileSync(path, `mkdir "$HOME/here" && cd "$HOME/here"\n{ ${before}\n} >/dev/null 2>&1 || exit\n${script}\n`);
  return path;
}

/** Runs it at a terminal, presses Enter at every question of the block's mark, and reads the screen at the end. */
async function atTerminal(scene: Scene, script: string, { marks }: DocBlock): Promise<string[]> {
  const terminal = new Terminal(['bash', script], scene.env, WINDOW);
  try {
    for (const question of marks.get('Enter after')?.split(' | ') ?? []) {
      await terminal.shows(new RegExp(question.replaceAll(' ', String.raw`\s+`)));
      terminal.enter();
    }
    await terminal.ended();
    return await screenOf(terminal.raw);
  } finally {
    terminal.kill();
  }
}

/** What stands on a screen after all of this was written to it: a line each, without trailing blanks and blank lines at the end. */
async function screenOf(raw: string): Promise<string[]> {
  const { columns: cols, rows } = WINDOW;
  const emulator = new xterm.Terminal({ cols, rows, scrollback: 10_000, allowProposedApi: true });
  await new Promise<void>((resolve) => emulator.write(raw, resolve));
  const buffer = emulator.buffer.active;
  const lines: string[] = [];
  for (let index = 0; index < buffer.length; index += 1) {
    const line = buffer.getLine(index);
    const text = line?.translateToString(false) ?? '';
    // What only the width of the terminal broke in two is one line.
    lines.push(line?.isWrapped ? (lines.pop() ?? '') + text : text);
  }
  const text = lines.map((line) => line.trimEnd()).join('\n');
  return text.trimEnd().split('\n');
}

function assertStatuses(
  { folder }: Scene,
  { where }: DocBlock,
  commands: readonly DocCommand[],
  printed: readonly string[],
): void {
  const statuses = readFileSync(join(folder, 'statuses'), 'utf8').trim().split('\n').map(Number);
  const told = commands.map(({ text }, index) => `${text}  → ${String(statuses[index] ?? 'not run')}`);
  const wanted = commands.map(({ text, exitCode }) => `${text}  → ${exitCode}`);
  assert.deepEqual(told, wanted, `${where} does not end as the page says; it printed:\n${printed.join('\n')}`);
}
