import assert from 'node:assert/strict';
import type { OpenDeployment } from '../../../src/app/open.js';
import { flagsOfAll } from '../../../src/cli/roll/several.js';

const deployments = (...all: string[]) =>
  all.map((flags) => ({ flags: flags.split(' ') }) as unknown as OpenDeployment);

describe('the flags that name several deployments again #roll #continues', () => {
  const cases: ReadonlyArray<[what: string, all: string[], flags: string]> = [
    ['two profiles', ['--profile a', '--profile b'], '--profile a,b'],
    [
      'two deployments of one',
      ['--profile a --deployment 1', '--profile a --deployment 2'],
      '--profile a --deployment 1,2',
    ],
    [
      'what was typed for all',
      ['--profile a --api-url http://x', '--profile b --api-url http://x'],
      '--profile a,b --api-url http://x',
    ],
    // The profile of the other has a Core of its own: its key must not go to this one.
    [
      'what only one has',
      ['--profile a --supervisor-url http://s --api-url https://api', '--profile b'],
      '--profile a,b',
    ],
    [
      'one that is left',
      ['--deployment 1 --supervisor-url http://s'],
      '--deployment 1 --supervisor-url http://s',
    ],
  ];
  for (const [what, all, flags] of cases) {
    it(what, () => {
      assert.equal(flagsOfAll(deployments(...all)).join(' '), flags);
    });
  }
});
