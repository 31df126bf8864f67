import assert from 'node:assert/strict';
import { narrowed } from '../../../src/cli/prompts.js';

const CHOICES = ['platform/production/sandbox', 'platform/testing/staging', 'research/lab/Telescope'].map((name) => ({
  name,
  value: name,
}));
const found = (term: string | undefined): string[] => narrowed(CHOICES, term).map(({ value }) => value);

describe('narrowing a list down by typing', () => {
  const table: Array<[string | undefined, number[]]> = [
    [undefined, [0, 1, 2]],
    ['', [0, 1, 2]],
    ['  ', [0, 1, 2]],
    ['plat', [0, 1]],
    ['PLAT', [0, 1]],
    ['telescope', [2]],
    ['stag test', [1]],
    ['test stag', [1]],
    ['platform telescope', []],
  ];
  for (const [term, indices] of table) {
    it(`${JSON.stringify(term)} leaves ${indices.length}`, () => {
      assert.deepEqual(
        found(term),
        indices.map((index) => CHOICES[index]?.name),
      );
    });
  }
});
