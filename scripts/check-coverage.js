// Branch coverage of the parts where a mistake costs most (docs/testing.md). Names each branch that no test takes, and
// fails below the lowest share. Prints no count of tests: they have been counted where they are run for their own sake.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Report } from 'c8';
import ts from 'typescript';
import { testsIn } from './tests-in.js';

const FOLDERS = ['src/api', 'src/activities'];
/** Percent of the branches that have to be taken, in each folder. */
const LOWEST_SHARE = 95;
// The sandbox's own tests are no tests of these folders.
const TESTS = ['test/unit/api', 'test/unit/activities', 'test/http']
  .flatMap(testsIn)
  .filter((file) => !file.startsWith('test/http/sandbox'));

const coverage = mkdtempSync(join(tmpdir(), 'ldctl-coverage-'));
try {
  if (runTests()) await report();
  else process.exitCode = 1;
} finally {
  rmSync(coverage, { recursive: true, force: true });
}

/** Tells of the tests that fail. @returns whether all passed */
function runTests() {
  // By `import`, as the program itself is loaded: as CommonJS the code would come with branches of tsx's own.
  const flags = ['--no-experimental-require-module', '--import=tsx'];
  const { status } = spawnSync(process.execPath, [...flags, 'scripts/coverage-tests.js', ...TESTS], {
    stdio: 'inherit',
    env: { ...process.env, NODE_V8_COVERAGE: coverage },
  });
  return status === 0;
}

async function report() {
  const files = await branchesByFile();
  for (const folder of FOLDERS) {
    const inside = files.filter(({ file }) => file.startsWith(`${folder}/`));
    for (const { file, missed } of inside) for (const line of missed) console.log(`not taken: ${file}:${line}`);
    const all = inside.reduce((sum, { branches }) => sum + branches, 0);
    const taken = inside.reduce((sum, { branches, missed }) => sum + branches - missed.length, 0);
    const share = (100 * taken) / all;
    console.log(`${folder}: ${taken} of ${all} branches, ${share.toFixed(1)} % (at least ${LOWEST_SHARE} %)`);
    // Written so that a folder without a branch fails as well.
    if (!(share >= LOWEST_SHARE)) process.exitCode = 1;
  }
}

/** What the runtime counted, by file: how many branches there are, and the lines of those that were not taken. */
async function branchesByFile() {
  const counted = new Report({
    include: FOLDERS.map((folder) => `${folder}/**/*.ts`),
    exclude: [],
    extension: ['.ts'],
    excludeNodeModules: true,
    tempDirectory: coverage,
    // A file that no test loads counts as well.
    all: true,
    src: FOLDERS,
    resolve: '',
    omitRelative: true,
    reporter: [],
  });
  const map = await counted.getCoverageMapFromAllCoverageFiles();
  return map
    .files()
    .filter(holdsCode)
    .sort()
    .map((path) => {
      const { branchMap, b } = map.fileCoverageFor(path);
      const source = readFileSync(path, 'utf8').split('\n');
      const places = Object.entries(branchMap).flatMap(([id, { locations }]) =>
        locations.map(({ start }, at) => ({ line: start.line, taken: b[id][at] > 0 })),
      );
      const missed = places.flatMap(({ line, taken }) =>
        taken ? [] : [`${line}: ${(source[line - 1] ?? '').trim()}`],
      );
      return { file: relative('.', path), branches: places.length, missed };
    });
}

/** A file that holds nothing but types is never loaded, and no test could. */
function holdsCode(path) {
  const compilerOptions = { module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true, removeComments: true };
  return ts.transpileModule(readFileSync(path, 'utf8'), { compilerOptions }).outputText.trim() !== 'export {};';
}
