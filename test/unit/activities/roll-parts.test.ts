import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EventQueue } from '../../../src/activities/follow/event-queue.js';
import { RateLimiter } from '../../../src/activities/roll/rate-limiter.js';
import { parseMaxUnavailable } from '../../../src/activities/roll/plan.js';
import { SingleFlight } from '../../../src/activities/follow/single-flight.js';
import { UsageError } from '../../../src/base/errors.js';
import { VirtualClock } from '../../helpers/clock.js';

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
    const texts = [
      '',
      '0',
      '0%',
      '000',
      '101%',
      '-1',
      '+1',
      '1.5',
      '1e3',
      '2 %',
      '%',
      '5%%',
      'all',
      '1234567',
      '٣',
      '1\n',
    ];
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
  const taking = async (queue: EventQueue<number>, take: (event: number) => void): Promise<void> => {
    for await (const event of queue.drain()) take(event);
  };

  it('gives out what was put in, in order, and ends after that', async () => {
    const queue = new EventQueue<number>();
    queue.push(1);
    queue.push(2);
    const seen: number[] = [];
    await taking(queue, (event) => {
      seen.push(event);
      if (event === 2) {
        queue.push(3);
        setImmediate(() => {
          queue.push(4);
          queue.close();
          queue.fail(new Error('after the end'));
          queue.push(5);
        });
      }
    });
    assert.deepEqual(seen, [1, 2, 3, 4]);
  });

  it('fails after what was put in before', async () => {
    const queue = new EventQueue<number>();
    queue.push(1);
    queue.fail(new Error('broken'));
    const seen: number[] = [];
    await assert.rejects(
      taking(queue, (event) => seen.push(event)),
      /broken/,
    );
    assert.deepEqual(seen, [1]);
  });

  it('makes whoever offers wait for whoever takes, and nobody once it has ended', async () => {
    const queue = new EventQueue<number>();
    let offered = 0;
    const offering = (async () => {
      for (; offered < 1000; offered++) await queue.offer(offered);
    })();
    let most = 0;
    const all = taking(queue, (event) => {
      most = Math.max(most, offered - event);
      if (event === 999) queue.close();
    });
    await Promise.all([offering, all]);
    assert.ok(most <= 1, `${most} in the queue`);
    await queue.offer(1000);
  });
});

describe('a rate limiter', () => {
  it('lets one through every so often, in the order they came', async () => {
    const clock = new VirtualClock();
    const limiter = new RateLimiter(clock, SECOND);
    const start = clock.elapsed();
    const through: Array<[number, number]> = [];
    const all = [0, 1, 2, 3].map(async (caller) => {
      await limiter.acquire();
      through.push([caller, clock.elapsed() - start]);
    });
    await clock.run(Promise.all(all));
    assert.deepEqual(through, [
      [0, 0],
      [1, SECOND],
      [2, 2 * SECOND],
      [3, 3 * SECOND],
    ]);
  });

  it('lets several through after a quiet time, and saves up no more than that', async () => {
    const clock = new VirtualClock();
    const limiter = new RateLimiter(clock, SECOND, 3);
    for (let round = 0; round < 3; round++) {
      await clock.advance(3_600_000);
      const start = clock.elapsed();
      const waits: number[] = [];
      const all = Array.from({ length: 5 }, async () => {
        await limiter.acquire();
        waits.push(clock.elapsed() - start);
      });
      await clock.run(Promise.all(all));
      assert.deepEqual(waits, [0, 0, 0, SECOND, 2 * SECOND]);
    }
  });

  it('is not put off by a clock that was set back', async () => {
    const clock = new VirtualClock();
    const limiter = new RateLimiter(clock, SECOND);
    await limiter.acquire();
    clock.jumpWall(-3_600_000);
    const start = clock.elapsed();
    await clock.run(limiter.acquire());
    await clock.run(limiter.acquire());
    assert.ok(clock.elapsed() - start <= 2 * SECOND);
  });

  it('ends a wait with the reason of the signal, and makes nobody else wait longer for it', async () => {
    const clock = new VirtualClock();
    const limiter = new RateLimiter(clock, SECOND);
    const stop = new AbortController();
    await limiter.acquire();
    const waiting = limiter.acquire(stop.signal);
    stop.abort(new Error('stopped'));
    await assert.rejects(waiting, /stopped/);
    assert.equal(clock.asleep, 0);
  });
});

describe('reads that are made one at a time', () => {
  interface Read {
    tries: string;
    end: (error?: Error) => void;
  }

  function start(): { flights: SingleFlight; reads: Read[] } {
    const reads: Read[] = [];
    const flights = new SingleFlight(
      (tries) =>
        new Promise((resolve, reject) => {
          reads.push({ tries, end: (error) => (error ? reject(error) : resolve()) });
        }),
    );
    return { flights, reads };
  }
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('are shared by all that ask while another goes on, and tried as often as any of them wants', async () => {
    const { flights, reads } = start();
    const first = flights.join('one');
    await settle();
    const later = [flights.join('one'), flights.join('several'), flights.join('one')];
    await settle();
    assert.deepEqual(
      reads.map(({ tries }) => tries),
      ['one'],
    );
    reads[0]?.end();
    await first;
    await settle();
    assert.deepEqual(
      reads.map(({ tries }) => tries),
      ['one', 'several'],
    );
    reads[1]?.end();
    await Promise.all(later);
  });

  it('fail for those who asked, and go on for the next', async () => {
    const { flights, reads } = start();
    const bad = flights.join('one');
    await settle();
    const good = flights.join('one');
    reads[0]?.end(new Error('bad'));
    await assert.rejects(bad, /bad/);
    await settle();
    reads[1]?.end();
    await good;
  });
});
