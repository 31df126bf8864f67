import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PollSchedule } from '../../../src/activities/follow/poll-schedule.js';

const NOW = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;

function schedule({ fixedMs = null as number | null, random = 0.5 } = {}): PollSchedule {
  const made = new PollSchedule(fixedMs, () => random);
  made.begin(NOW);
  return made;
}

/** How long it waits after a poll that took no time, so long after the last change. */
function waitAfter(quietMs: number, random = 0.5): number {
  const made = schedule({ random });
  made.next(NOW);
  return made.next(NOW + quietMs, { startedAt: NOW + quietMs, requests: 1, checkAt: Infinity });
}

describe('PollSchedule', () => {
  it('begins at 0.5 s, and then polls every second for the first minute', () => {
    const made = schedule();
    assert.deepEqual(
      [0, 500, 1500, 59_000].map((at) => made.next(NOW + at)),
      [500, 1000, 1000, 1000],
    );
  });

  it('then waits a sixtieth of the time since something changed, 5 s at most', () => {
    const waits = [1, 2, 3, 5, 6, 60].map((minutes) => waitAfter(minutes * MINUTE));
    assert.deepEqual(waits, [1000, 2000, 3000, 5000, 5000, 5000]);
  });

  it('polls every second again once something has changed', () => {
    const made = schedule();
    made.next(NOW);
    assert.equal(made.next(NOW + 4 * MINUTE), 4000);
    made.changed(NOW + 4 * MINUTE);
    assert.equal(made.next(NOW + 4 * MINUTE), 1000);
    assert.equal(made.next(NOW + 6 * MINUTE), 2000);
  });

  it('begins anew with what is followed later', () => {
    const made = schedule();
    made.next(NOW);
    made.begin(NOW + 10 * MINUTE);
    assert.deepEqual(
      [0, 500].map((at) => made.next(NOW + 10 * MINUTE + at)),
      [500, 1000],
    );
  });

  it('spreads by 10 % either way, and never beyond 5 s', () => {
    assert.deepEqual(
      [0, 1].map((random) => Math.round(schedule({ random }).next(NOW))),
      [450, 550],
    );
    assert.deepEqual(
      [0, 1].map((random) => Math.round(waitAfter(2 * MINUTE, random))),
      [1800, 2200],
    );
    assert.deepEqual(
      [0, 1].map((random) => Math.round(waitAfter(30 * MINUTE, random))),
      [4500, 5000],
    );
    const failing = schedule({ random: 1 });
    failing.next(NOW);
    assert.equal(failing.next(NOW + 30 * MINUTE), 5000);
  });

  it('keeps a fixed interval to the millisecond', () => {
    const made = schedule({ fixedMs: 1234, random: 0.9 });
    const last = { startedAt: NOW, requests: 9, checkAt: NOW + 10 };
    assert.deepEqual([made.next(NOW), made.next(NOW + 30 * MINUTE), made.next(NOW, last)], [1234, 1234, 1234]);
  });
});

describe('PollSchedule, after a good poll', () => {
  /** One that took so long, half an hour after the last change. */
  const after = (tookMs: number, { requests = 1, checkInMs = Infinity, random = 0.5 } = {}): number => {
    const made = schedule({ random });
    made.next(NOW);
    const now = NOW + 30 * MINUTE;
    return made.next(now, { startedAt: now - tookMs, requests, checkAt: now + checkInMs });
  };

  it('begins the next one 5 s after it began at the latest', () => {
    assert.deepEqual([after(0), after(40), after(4000), after(20_000)], [5000, 4960, 1000, 0]);
  });

  it('does not wait longer than until one could settle it', () => {
    assert.equal(after(40, { checkInMs: 700 }), 700);
    assert.equal(after(40, { checkInMs: 9000 }), 4960);
  });

  it('makes no more than two requests a second', () => {
    assert.equal(after(40, { checkInMs: 100 }), 460);
    assert.equal(after(0, { checkInMs: -5, requests: 3 }), 1500);
    assert.equal(after(900, { checkInMs: -5 }), 0);
  });

  it('does not rest for long after one that read much of a log', () => {
    assert.equal(after(2000, { requests: 50 }), 3000);
  });

  it('is never more than 5 s from the beginning of one poll to that of the next that is quicker than that', () => {
    const upTo = (max: number) => fc.double({ min: 0, max, noNaN: true });
    fc.assert(
      fc.property(
        upTo(5000),
        upTo(0.999),
        fc.integer({ min: 1, max: 100 }),
        upTo(1e5),
        (tookMs, random, requests, checkInMs) => {
          const wait = after(tookMs, { random, requests, checkInMs });
          assert.ok(wait >= 0 && tookMs + wait <= 5000.001, String(wait));
        },
      ),
    );
  });
});
