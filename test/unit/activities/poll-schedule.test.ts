import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Outlook } from '../../../src/activities/outlook.js';
import { PastDurations } from '../../../src/activities/past-durations.js';
import { PollSchedule, type Experience } from '../../../src/activities/poll-schedule.js';

const take = (schedule: PollSchedule, n: number): number[] => Array.from({ length: n }, () => schedule.next());

describe('PollSchedule', () => {
  it('begins at 0.5 s and grows by half up to 5 s', () => {
    const schedule = new PollSchedule(null, () => 0.5);
    assert.deepEqual(take(schedule, 8), [500, 750, 1125, 1687.5, 2531.25, 3796.875, 4900, 4900]);
  });

  it('goes back to the start', () => {
    const schedule = new PollSchedule(null, () => 0.5);
    take(schedule, 5);
    schedule.reset();
    assert.deepEqual(take(schedule, 2), [500, 750]);
  });

  it('spreads by 10 % either way, without drifting, and never beyond 5 s', () => {
    const rounded = (random: number): number[] => take(new PollSchedule(null, () => random), 8).map(Math.round);
    assert.deepEqual(rounded(0), [450, 675, 1013, 1519, 2278, 3417, 4410, 4410]);
    assert.deepEqual(rounded(1), [550, 825, 1238, 1856, 2784, 4177, 4900, 4900]);
  });

  it('keeps a fixed interval to the millisecond', () => {
    const schedule = new PollSchedule(1234, () => 0.9);
    assert.deepEqual(take(schedule, 3), [1234, 1234, 1234]);
    assert.equal(schedule.fixed, true);
    assert.equal(new PollSchedule(null, () => 0).fixed, false);
  });
});

const NOW = Date.UTC(2026, 5, 1);
const RESTART = { runtime: 'iggy', action: 'restart' };

/** A log that shows restarts of iggy that took so many seconds. */
function pastOf(...seconds: number[]): PastDurations {
  const past = new PastDurations();
  const at = (s: number): string => new Date(NOW - 86_400_000 + s * 1000).toISOString();
  past.learn(
    seconds.map((took, id) => {
      return { id: BigInt(id), node_id: 1n, ...RESTART, status: 'completed', created_at: at(0), finished_at: at(took) };
    }),
  );
  return past;
}

const TEN_SECONDS = [8.5, 9, 9.5, 9.8, 10, 10.2, 10.5, 11, 11.5];

function scheduleFor(experience: Partial<Experience> = {}, random = 0.5): PollSchedule {
  return new PollSchedule(null, () => random, { past: pastOf(...TEN_SECONDS), begun: null, ...experience });
}

/** Restarts that have gone on for so many seconds. */
function outlook(ages: readonly number[], fields: Partial<Outlook> = {}): Outlook {
  return { now: NOW, underway: ages.map((s) => ({ ...RESTART, since: NOW - s * 1000 })), awaitsEntries: false, ...fields };
}

