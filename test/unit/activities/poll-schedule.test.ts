import assert from 'node:assert/strict';
import { PollSchedule } from '../../../src/activities/poll-schedule.js';

const take = (schedule: PollSchedule, n: number): number[] => Array.from({ length: n }, () => schedule.next());

describe('PollSchedule', () => {
  it('begins at 0.5 s and grows by half up to 5 s', () => {
    const schedule = new PollSchedule(null, () => 0.5);
    assert.deepEqual(take(schedule, 8), [500, 750, 1125, 1687.5, 2531.25, 3796.875, 5000, 5000]);
  });

  it('goes back to the start', () => {
    const schedule = new PollSchedule(null, () => 0.5);
    take(schedule, 5);
    schedule.reset();
    assert.deepEqual(take(schedule, 2), [500, 750]);
  });

  it('spreads by 10 % either way, without drifting', () => {
    const rounded = (random: number): number[] => take(new PollSchedule(null, () => random), 8).map(Math.round);
    assert.deepEqual(rounded(0), [450, 675, 1013, 1519, 2278, 3417, 4500, 4500]);
    assert.deepEqual(rounded(1), [550, 825, 1238, 1856, 2784, 4177, 5500, 5500]);
  });

  it('keeps a fixed interval to the millisecond', () => {
    const schedule = new PollSchedule(1234, () => 0.9);
    assert.deepEqual(take(schedule, 3), [1234, 1234, 1234]);
    assert.equal(schedule.fixed, true);
    assert.equal(new PollSchedule(null, () => 0).fixed, false);
  });
});
