import assert from 'node:assert/strict';
import { Backoff } from '../../../src/activities/backoff.js';

const take = (random: number): number[] => {
  const backoff = new Backoff(() => random);
  return Array.from({ length: 8 }, () => Math.round(backoff.next()));
};

describe('a backoff', () => {
  it('begins at 0.5 s and grows by half up to 5 s', () => {
    assert.deepEqual(take(0.5), [500, 750, 1125, 1688, 2531, 3797, 5000, 5000]);
  });

  it('spreads by 10 % either way, without drifting', () => {
    assert.deepEqual(take(0), [450, 675, 1013, 1519, 2278, 3417, 4500, 4500]);
    assert.deepEqual(take(1), [550, 825, 1238, 1856, 2784, 4177, 5500, 5500]);
  });
});
