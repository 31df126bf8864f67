import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { ActivityLog } from '../../../src/activities/activity-log.js';
import { Alarm } from '../../../src/activities/roll/alarm.js';
import { BusyNodes } from '../../../src/activities/roll/busy-nodes.js';
import { parseMaxUnavailable } from '../../../src/activities/roll/plan.js';
import { withReadBudget } from '../../../src/activities/roll/read-budget.js';
import { unlessAborted } from '../../../src/activities/roll/unless-aborted.js';
import { Interrupted } from '../../../src/core/errors.js';
import { VirtualClock } from '../../helpers/clock.js';
import { apiError, FakeSupervisor, failingRead } from '../../helpers/fake-supervisor.js';

const SECOND = 1000;
const never = new AbortController().signal;

describe('an alarm', () => {
  const start = () => {
    const clock = new VirtualClock();
    const begin = clock.now();
    return { clock, alarm: new Alarm(clock), since: () => clock.now() - begin };
  };

  it('goes off when it is due, and at once when it was never set', async () => {
    const { clock, alarm, since } = start();
    assert.equal(await clock.run(alarm.untilDue(() => true, never)), true);
    assert.equal(since(), 0);
    alarm.set(5 * SECOND);
    assert.equal(await clock.run(alarm.untilDue(() => true, never)), true);
    assert.equal(since(), 5 * SECOND);
  });

  it('goes off earlier when it is put forward meanwhile, and no later', async () => {
    const { clock, alarm, since } = start();
    alarm.set(10 * SECOND);
    const due = alarm.untilDue(() => true, never);
    await clock.advance(SECOND);
    alarm.putForward(60 * SECOND);
    await clock.advance(SECOND);
    alarm.putForward(3 * SECOND);
    await clock.run(due);
    assert.equal(since(), 5 * SECOND);
    assert.equal(clock.asleep, 0);
  });

  it('is left as soon as it is no longer wanted, once somebody says so', async () => {
    const { clock, alarm } = start();
    alarm.set(10 * SECOND);
    let isWanted = true;
    const due = alarm.untilDue(() => isWanted, never);
    await clock.advance(SECOND);
    isWanted = false;
    alarm.wake();
    assert.equal(await due, false);
  });

  it('is not put off by a clock that was set back', async () => {
    const { clock, alarm } = start();
    alarm.set(10 * SECOND);
    clock.jump(-3600 * SECOND);
    assert.equal(await clock.run(alarm.untilDue(() => true, never), SECOND), true);
  });

  it('ends with the reason of the signal, and lets go of it', async () => {
    const { clock, alarm } = start();
    const stop = new AbortController();
    const reason = new Interrupted('SIGINT');
    alarm.set(10 * SECOND);
    const due = alarm.untilDue(() => true, stop.signal);
    await clock.advance(SECOND);
    stop.abort(reason);
    await assert.rejects(due, reason);
    assert.deepEqual(getEventListeners(stop.signal, 'abort'), []);
  });
});

describe('work that goes on by itself', () => {
  it('is waited for to its end, good or bad', async () => {
    const { signal } = new AbortController();
    assert.equal(await unlessAborted(Promise.resolve(7), signal), 7);
    await assert.rejects(unlessAborted(Promise.reject(new Error('bad')), signal), /bad/);
    await new Promise(setImmediate);
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });

  it('is waited for until the signal says otherwise, now or before', async () => {
    const stop = new AbortController();
    const reason = new Interrupted('SIGINT');
    const endless = new Promise<never>(() => undefined);
    const waiting = unlessAborted(endless, stop.signal);
    stop.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(unlessAborted(endless, stop.signal), reason);
  });
});

describe('who is busy in a roll', () => {
  it('is asked again after an answer that failed', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock());
    supervisor.add({ node: 2n, status: 'processing' });
    const busy = new BusyNodes(new ActivityLog(supervisor, 71n));
    const find = () => busy.find({ runtime: 'iggy', nodes: [1n, 2n] }, () => false, never);
    const error = apiError(503);
    supervisor.nextReads(failingRead(error));
    await assert.rejects(find(), error);
    assert.deepEqual((await find()).map(({ node_id: node }) => node), [2n]);
  });

  it('are those that were, or have been seen to begin something, and of this runtime', async () => {
    const supervisor = new FakeSupervisor(new VirtualClock());
    supervisor.add({ node: 1n, status: 'processing' });
    supervisor.add({ node: 2n, status: 'processing', runtime: 'connectors' });
    const busy = new BusyNodes(new ActivityLog(supervisor, 71n));
    const find = async (node: bigint, seenBusy: boolean) =>
      (await busy.find({ runtime: 'iggy', nodes: [node] }, () => seenBusy, never)).length;
    assert.deepEqual([await find(1n, false), await find(2n, false)], [1, 0]);
    const later = supervisor.add({ node: 3n, status: 'processing' });
    assert.deepEqual([await find(3n, false), await find(3n, true)], [0, 1]);
    assert.ok(later > 0n);
  });
});

describe('the reads of a roll', () => {
  it('are eight at once, then two a second; a POST waits for none of them', async () => {
    const clock = new VirtualClock();
    const supervisor = new FakeSupervisor(clock);
    const budgeted = withReadBudget(supervisor, clock);
    const begin = clock.now();
    const at: number[] = [];
    supervisor.beforeRead = () => at.push(clock.now() - begin);
    const reads = Array.from({ length: 10 }, () => budgeted.list(71n, { page: 1, results: 10 }));
    const what = { deploymentId: 71n, runtime: 'iggy', action: { verb: 'stop' } } as const;
    await budgeted.trigger({ ...what, nodes: null, wireKey: 'k' });
    assert.deepEqual(supervisor.postTimes, [begin]);
    await clock.run(Promise.all(reads));
    assert.deepEqual(at, [0, 0, 0, 0, 0, 0, 0, 0, 500, 1000]);
  });

  it('that wait for their turn end with the reason of the signal', async () => {
    const clock = new VirtualClock();
    const budgeted = withReadBudget(new FakeSupervisor(clock), clock);
    const list = (signal?: AbortSignal) => budgeted.list(71n, { page: 1, results: 10 }, { signal });
    await Promise.all(Array.from({ length: 8 }, () => list()));
    const stop = new AbortController();
    const waiting = list(stop.signal);
    const reason = new Interrupted('SIGINT');
    stop.abort(reason);
    await assert.rejects(waiting, reason);
  });
});

describe('a --max-unavailable that is none', () => {
  it('is told what it may be', () => {
    assert.throws(() => parseMaxUnavailable('all'), {
      code: 'invalid_max_unavailable',
      message: '--max-unavailable: "all" is neither a number of nodes nor a percentage',
      hint: /2, or 25%/,
    });
  });
});