describe('PollSchedule, where the log tells how long it takes', () => {
  it('polls seldom before anything can have ended, closely when it is likely, and backs off after', () => {
    const [early, due, late, later] = [1, 10, 40, 300].map((age) => scheduleFor().next(outlook([age]))) as [
      number,
      number,
      number,
      number,
    ];
    assert.equal(early, 4500);
    assert.ok(due < 1000, `due: ${due}`);
    assert.ok(late > 2 * due, `late: ${late}`);
    assert.ok(later > late && later > 2500, `later: ${later}`);
  });

  it('does not sleep through the time at which it becomes likely', () => {
    const wait = scheduleFor().next(outlook([6]));
    assert.ok(wait > 1500 && wait < 4000, String(wait));
  });

  it('polls closer the more there are', () => {
    const waits = [1, 9, 60].map((n) => scheduleFor().next(outlook(Array.from({ length: n }, () => 8))));
    assert.deepEqual([...waits].sort((a, b) => b - a), waits);
    assert.notEqual(waits[0], waits[2]);
  });

  it('is never closer than 0.5 s and never rarer than 4.5 s, whatever has been and is going on', () => {
    const seconds = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(seconds, { minLength: 3, maxLength: 120 }),
        fc.array(seconds, { minLength: 1, maxLength: 30 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (took, ages, random) => {
          const wait = scheduleFor({ past: pastOf(...took) }, random).next(outlook(ages));
          assert.ok(wait >= 500 && wait <= 4500, String(wait));
        },
      ),
    );
  });

  it('is spread by 10 % either way', () => {
    const [low, middle, high] = [0, 0.5, 1].map((random) => scheduleFor({}, random).next(outlook([6]))) as [
      number,
      number,
      number,
    ];
    assert.deepEqual([Math.round((100 * low) / middle), Math.round((100 * high) / middle)], [90, 110]);
  });

  const plain: Array<[string, Partial<Experience>, Partial<Outlook>]> = [
    ['the log tells nothing', { past: pastOf() }, {}],
    ['the log shows too few', { past: pastOf(10, 10) }, {}],
    ['the log shows another action alone', {}, { underway: [{ runtime: 'iggy', action: 'stop', since: NOW }] }],
    ['nothing goes on', {}, { underway: [] }],
  ];
  for (const [when, experience, fields] of plain) {
    it(`grows as ever when ${when}`, () => {
      const schedule = scheduleFor(experience);
      const waits = Array.from({ length: 4 }, () => schedule.next(outlook([1], fields)));
      assert.deepEqual(waits, [500, 750, 1125, 1687.5]);
    });
  }

  it('grows as ever, at the most, as long as entries are yet to appear, or some are of a kind that it does not know', () => {
    const known = { ...RESTART, since: NOW };
    for (const fields of [{ awaitsEntries: true }, { underway: [known, { ...known, action: 'stop' }] }]) {
      const schedule = scheduleFor();
      const waits = Array.from({ length: 8 }, () => schedule.next(outlook([0], fields)));
      assert.deepEqual(waits, [500, 750, 1125, 1687.5, 2531.25, 3796.875, 4500, 4500]);
    }
  });

  it('takes a first look at entries that cannot have ended: 1.5 s after they were asked for, sooner when they are quick', () => {
    const first = (...seconds: number[]): number => scheduleFor({ past: pastOf(...seconds), begun: RESTART }).next();
    assert.equal(first(40, 40, 40), 1500);
    assert.equal(first(1.2, 1.2, 1.2), 900);
    assert.equal(first(0.3, 0.3, 0.3), 500);
    assert.equal(first(40, 40), 500);
    assert.equal(scheduleFor({ begun: null }).next(), 500);
  });

  it('then looks for them as ever, and so again for what is begun later', () => {
    const schedule = scheduleFor({ begun: RESTART });
    assert.deepEqual(take(schedule, 3), [1500, 500, 750]);
    schedule.begin();
    assert.deepEqual(take(schedule, 2), [1500, 500]);
  });

  it('keeps a fixed interval', () => {
    const schedule = new PollSchedule(3000, () => 0.5, { past: pastOf(...TEN_SECONDS), begun: RESTART });
    assert.deepEqual([schedule.next(), schedule.next(outlook([10])), schedule.atLatest(3000, 10, { tookMs: 0, requests: 1 })], [3000, 3000, 3000]);
  });
});

describe('PollSchedule, when a poll is due at a certain time', () => {
  const poll = { tookMs: 40, requests: 1 };

  it('does not wait longer than that', () => {
    assert.equal(scheduleFor().atLatest(4000, 700, poll), 700);
    assert.equal(scheduleFor().atLatest(600, 700, poll), 600);
    assert.equal(scheduleFor().atLatest(600, Infinity, poll), 600);
  });

  it('makes no more than two requests a second', () => {
    assert.equal(scheduleFor().atLatest(4000, 100, poll), 460);
    assert.equal(scheduleFor().atLatest(4000, -5, { tookMs: 0, requests: 3 }), 1500);
    assert.equal(scheduleFor().atLatest(4000, -5, { tookMs: 900, requests: 1 }), 0);
  });

  it('does not rest for long after a poll that read much of a log', () => {
    assert.equal(scheduleFor().atLatest(700, Infinity, { tookMs: 2000, requests: 50 }), 4500);
  });
});
