import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { type Activity } from '../../../src/base/activity.js';
import { type Listing } from '../../../src/log/list.js';
import { mergeNewest } from '../../../src/log/merge.js';
import { seededRandom, type RandomSource } from '../../../src/sandbox/tenant.js';

const START = Date.UTC(2026, 5, 1);

const entry = (id: bigint, created_at: string): Activity => ({
  ...{ id, node_id: 1n, runtime: 'iggy', action: 'restart', status: 'completed' },
  created_at,
});

/** A log, newest first, in parts of any size. */
function madeLog(random: RandomSource, firstId: bigint): Activity[][] {
  const parts: Activity[][] = [];
  let at = START;
  let id = firstId;
  for (let left = Math.floor(random() * 5); left > 0; left -= 1) {
    const length = Math.floor(random() * 130);
    const part = Array.from({ length }, () => {
      at -= Math.floor(random() * 3) * 1000;
      id += 1n;
      return entry(id, new Date(at).toISOString());
    });
    parts.push(part);
  }
  return parts;
}

async function* listing(parts: readonly Activity[][], asked: number[] = []): Listing {
  for (const entries of parts) {
    asked.push(entries.length);
    yield await Promise.resolve({ entries, total: 7 });
  }
}

async function merged(listings: readonly Listing[], limit = 0) {
  const entries: Activity[] = [];
  let total = 0;
  for await (const part of mergeNewest(listings, limit)) {
    entries.push(...part.entries);
    ({ total } = part);
  }
  return { entries, total };
}

const timeOf = ({ created_at: at }: Activity): number => Date.parse(at);
const idsOf = (entries: readonly Activity[]): bigint[] => entries.map(({ id }) => id);

describe('log/merge: one list of several logs', () => {
  it('has each entry once, newest first, up to the limit', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = seededRandom(seed);
      const logs = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, at) =>
        madeLog(random, BigInt(at) * 10_000n),
      );
      const limit = random() < 0.5 ? 0 : Math.ceil(random() * 300);
      const { entries } = await merged(
        logs.map((parts) => listing(parts)),
        limit,
      );
      const wanted = logs
        .flat(2)
        .map(timeOf)
        .sort((a, b) => b - a);
      assert.deepEqual(entries.map(timeOf), wanted.slice(0, limit || Infinity), `seed ${seed}`);
      assert.equal(new Set(idsOf(entries)).size, entries.length, `seed ${seed}`);
    }
  });

  it('keeps the order of each log, and passes over a single odd time', async () => {
    const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();
    const odd = [entry(9n, at(9)), entry(8n, 'soon'), entry(7n, '0001-01-01T00:00:00Z')];
    const one = [...odd, entry(5n, at(5)), entry(4n, at(4))];
    const other = [entry(60n, at(6)), entry(30n, at(3))];
    const { entries } = await merged([listing([one]), listing([other])]);
    assert.deepEqual(idsOf(entries), [9n, 60n, 8n, 7n, 5n, 4n, 30n]);
  });

  it('gives a hundred at a time, since each time is a write', async () => {
    const entries = Array.from({ length: 250 }, (_, n) => entry(BigInt(n + 1), 'x'));
    const sizes: number[] = [];
    for await (const part of mergeNewest([listing([entries])], 0)) sizes.push(part.entries.length);
    assert.deepEqual(sizes, [100, 100, 50]);
  });

  it('counts what all of them hold, and reads no further than it has to', async () => {
    const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();
    const [first, second]: number[][] = [[], []];
    const logs = [
      listing([[entry(2n, at(2))], [entry(1n, at(1))]], first),
      listing([[entry(4n, at(0))], [entry(3n, at(-1))]], second),
    ];
    const { entries, total } = await merged(logs, 2);
    assert.deepEqual([idsOf(entries), total, first, second], [[2n, 1n], 14, [1, 1], [1]]);
  });

  it('lets go of every log once it has enough', async () => {
    const released: string[] = [];
    async function* held(name: string): Listing {
      try {
        yield* listing([[entry(1n, 'x')], [entry(2n, 'x')]]);
      } finally {
        released.push(name);
      }
    }
    await merged([held('a'), held('b')], 1);
    // It does not wait for them.
    await setImmediate();
    assert.deepEqual(released, ['a', 'b']);
  });
});
