import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../../helpers/root.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Nightly {
  jobs: { gate: { strategy: { matrix: { include: Array<{ gate: string }> } } } };
}

describe('the checks of package.json', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const quick = /^CHECKS=\((.*)\)$/m.exec(read('.ci/run'))?.[1]?.split(' ') ?? [];
  const night = Object.keys(scripts).filter((name) => name.startsWith('night:'));

  it('run in .ci/run or at night, each once', () => {
    // npm test has it.
    const checks = Object.keys(scripts).filter(
      (name) => name.startsWith('check:') && name !== 'check:generated',
    );
    const nightly = night.flatMap((name) => scripts[name]?.match(/check:\w+/g) ?? []);
    const listed = [...quick, ...nightly];
    const lacking = checks.filter((name) => !listed.includes(name));
    assert.deepEqual(lacking, [], 'expected none: checks that never run');
    assert.equal(new Set(listed).size, listed.length);
  });

  it('of the night have a gate each in nightly.yml', () => {
    const { jobs } = parse(read('.github/workflows/nightly.yml')) as Nightly;
    const gates = jobs.gate.strategy.matrix.include.map(({ gate }) => `night:${gate}`);
    assert.deepEqual(gates, night);
  });

  it('are listed in .ci/run alone: ci.yml runs that list', () => {
    const ci = read('.github/workflows/ci.yml');
    assert.match(ci, /run: bash \.ci\/run --checks/);
    assert.doesNotMatch(ci, /npm run (size|check:)/);
  });
});

it('every install script of a package is allowed or denied, so that npm does not warn of it', () => {
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: object };
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: true }>;
  };
  const withScript = Object.keys(packages).filter((folder) => packages[folder]?.hasInstallScript);
  assert.deepEqual(
    withScript.map((folder) => folder.replace(/^.*node_modules\//, '')),
    Object.keys(allowScripts),
  );
});
