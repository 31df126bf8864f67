// Mutation tests: breaks the code in one place after the other and sees whether a test notices (docs/testing.md).
//   node scripts/check-mutation.js           both folders
//   node scripts/check-mutation.js FILE…     the mutants of these files; what is known of the others is kept
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';
import { testsIn } from './tests-in.js';

// These talk to real sockets, and still end within a second or two: without them nothing would run client.ts and
// transport.ts. The transport tests that start programs are left out: what runs there is not seen from here.
const QUICK_TRANSPORT = ['requests', 'retries', 'faults', 'bad-answers', 'proxied'].map(
  (name) => `test/http/${name}.test.ts`,
);
// Each runs nearly all of the code, for seconds; what they find is told better by the tests of one part.
const SLOW_FILES = /(?:roll-load|fault-bench|fault-explorer|lag-bench)\.test\.ts$/;
const SLOW_TESTS = 'at any of 60 moments';
const FOLDERS = {
  api: [...testsIn('test/unit/api'), ...QUICK_TRANSPORT],
  activities: testsIn('test/unit/activities').filter((file) => !SLOW_FILES.test(file)),
};
/** Percent of the mutants that a test has to notice, in each folder. */
const LOWEST_SCORE = 85;

const files = process.argv.slice(2).map((file) => file.replace(/^\.\//, ''));
const strangers = files.filter((file) => !Object.keys(FOLDERS).some((name) => file.startsWith(`src/${name}/`)));
if (strangers.length > 0) {
  console.error(`neither in src/api nor in src/activities: ${strangers.join(', ')}`);
  process.exit(2);
}
for (const [name, tests] of Object.entries(FOLDERS)) {
  const folder = `src/${name}/`;
  const mutate = files.length === 0 ? [`${folder}**/*.ts`] : files.filter((file) => file.startsWith(folder));
  if (mutate.length > 0) await run(name, tests, mutate);
}

/** Sets the exit code when the score of the folder is too low. */
async function run(name, tests, mutate) {
  const stryker = new Stryker({
    plugins: [fileURLToPath(new URL('stryker-mocha.js', import.meta.url))],
    testRunner: 'mocha-published',
    testRunnerNodeArgs: ['--import=tsx'],
    mochaFiles: tests,
    mochaSkip: SLOW_TESTS,
    mutate,
    coverageAnalysis: 'perTest',
    // What runs once, at import, would need all tests in a new process for each mutant.
    ignoreStatic: true,
    incremental: true,
    incrementalFile: `.stryker/${name}.json`,
    tempDirName: '.stryker/tmp',
    ignorePatterns: ['dist', 'bench/results', 'docs', 'examples'],
    // tsx drops the types unread.
    disableTypeChecks: false,
    concurrency: 1,
    // A machine that is busy must not make a mutant look noticed.
    timeoutMS: 20_000,
    thresholds: { high: 95, low: 90, break: LOWEST_SCORE },
    reporters: ['clear-text', 'progress-append-only'],
    clearTextReporter: { logTests: false, reportTests: false, allowEmojis: false },
  });
  await stryker.runMutationTest();
}
