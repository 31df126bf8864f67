import assert from 'node:assert/strict';
import { Stopwatch } from '../../../src/base/stopwatch.js';
import { VirtualClock } from '../../helpers/clock.js';

const HOUR = 3_600_000;

describe('a stopwatch', () => {
  it('says how long it is since it was made', async () => {
    const clock = new VirtualClock();
    await clock.advance(5000);
    const watch = new Stopwatch(clock);
    assert.equal(watch.ms, 0);
    await clock.advance(1500);
    assert.equal(watch.ms, 1500);
  });

  it('goes on while the machine sleeps, and while the process is stopped', () => {
    const clock = new VirtualClock();
    const watch = new Stopwatch(clock);
    clock.shut(HOUR);
    assert.equal(watch.ms, HOUR);
    clock.stop(1000);
    assert.equal(watch.ms, HOUR + 1000);
  });

  it('goes on by the monotonic clock when the wall clock is set back', async () => {
    const clock = new VirtualClock();
    const watch = new Stopwatch(clock);
    clock.jumpWall(-HOUR);
    assert.equal(watch.ms, 0);
    await clock.advance(2000);
    assert.equal(watch.ms, 2000);
  });

  it('takes a wall clock that is set forward for time that has passed', () => {
    const clock = new VirtualClock();
    const watch = new Stopwatch(clock);
    clock.jumpWall(10_000);
    assert.equal(watch.ms, 10_000);
  });

  it('says for how long the machine slept, and counts no time that passed awake', async () => {
    const clock = new VirtualClock();
    const watch = new Stopwatch(clock);
    await clock.advance(2000);
    assert.equal(watch.asleepMs, 0);
    clock.shut(HOUR);
    assert.equal(watch.asleepMs, HOUR);
  });
});
