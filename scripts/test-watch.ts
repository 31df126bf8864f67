// Runs the quick tests that a change touches, each time a file of src or test is saved: `npm run
// test:watch`. Ctrl-C ends it.
import { spawnSync } from 'node:child_process';
import { watch } from 'node:fs';
import { touchedTests } from './touched-tests.js';

/** Editors save in several steps, and several files at once. */
const SETTLED_MS = 200;
const MOCHA = ['scripts/mocha.js', '--reporter', 'dot'];

const changed = new Set<string>();
let timer: NodeJS.Timeout | undefined;
for (const folder of ['src', 'test']) {
  watch(folder, { recursive: true }, (_event, name) => {
    if (!name?.endsWith('.ts')) return;
    changed.add(`${folder}/${name.replaceAll('\\', '/')}`);
    clearTimeout(timer);
    timer = setTimeout(run, SETTLED_MS);
  });
}
console.log('Waiting for a change in src or test. Ctrl-C ends it.');

function run(): void {
  const files = [...changed];
  changed.clear();
  const tests = touchedTests(files);
  console.log(
    `\n${files.join(', ')}: ${tests.length === 1 ? '1 file' : `${tests.length} files`} of tests`,
  );
  if (tests.length > 0) spawnSync(process.execPath, [...MOCHA, ...tests], { stdio: 'inherit' });
}
