import assert from 'node:assert/strict';
import { didYouMean } from '../../../../src/cli/help/did-you-mean.js';

const COMMANDS = ['activities list', 'activities trigger', 'activities wait', 'profiles add', 'whoami'];

describe('what was meant', () => {
  for (const [typed, meant] of [
    ['activites list', 'activities list'],
    ['activities triger iggy restart', 'activities trigger'],
    ['whoam', 'whoami'],
    ['whoam --json', 'whoami'],
    ['profile add me', 'profiles add'],
    ['login', 'profiles add'],
    ['login foo', 'profiles add'],
    ['auth status', 'whoami'],
    ['profile create', 'profiles add'],
    ['activities watch', 'activities list --watch'],
    ['restart iggy', 'activities trigger RUNTIME restart'],
    ['activity ls', 'activities list'],
    ['frobnicate', null],
    ['activities frobnicate', null],
    ['w', null],
    ['', null],
  ] as const) {
    it(`by "${typed}" is ${meant ?? 'not guessed'}`, () => assert.equal(didYouMean(typed, COMMANDS), meant));
  }

  it('is the flag that is nearest', () => {
    assert.equal(didYouMean('--limt', ['--timeout', '--limit', '--node']), '--limit');
    assert.equal(didYouMean('--nodes', ['--timeout', '--limit', '--node']), '--node');
    assert.equal(didYouMean('--explode', ['--timeout', '--limit', '--node']), null);
  });
});
