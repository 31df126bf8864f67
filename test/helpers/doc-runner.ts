import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as XTerm from '@xterm/headless';
import { transformSync } from 'rolldown/utils';
import { quote } from 'shell-quote';
import { type StartSandboxOptions } from '../../src/sandbox/index.js';
import { commandsOf, patternOf, shapeOf, type DocBlock, type DocCommand } from './docs.js';
import { LDCTL, type Ended } from './ldctl.js';
import { ROOT } from './root.js';
import { withScene, type Scene } from './scene.js';
import { Terminal } from './terminal.js';

// It is CommonJS, and what `import` makes of that depends on who loads this file.
const xterm = createRequire(import.meta.url)('@xterm/headless') as typeof XTerm;

/** As wide as a window that nothing is cut short in, and so high that nothing scrolls. */
const WINDOW = { columns: 120, rows: 200 };

/** What `deployment` stands for at the start of a mark `with`: that of the sandbox. */
const DEPLOYMENT = `import { connect } from 'ldctl';
  const { LD_SUPERVISOR_URL = '', LD_API_KEY = '' } = process.env;
  const deployment = connect({ supervisorUrl: LD_SUPERVISOR_URL, deploymentId: 7263012455120900033n, apiKey: LD_API_KEY });`;

/**
 * All of the program that a block shows: what it starts with, which readers do not see, and its
 * lines.
 */
export function programOf({ lines, marks }: DocBlock): string {
  return [marks.get('with')?.replace(/^deployment;?/, DEPLOYMENT) ?? '', ...lines].join('\n');
}

/**
 * Writes TypeScript as a module that Node runs, into a folder where the package under test is
 * installed.
 * @returns its path
 */
export function writeModule(folder: string, source: string): string {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(dirname(dirname(LDCTL)), join(folder, 'node_modules', 'ldctl'));
  const path = join(folder, 'program.mjs');
  writeFileSync(path, transformSync('program.ts', source).code);
  return path;
}

/**
 * Runs a block of a page against a sandbox of its own, in an empty folder, and looks whether it
 * does what the page says: `sh` as a script with the exit codes it names, `console` at a terminal
 * with what it shows, `ts` as a program that ends with 0 or with what `// exit N` in it says.
 */
export async function runBlock(block: DocBlock): Promise<void> {
  const options: Record<string, unknown> = {};
  for (const [, name = '', value] of (block.marks.get('sandbox') ?? '').matchAll(
    /--(\w+) (\d+)/g,
  )) {
    options[name] = name === 'reject' || name === 'stuck' ? [Number(value)] : Number(value);
  }
  await withScene(options satisfies StartSandboxOptions, async (scene) => {
    // There is no keyring at the end of this.
    Object.assign(scene.env, {
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus',
      REPOSITORY: ROOT,
    });
    if (block.language !== 'ts') return play(scene, block, commandsOf(block));
    const source = programOf(block);
    const exitCode = Number(/\/\/ exit (\d+)/.exec(source)?.[1] ?? 0);
    return play(scene, block, [{ text: `node '${writeModule(scene.folder, source)}'`, exitCode }]);
  });
}

/** Keeps the exit code of a command in a file, and hands it on. */
const TELL_STATUS = '{ was=$?; echo "$was" >> "$HOME/statuses"; (exit "$was"); }';
/** Prints a line without touching the exit code of what was before. */
const SAY = 'say() { local was=$?; printf "%s\\n" "$1"; return "$was"; }';

async function play(
  scene: Scene,
  { where, language, lines, marks }: DocBlock,
  commands: DocCommand[],
): Promise<void> {
  const isShown = language === 'console';
  const steps = commands.map(({ text }) => {
    // `LD_API_KEY=…` stands for the reader's own, which the sandbox has set here.
    const typed = `${text.replaceAll(/\b[A-Z_]+=…/g, '')}\n${TELL_STATUS}`;
    return isShown ? `say ${quote([`$ ${text.replaceAll('\n', '\n> ')}`])}\n${typed}` : typed;
  });
  const [script, before] = [join(scene.folder, 'block.sh'), marks.get('before') ?? ':'];
  const prepare = `${SAY}\nmkdir "$HOME/here" && cd "$HOME/here"\n{ ${before}\n} >/dev/null 2>&1 || exit`;
  writeFileSync(script, `${prepare}\n${steps.join('\n')}\n`);
  const questions = marks.get('Enter after')?.split(' | ') ?? [];
  const printed =
    isShown || questions.length > 0
      ? await atTerminal(scene, script, questions)
      : await scene.spawn('bash', ['-o', 'pipefail', script]).input().ended().then(allOf);

  const statuses = readFileSync(join(scene.folder, 'statuses'), 'utf8')
    .trim()
    .split('\n')
    .map(Number);
  const told = commands.map(
    ({ text }, index) => `${text}  → ${String(statuses[index] ?? 'not run')}`,
  );
  const wanted = commands.map(({ text, exitCode }) => `${text}  → ${exitCode}`);
  assert.deepEqual(told, wanted, `${where} does not end as the page says; it printed:\n${printed}`);
  if (isShown) {
    assert.match(shapeOf(printed), patternOf(lines), `${where} shows something else:\n${printed}`);
  }
}

const allOf = ({ stdout, stderr }: Ended): string => `${stdout}${stderr}`;

/**
 * Runs it at a terminal, presses Enter at every question.
 * @returns the lines of the screen at the end
 */
async function atTerminal(
  scene: Scene,
  script: string,
  questions: readonly string[],
): Promise<string> {
  const terminal = new Terminal(['bash', script], scene.env, WINDOW);
  try {
    for (const question of questions) {
      await terminal.shows(new RegExp(question.replaceAll(' ', String.raw`\s+`)));
      terminal.enter();
    }
    await terminal.ended();
  } finally {
    terminal.kill();
  }
  const { columns: cols, rows } = WINDOW;
  const emulator = new xterm.Terminal({ cols, rows, scrollback: 10_000, allowProposedApi: true });
  await new Promise<void>((resolve) => emulator.write(terminal.raw, resolve));
  const { active } = emulator.buffer;
  let text = '';
  for (let index = 0; index < active.length; index += 1) {
    const line = active.getLine(index);
    // What only the width of the terminal broke in two is one line.
    text += `${line?.isWrapped ? '' : '\n'}${line?.translateToString(false) ?? ''}`;
  }
  return `${text.trim()}\n`;
}
