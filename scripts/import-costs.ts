import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { median } from '../bench/median.js';

const RUNS = 9;

/**
 * What `import 'ldctl'` costs beside `import 'got'`, the largest package in it: time above that of Node alone, and bytes.
 * @param folder where ldctl is installed
 * @returns a line for people
 */
export function importCosts(folder: string): string {
  const got = pathToFileURL(resolve('node_modules/got/dist/source/index.js')).href;
  const subjects = { node: '0', ldctl: `import 'ldctl'`, got: `import ${JSON.stringify(got)}` };
  const times: Record<keyof typeof subjects, number[]> = { node: [], ldctl: [], got: [] };
  for (let index = 0; index < RUNS; index += 1) {
    for (const name of ['node', 'ldctl', 'got'] as const) times[name].push(timeOf(folder, subjects[name]));
  }
  const base = median(times.node);
  const [ldctl, other] = [median(times.ldctl) - base, median(times.got) - base];
  return `import 'ldctl': ${ldctl.toFixed(0)} ms above Node's own start, ${(ldctl / other).toFixed(2)} times import 'got'; ${kilobytes(folder)} kB of JavaScript`;
}

function timeOf(cwd: string, program: string): number {
  const began = performance.now();
  spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd });
  return performance.now() - began;
}

/** The entry and all that it imports from beside it. */
function kilobytes(folder: string): string {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !existsSync(file)) return;
    seen.add(file);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import) ?"(\.[^"]+)"/g))
      visit(join(file, '..', path));
  };
  visit(join(folder, 'node_modules/ldctl/dist/index.js'));
  return ([...seen].reduce((sum, file) => sum + statSync(file).size, 0) / 1000).toFixed(0);
}
