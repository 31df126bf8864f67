import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { mock } from 'node:test';
import { TimeLimit } from '../../../src/api/time-limit.js';

describe('the time limit of a request', () => {
  let calls = 0;
  const limit = (signal?: AbortSignal) => new TimeLimit(1000, signal, () => {
    calls++;
  });
  beforeEach(() => {
    calls = 0;
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  it('calls back when the time is over, and says that it was', () => {
    const over = limit();
    mock.timers.tick(999);
    assert.deepEqual([calls, over.passed], [0, false]);
    mock.timers.tick(1);
    assert.deepEqual([calls, over.passed], [1, true]);
  });

  it('calls back at once when the signal is aborted, which is not the time', () => {
    const stop = new AbortController();
    const over = limit(stop.signal);
    stop.abort();
    assert.deepEqual([calls, over.passed], [1, false]);
  });

  it('calls nobody once it is cleared, and leaves no listener behind', () => {
    const stop = new AbortController();
    const over = limit(stop.signal);
    over.clear();
    assert.deepEqual(getEventListeners(stop.signal, 'abort'), []);
    stop.abort();
    mock.timers.tick(5000);
    assert.deepEqual([calls, over.passed], [0, false]);
  });
});
