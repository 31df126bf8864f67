import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EventQueue } from '../../../src/activities/roll/event-queue.js';
import { Pace } from '../../../src/activities/roll/pace.js';
import { parseMaxUnavailable } from '../../../src/activities/roll/plan.js';
import { Turns } from '../../../src/activities/roll/turns.js';
import { UsageError } from '../../../src/core/errors.js';
import { VirtualClock } from '../../helpers/clock.js';
import { drain } from '../../helpers/run.js';

const SECOND = 1000;

describe('--max-unavailable', () => {
  it('is a number of nodes, whatever their number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999 }), fc.integer({ min: 1, max: 5000 }), (window, nodes) => {
        assert.equal(parseMaxUnavailable(String(window))(nodes), window);
      }),
    );
  });

  it('is a percentage, rounded down, of at least one node and never more than all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 5000 }), (percent, nodes) => {
        const window = parseMaxUnavailable(`${percent}%`)(nodes);
        const exact = (BigInt(nodes) * BigInt(percent)) / 100n;
        assert.equal(BigInt(window), exact > 0n ? exact : 1n);
        assert.ok(window <= nodes);
      }),
    );
    assert.equal(parseMaxUnavailable('25%')(9), 2);
    assert.equal(parseMaxUnavailable('10%')(9), 1);
    assert.equal(parseMaxUnavailable('100%')(9), 9);
  });

  it('is nothing else', () => {
    const texts = ['', '0', '0%', '000', '101%', '-1', '+1', '1.5', '1e3', '2 %', '%', '5%%', 'all', '1234567', '٣', '1\n'];
    for (const text of texts) assert.throws(() => parseMaxUnavailable(text), UsageError, text);
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/^\d{1,6}%?$/.test(text)),
        (text) => assert.throws(() => parseMaxUnavailable(text), UsageError),
      ),
    );
  });
});

describe('an event queue', () => {
  it('gives out what was put in, in order, and ends after that', async () => {
    const queue = new EventQueue<number, string>();
    queue.push(1);
    queue.push(2);
    const seen: number[] = [];
    const end = drain(queue.drain(), (value) => {
      seen.push(value);
      if (value === 2) {
        queue.push(3);
        setImmediate(() => {
          queue.push(4);
          queue.close('end');
          queue.close('another end');
          queue.push(5);
        });
      }
    });
    assert.equal(await end, 'end');
    assert.deepEqual(seen, [1, 2, 3, 4]);
  });

  it('fails after what was put in before', async () => {
    const queue = new EventQueue<number, string>();
    queue.push(1);
    queue.fail(new Error('broken'));
    const seen: number[] = [];
    await assert.rejects(drain(queue.drain(), (value) => seen.push(value)), /broken/);
    assert.deepEqual(seen, [1]);
  });

  it('makes whoever offers wait for whoever takes, and nobody once it has ended', async () => {
    const queue = new EventQueue<number, string>();
    let offered = 0;
    const offering = (async () => {
      for (; offered < 1000; offered++) await queue.offer(offered);
    })();
    let most = 0;
    const taking = drain(queue.drain(), (value) => {
      most = Math.max(most, offered - value);
      if (value === 999) queue.close('end');
    });
    await Promise.all([offering, taking]);
    assert.ok(most <= 1, `${most} in the queue`);
    await queue.offer(1000);
  });
});

describe('a pace', () => {
  it('lets one through every so often, in the order they came', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, SECOND);
    const start = clock.now();
    const through: Array<[number, number]> = [];
    const all = [0, 1, 2, 3].map(async (caller) => {
      await pace.turn();
      through.push([caller, clock.now() - start]);
    });
    await clock.run(Promise.all(all));
    assert.deepEqual(through, [[0, 0], [1, SECOND], [2, 2 * SECOND], [3, 3 * SECOND]]);
  });

  it('lets several through after a quiet time, and saves up no more than that', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, SECOND, 3);
    for (let round = 0; round < 3; round++) {
      await clock.advance(3_600_000);
      const start = clock.now();
      const waits: number[] = [];
      const all = Array.from({ length: 5 }, async () => {
        await pace.turn();
        waits.push(clock.now() - start);
      });
      await clock.run(Promise.all(all));
      assert.deepEqual(waits, [0, 0, 0, SECOND, 2 * SECOND]);
    }
  });

  it('is not put off by a clock that was set back', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, SECOND);
    await pace.turn();
    clock.jump(-3_600_000);
    const start = clock.now();
    await clock.run(pace.turn());
    await clock.run(pace.turn());
    assert.ok(clock.now() - start <= 2 * SECOND);
  });

  it('ends a wait with the reason of the signal, and makes nobody else wait longer for it', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, SECOND);
    const stop = new AbortController();
    await pace.turn();
    const waiting = pace.turn(stop.signal);
    stop.abort(new Error('stopped'));
    await assert.rejects(waiting, /stopped/);
    assert.equal(clock.asleep, 0);
  });
});

describe('turns', () => {
  interface Piece {
    manner: string;
    done: () => void;
  }

  function work(): { turns: Turns<string>; pieces: Piece[] } {
    const pieces: Piece[] = [];
    const turns = new Turns<string>(
      (manner) =>
        new Promise((resolve, reject) => {
          pieces.push({ manner, done: () => (manner === 'bad' ? reject(new Error(manner)) : resolve()) });
        }),
      (a, b) => (a === 'strict' ? a : b),
    );
    return { turns, pieces };
  }
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('are taken one at a time; all that ask while one goes on share the next', async () => {
    const { turns, pieces } = work();
    const first = turns.take('lax');
    await settle();
    const later = [turns.take('lax'), turns.take('strict'), turns.take('lax')];
    await settle();
    assert.deepEqual(pieces.map(({ manner }) => manner), ['lax']);
    pieces[0]?.done();
    await first;
    await settle();
    assert.deepEqual(pieces.map(({ manner }) => manner), ['lax', 'strict']);
    pieces[1]?.done();
    await Promise.all(later);
  });

  it('that fail do so for those who asked, and go on for the next', async () => {
    const { turns, pieces } = work();
    const bad = turns.take('bad');
    await settle();
    const good = turns.take('lax');
    pieces[0]?.done();
    await assert.rejects(bad, /bad/);
    await settle();
    pieces[1]?.done();
    await good;
  });
});
