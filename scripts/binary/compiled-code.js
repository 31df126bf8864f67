import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from './packages.js';

/** What most people start most, so that the functions that it takes are compiled. */
const ALONE = [
  ['--version'],
  ['--help'],
  ['activities', 'trigger', '--help'],
  ['profiles', 'list'],
  ['__complete', 'activities', ''],
  ['sandbox', 'exec', '--', process.execPath, '-e', '0'],
];
const AT_SANDBOX = [
  ['activities', 'list'],
  ['activities', 'list', '-o', 'json'],
  ['activities', 'trigger', 'iggy', 'restart', '--yes'],
  ['whoami'],
];

/**
 * Has V8 compile what some command lines use, and keeps it: bytecode, and nothing that these runs have made or read.
 * @param {string} warmUp the built `warm-up.ts` @param {string[]} node the Node of the executable, with its flags: V8
 * takes no code that was compiled with others
 * @param {string} folder where it is kept, a file for each of `dist/`
 */
export function compileCode(warmUp, [node, ...flags], folder) {
  const home = mkdtempSync(join(tmpdir(), 'ldctl-warm-up-'));
  try {
    mkdirSync(folder, { recursive: true });
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      USERPROFILE: home,
      TMPDIR: home,
      TEMP: home,
      SystemRoot: process.env.SystemRoot,
      LDCTL_CONFIG_DIR: join(home, 'config'),
    };
    const warm = { ...env, LDCTL_COMPILED_CODE: resolve(folder) };
    for (const args of ALONE) run(node, [...flags, warmUp, ...args], '.', warm);
    // The sandbox runs beside it, and by another program: each keeps what it has compiled when it ends.
    const sandbox = ['bin/run.js', 'sandbox', 'exec', '--work', '50ms', '--'];
    for (const args of AT_SANDBOX) run(node, [...sandbox, node, ...flags, resolve(warmUp), ...args], '.', warm);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
