import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Parser } from '@oclif/core';
import { quote } from 'shell-quote';
import { sandboxFlags, sandboxOptions } from '../../src/commands/sandbox/start.js';
import { commandsOf, type DocBlock, type DocCommand } from './doc-blocks.js';
import { firstDifference } from './doc-shape.js';
import { ROOT } from './root.js';
import { writeProgram } from './doc-programs.js';
import { withScene, type Scene } from './scene.js';
import { screenText } from './screen.js';
import { Terminal } from './terminal.js';

/** Entries that appear at once and take 0.3 s, unless the page's `<!-- sandbox: … -->` says otherwise. */
const QUICK = ['--appear', '0s', '--work', '300ms', '--seed', '1'];
/** As wide as a window that nothing is cut short in, and so high that nothing scrolls. */
const WINDOW = { columns: 120, rows: 200 };
/** There is no keyring at the end of this. */
const NO_KEYRING = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };

/**
 * Runs a block of a page against a sandbox of its own, in an empty folder, and looks whether it does what the page
 * says: `sh` as a script with the exit codes it names, `console` at a terminal with what it shows, `ts` as a program.
 */
export async function runBlock(block: DocBlock): Promise<void> {
  const words = (block.marks.get('sandbox') ?? '').split(' ').filter((word) => word !== '');
  const { flags } = await Parser.parse([...QUICK, ...words], { flags: sandboxFlags, strict: true });
  await withScene(sandboxOptions(flags as Parameters<typeof sandboxOptions>[0]), async (scene) => {
    Object.assign(scene.env, NO_KEYRING, { REPOSITORY: ROOT });
    await PLAY[block.language]?.(scene, block);
  });
}

const PLAY: Readonly<Record<string, (scene: Scene, block: DocBlock) => Promise<void>>> = {
  console: playConsole,
  sh: (scene, block) => playScript(scene, block, commandsOf(block)),
  ts: (scene, block) => playScript(scene, block, [writeProgram(scene.folder, block)]),
};

async function playScript(scene: Scene, block: DocBlock, commands: readonly DocCommand[]): Promise<void> {
  const script = write(scene, block, commands.map(({ text }) => `${fillIn(text)}\n${TELL_STATUS}`).join('\n'));
  if (block.marks.has('Enter after')) {
    await atTerminal(scene, script, block);
    assertStatuses(scene, block, commands, '');
  } else {
    const { stdout, stderr } = await scene.spawn('bash', ['-o', 'pipefail', script]).input().ended();
    assertStatuses(scene, block, commands, `${stdout}\n${stderr}`);
  }
}

async function playConsole(scene: Scene, block: DocBlock): Promise<void> {
  const commands = commandsOf(block);
  const steps = commands.map(
    ({ text }) => `say ${quote([`$ ${text.replaceAll('\n', '\n> ')}`])}\n${text}\n${TELL_STATUS}`,
  );
  const printed = await atTerminal(scene, write(scene, block, `${SAY}\n${steps.join('\n')}`), block);
  assertStatuses(scene, block, commands, printed.join('\n'));
  const difference = firstDifference(block.lines, printed);
  assert.equal(difference, null, `${block.where}: ${String(difference)}\nall that was printed:\n${printed.join('\n')}`);
}

/** Keeps the exit code of a command in a file, and hands it on. */
const TELL_STATUS = '{ was=$?; echo "$was" >> "$HOME/statuses"; (exit "$was"); }';
/** Prints a line without touching the exit code of what was before. */
const SAY = 'say() { local was=$?; printf "%s\\n" "$1"; return "$was"; }';

function write(scene: Scene, { marks }: DocBlock, script: string): string {
  const path = join(scene.folder, 'block.sh');
  const before = marks.get('before') ?? ':';
  writeFileSync(path, `mkdir "$HOME/here" && cd "$HOME/here"\n{ ${before}\n} >/dev/null 2>&1 || exit\n${script}\n`);
  return path;
}

/** `LD_API_KEY=…` stands for the reader's own, which the sandbox has set here. */
function fillIn(text: string): string {
  return text.replaceAll(/\b[A-Z_]+=…/g, '');
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
    return await screenText(terminal.raw, WINDOW);
  } finally {
    terminal.kill();
  }
}

function assertStatuses(scene: Scene, { where }: DocBlock, commands: readonly DocCommand[], printed: string): void {
  const statuses = readFileSync(join(scene.folder, 'statuses'), 'utf8').trim().split('\n').map(Number);
  const told = commands.map(({ text }, index) => `${text}  → ${String(statuses[index] ?? 'not run')}`);
  const wanted = commands.map(({ text, exitCode }) => `${text}  → ${exitCode}`);
  assert.deepEqual(told, wanted, `${where} does not end as the page says; it printed:\n${printed}`);
}
