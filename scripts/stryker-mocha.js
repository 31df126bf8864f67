// Runs mocha for Stryker. Its own plugin for that reaches into files that mocha 12 has moved (the next one knows them,
// and needs Node 22). This one uses what mocha publishes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import Mocha from 'mocha';

/** Where the instrumented code reads which mutant it is to be, and notes what has run. */
const instrumented = (globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});

/** How long a test may take beyond ten times what it takes without a mutant: far more than a busy machine needs. */
const LIMIT_MS = 5000;
/** For one that has not been timed yet. */
const LONGEST_MS = 60_000;
/** What each test takes, noted for the processes that come after the first; in the folder that Stryker works in. */
const TIMES = 'test-times.json';

class MochaRunner {
  static inject = tokens(commonTokens.options);
  #mocha;
  #loaded = false;
  /** What each test takes without a mutant, milliseconds. */
  #usual = existsSync(TIMES) ? JSON.parse(readFileSync(TIMES, 'utf8')) : {};
  /** Whether a test has never ended. What it left running would disturb the next mutant. */
  #isStuck = false;

  constructor({ mochaFiles, mochaSkip }) {
    this.#mocha = new Mocha({ reporter: noReporter, timeout: LONGEST_MS });
    this.#mocha.cleanReferencesAfterRun(false);
    for (const file of mochaFiles) this.#mocha.addFile(file);
    const limitOf = (name) => (name in this.#usual ? LIMIT_MS + 10 * this.#usual[name] : LONGEST_MS);
    this.#mocha.suite.beforeEach(function () {
      const name = this.currentTest.fullTitle();
      if (name.includes(mochaSkip)) this.skip();
      instrumented.currentTestId = name;
      this.currentTest.timeout(limitOf(name));
    });
  }

  capabilities() {
    // What was imported stays imported.
    return { reloadEnvironment: false };
  }

  async dryRun({ disableBail }) {
    const result = await this.#run(disableBail);
    this.#usual = Object.fromEntries(result.tests?.map(({ name, timeSpentMs }) => [name, timeSpentMs]) ?? []);
    writeFileSync(TIMES, JSON.stringify(this.#usual));
    return { ...result, mutantCoverage: instrumented.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, disableBail, hitLimit, mutantActivation }) {
    // Stryker answers by starting another process, and asking that one.
    if (this.#isStuck) throw new Error('a test of an earlier mutant never ended');
    instrumented.hitLimit = hitLimit;
    instrumented.hitCount = hitLimit ? 0 : undefined;
    // A mutant that is static has to be there when the files are loaded.
    if (mutantActivation === 'static') instrumented.activeMutant = activeMutant.id;
    this.#mocha.grep(testFilter ? new RegExp(`^(?:${testFilter.map(escaped).join('|')})$`, 's') : /^/);
    return toMutantRunResult(await this.#run(disableBail, activeMutant.id));
  }

  async #run(disableBail, mutant) {
    try {
      if (!this.#loaded) await this.#mocha.loadFilesAsync();
      this.#loaded = true;
      instrumented.activeMutant = mutant;
      setBail(this.#mocha.suite, !disableBail);
      const tests = await this.#runTests();
      const reached = determineHitLimitReached(instrumented.hitCount, instrumented.hitLimit);
      if (this.#isStuck) return { status: DryRunStatus.Timeout };
      return reached ?? { status: DryRunStatus.Complete, tests };
    } catch (error) {
      return { status: DryRunStatus.Error, errorMessage: error.stack };
    }
  }

  /** All that the filter lets through, each with how it ended. */
  async #runTests() {
    const tests = [];
    let begin = performance.now();
    const note = (test, rest) => {
      const name = test.fullTitle();
      tests.push({ id: name, name, fileName: test.file, timeSpentMs: performance.now() - begin, ...rest });
      begin = performance.now();
    };
    await new Promise((resolve) => {
      const runner = this.#mocha.run(resolve);
      runner.on('pass', (test) => note(test, { status: TestStatus.Success }));
      runner.on('fail', (test, { code, message }) => {
        if (code === 'ERR_MOCHA_TIMEOUT') this.#isStuck = true;
        // It can be a hook: the test that it is for counts.
        note(test.ctx?.currentTest ?? test, { status: TestStatus.Failed, failureMessage: message || 'failed' });
      });
    });
    return tests;
  }
}

/** The runner's own events are listened to instead. */
function noReporter() {}

function setBail(suite, bail) {
  suite.bail(bail);
  for (const inner of suite.suites) setBail(inner, bail);
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'mocha-published', MochaRunner)];
export const strykerValidationSchema = {
  properties: {
    mochaFiles: { description: 'Test files, by their path.', type: 'array', items: { type: 'string' } },
    mochaSkip: { description: 'Tests that have this in their name are left out.', type: 'string' },
  },
};
