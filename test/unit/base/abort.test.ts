import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { mock } from 'node:test';
import { linkedController, onAbort, TimeLimit } from '../../../src/base/abort.js';

describe('onAbort', () => {
  const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

  it('calls once when the signal is aborted, and leaves no listener behind', () => {
    const stop = new AbortController();
    let calls = 0;
    onAbort(stop.signal, () => calls++);
    assert.deepEqual([calls, listeners(stop.signal)], [0, 1]);
    stop.abort();
    assert.deepEqual([calls, listeners(stop.signal)], [1, 0]);
  });

  it('calls at once where the signal is aborted already', () => {
    let calls = 0;
    onAbort(AbortSignal.abort(), () => calls++);
    assert.equal(calls, 1);
  });

  it('calls nobody once it is released', () => {
    const stop = new AbortController();
    let calls = 0;
    onAbort(stop.signal, () => calls++)();
    assert.equal(listeners(stop.signal), 0);
    stop.abort();
    assert.equal(calls, 0);
  });

  it('does nothing without a signal', () => {
    onAbort(undefined, () => assert.fail('called'))();
  });
});

describe('linkedController', () => {
  it('is aborted with its parent, also when that was aborted before', () => {
    const reason = new Error('stop');
    const parent = new AbortController();
    const { controller } = linkedController(parent.signal);
    parent.abort(reason);
    assert.equal(controller.signal.reason, reason);
    assert.equal(linkedController(AbortSignal.abort(reason)).controller.signal.reason, reason);
  });

  it('does not abort its parent, and lets go of it', () => {
    const parent = new AbortController();
    const { controller, release } = linkedController(parent.signal);
    release();
    assert.equal(getEventListeners(parent.signal, 'abort').length, 0);
    controller.abort();
    assert.equal(parent.signal.aborted, false);
    assert.equal(linkedController().controller.signal.aborted, false);
  });
});

describe('TimeLimit', () => {
  let calls = 0;
  const limit = (signal?: AbortSignal) =>
    new TimeLimit(1000, signal, () => {
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
