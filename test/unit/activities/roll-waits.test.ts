import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { Timer } from '../../../src/activities/follow/timer.js';
import { parseMaxUnavailable } from '../../../src/activities/roll/plan.js';
import { withReadBudget } from '../../../src/activities/roll/read-budget.js';
import { Interrupted } from '../../../src/base/errors.js';
import { VirtualClock } from '../../helpers/clock.js';
import { FakeSupervisor } from '../../helpers/fake-supervisor.js';

const SECOND = 1000;
const never = new AbortController().signal;

describe('a timer', () => {
  const start = () => {
    const clock = new VirtualClock();
    const begin = clock.elapsed();
    return { clock, timer: new Timer(clock), since: () => clock.elapsed() - begin };
  };

  it('is due when it was set to be, and never when it was not', async () => {
    const { clock, timer, since } = start();
    const due = timer.untilDue(() => true, never);
    await assert.rejects(clock.run(due, 3600 * SECOND), /still running/);
    timer.bringForward(5 * SECOND);
    assert.equal(await clock.run(due), true);
    assert.equal(since(), 5 * SECOND);
  });

  it('goes off earlier when it is brought forward meanwhile, and no later', async () => {
    const { clock, timer, since } = start();
    timer.set(10 * SECOND);
    const due = timer.untilDue(() => true, never);
    await clock.advance(SECOND);
    timer.bringForward(60 * SECOND);
    await clock.advance(SECOND);
    timer.bringForward(3 * SECOND);
    await clock.run(due);
    assert.equal(since(), 5 * SECOND);
    assert.equal(clock.asleep, 0);
  });

  it('is left as soon as it is no longer wanted, once somebody says so', async () => {
    const { clock, timer } = start();
    timer.set(10 * SECOND);
    let isWanted = true;
    const due = timer.untilDue(() => isWanted, never);
    await clock.advance(SECOND);
    isWanted = false;
    timer.wake();
    assert.equal(await due, false);
  });

  for (const hours of [-1, 1]) {
    it(`does not move with a wall clock that is set by ${hours} h`, async () => {
      const { clock, timer, since } = start();
      timer.set(10 * SECOND);
      clock.jumpWall(hours * 3600 * SECOND);
      assert.equal(await clock.run(timer.untilDue(() => true, never)), true);
      assert.equal(since(), 10 * SECOND);
    });
  }

  it('ends with the reason of the signal, and lets go of it', async () => {
    const { clock, timer } = start();
    const stop = new AbortController();
    const reason = new Interrupted('SIGINT');
    timer.set(10 * SECOND);
    const due = timer.untilDue(() => true, stop.signal);
    await clock.advance(SECOND);
    stop.abort(reason);
    await assert.rejects(due, reason);
    assert.deepEqual(getEventListeners(stop.signal, 'abort'), []);
  });
});

describe('the reads of a roll', () => {
  it('are eight at once, then two a second; a POST waits for none of them', async () => {
    const clock = new VirtualClock();
    const supervisor = new FakeSupervisor(clock);
    const budgeted = withReadBudget(supervisor, clock);
    const begin = clock.actual();
    const at: number[] = [];
    supervisor.beforeRead = () => at.push(clock.actual() - begin);
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
