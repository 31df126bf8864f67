import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the published types lie, and the one file of them for each entry of the package, as `exports` has it. */
export const TYPES = 'dist/types';
const ENTRIES = ['index.d.ts', 'api/index.d.ts', 'sandbox/start-sandbox.d.ts'];

/**
 * Makes the types of what programs import, and no others: tsc writes those of all that is behind it, too.
 * @returns the exit code of tsc
 */
export function makeTypes() {
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.library.json'], { stdio: 'inherit' });
  const needed = new Set();
  for (const entry of ENTRIES) collect(join(TYPES, entry), needed);
  for (const file of readdirSync(TYPES, { recursive: true }).filter((name) => name.endsWith('.d.ts'))) {
    if (!needed.has(join(TYPES, file))) rmSync(join(TYPES, file));
  }
  return status ?? 1;
}

/** Adds a file, and whatever it imports from beside it. */
function collect(file, needed) {
  if (needed.has(file)) return;
  needed.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/\bfrom '(\.[^']+)\.js'/g)) collect(join(dirname(file), `${path}.d.ts`), needed);
}
