import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { mock } from 'node:test';
import {
  linkedController,
  onAbort,
  TimeLimit,
  unlessAborted,
  untilAborted,
  withTimeout,
} from '../../../src/base/abort.js';
import { Interrupted, TransportError } from '../../../src/base/errors.js';
import { VirtualClock } from '../../helpers/clock.js';

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

describe('untilAborted', () => {
  it('resolves when the signal is aborted, now or before', async () => {
    const stop = new AbortController();
    const waiting = untilAborted(stop.signal);
    stop.abort(new Error('stop'));
    await waiting;
    await untilAborted(stop.signal);
  });
});

describe('unlessAborted', () => {
  it('waits for work to its end, good or bad', async () => {
    const { signal } = new AbortController();
    assert.equal(await unlessAborted(Promise.resolve(7), signal), 7);
    await assert.rejects(unlessAborted(Promise.reject(new Error('bad')), signal), /bad/);
    await new Promise(setImmediate);
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });

  it('waits until the signal says otherwise, now or before', async () => {
    const stop = new AbortController();
    const reason = new Interrupted('SIGINT');
    const endless = new Promise<never>(() => undefined);
    const waiting = unlessAborted(endless, stop.signal);
    stop.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(unlessAborted(endless, stop.signal), reason);
  });
});

describe('withTimeout', () => {
  const never = new AbortController().signal;

  it('hands on what the work gives, and leaves no timer and no listener behind', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    assert.equal(await clock.run(withTimeout(clock, 1000, signal, () => Promise.resolve(7))), 7);
    assert.equal(clock.asleep, 0);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('ends the work when the time is over', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const run = clock.run(withTimeout(clock, 1000, never, (signal) => clock.sleep(5000, signal)));
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof TransportError);
      assert.deepEqual([error.code, error.message, error.sent], ['timeout', 'no answer in time', 'maybe']);
      return true;
    });
    assert.equal(clock.now() - start, 1000);
    assert.equal(clock.asleep, 0);
  });

  it('sets no timer where there is no limit', async () => {
    const clock = new VirtualClock();
    assert.equal(await withTimeout(clock, Infinity, never, () => Promise.resolve(7)), 7);
    assert.deepEqual(clock.sleeps, []);
  });

  it('ends the work with the outer signal, and its reason', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const reason = new Error('stop');
    void clock.sleep(300).then(() => stop.abort(reason));
    for (const ms of [1000, Infinity]) {
      await assert.rejects(
        clock.run(withTimeout(clock, ms, stop.signal, (signal) => clock.sleep(5000, signal))),
        reason,
      );
    }
    assert.equal(clock.asleep, 0);
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
