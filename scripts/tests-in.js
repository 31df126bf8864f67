import { readdirSync } from 'node:fs';

/** The test files of a folder and those below it, in order. */
export function testsIn(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.test.ts'));
  return names.sort().map((name) => `${folder}/${name}`);
}
