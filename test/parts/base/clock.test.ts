import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';
import { setTimeout as realSleep } from 'node:timers/promises';
import { createClock, onAbort } from '../../../src/base/clock.js';

const HOUR = 3_600_000;

describe('the clock', () => {
  it('keeps running while the machine sleeps, and is never ahead of an uptime of whole seconds', async () => {
    let slept = 0;
    const clock = createClock(() => Math.floor(performance.now() / 1000 + slept));
    // Before the start: whatever comes between the two, it is no time of the clock.
    const real = performance.now();
    const start = clock.elapsed();
    await realSleep(20);
    const awake = clock.elapsed() - start;
    assert.ok(awake >= 19 && awake <= performance.now() - real, `${awake} ms awake`);
    slept = 3600;
    const asleep = clock.elapsed() - start;
    assert.ok(
      asleep > HOUR - 2000 && asleep <= HOUR + performance.now() - real,
      `${asleep} ms with an hour of sleep`,
    );
  });

  it('goes neither back nor forward with the wall clock, and not back with the uptime', () => {
    let uptime = 5000;
    const clock = createClock(() => uptime);
    const start = clock.elapsed();
    uptime = 0;
    for (const now of [0, 4e12]) {
      mock.timers.enable({ apis: ['Date'], now });
      const later = clock.elapsed();
      mock.timers.reset();
      assert.ok(later >= start && later < start + 1000, `${later - start} ms`);
    }
  });

  it('wakes those who sleep longer than 10 s soon after the machine does, and others in time', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    // What was imported from Node by name is the real one until then.
    syncBuiltinESMExports();
    try {
      let slept = 0;
      const clock = createClock(() => slept);
      const woken: string[] = [];
      for (const [name, ms] of Object.entries({ short: 10, long: 60_000, longer: 3 * HOUR })) {
        void clock.sleep(ms).then(() => woken.push(name));
      }
      const tick = async (ms: number) => {
        mock.timers.tick(ms);
        await new Promise(setImmediate);
        return woken.splice(0);
      };
      assert.deepEqual(await tick(9), []);
      assert.deepEqual(await tick(1), ['short']);
      slept = 3600;
      assert.deepEqual([...(await tick(9990)), ...(await tick(1))], ['long']);
      slept = 4 * 3600;
      assert.deepEqual([...(await tick(10_000)), ...(await tick(1))], ['longer']);
    } finally {
      mock.timers.reset();
      syncBuiltinESMExports();
    }
  });

  it('ends a sleep with its signal, and leaves no listener behind', async () => {
    const clock = createClock();
    const stop = new AbortController();
    const reason = new Error('stop');
    await clock.sleep(1, stop.signal);
    assert.deepEqual(getEventListeners(stop.signal, 'abort'), []);
    const sleep = clock.sleep(HOUR, stop.signal);
    stop.abort(reason);
    await assert.rejects(sleep, reason);
    await assert.rejects(clock.sleep(0, stop.signal), reason);
  });
});

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

  it('does not call once it is released', () => {
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
