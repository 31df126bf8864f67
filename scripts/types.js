import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LIBRARY, typesOf } from './library.js';

/**
 * Makes the types of what programs import, and no others: tsc writes those of all that is behind it, too. The code itself is
 * checked elsewhere (`npm run types`), which would take twice as long.
 * @param {string} folder where they go
 * @returns the exit code of tsc
 */
export async function makeTypes(folder) {
  const args = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.library.json', '--outDir', folder, '--noCheck'];
  const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  const needed = new Set();
  for (const entry of LIBRARY) collect(join(folder, typesOf(entry)), needed);
  for (const name of readdirSync(folder, { recursive: true })) {
    if (name.endsWith('.d.ts') && !needed.has(join(folder, name))) rmSync(join(folder, name));
  }
  return status ?? 1;
}

/** Adds a file, and whatever it imports from beside it. */
function collect(file, needed) {
  if (needed.has(file)) return;
  needed.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/\b(?:from |import\()['"](\.[^'"]+)\.js['"]/g)) {
    collect(join(dirname(file), `${path}.d.ts`), needed);
  }
}
