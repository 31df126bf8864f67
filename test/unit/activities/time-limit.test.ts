import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { linkedController } from '../../../src/activities/linked-controller.js';
import { withLimit } from '../../../src/activities/time-limit.js';
import { TransportError } from '../../../src/core/errors.js';
import { VirtualClock } from '../../helpers/clock.js';

describe('withLimit', () => {
  const never = new AbortController().signal;

  it('hands on what the work gives, and leaves no timer and no listener behind', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    assert.equal(await clock.run(withLimit(clock, 1000, signal, () => Promise.resolve(7))), 7);
    assert.equal(clock.asleep, 0);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('ends the work when the time is over', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const run = clock.run(withLimit(clock, 1000, never, (signal) => clock.sleep(5000, signal)));
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
    assert.equal(await withLimit(clock, Infinity, never, () => Promise.resolve(7)), 7);
    assert.deepEqual(clock.sleeps, []);
  });

  it('ends the work with the outer signal, and its reason', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const reason = new Error('stop');
    void clock.sleep(300).then(() => stop.abort(reason));
    for (const ms of [1000, Infinity]) {
      await assert.rejects(clock.run(withLimit(clock, ms, stop.signal, (signal) => clock.sleep(5000, signal))), reason);
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
