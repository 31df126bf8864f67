import assert from 'node:assert/strict';
import { GivenIds } from '../../../src/activities/given-ids.js';
import { RecentIds } from '../../../src/activities/follow/recent-ids.js';
import { type Id } from '../../../src/base/ids.js';

describe('the ids that were given', () => {
  /** Gives these many, newest first, from 10 000 down. */
  const given = (n: number): GivenIds => {
    const ids = new GivenIds();
    for (let at = 0; at < n; at++) assert.equal(ids.add(10_000n - BigInt(at)), true);
    return ids;
  };

  it('are known again, each of them, however many have come since', () => {
    for (const n of [1, 300, 301, 1000]) {
      const ids = given(n);
      for (let at = 0; at < n; at++) assert.equal(ids.add(10_000n - BigInt(at)), false, `${at} of ${n}`);
    }
  });

  it('let one pass that comes out of its order by a few pages', () => {
    const ids = new GivenIds();
    for (let id = 1000n; id > 700n; id -= 2n) ids.add(id);
    assert.equal(ids.add(701n), true);
    assert.equal(ids.add(999n), true);
  });

  it('tell that what has come into being above them is not for this reading', () => {
    assert.equal(given(301).add(10_001n), false);
    assert.equal(given(300).add(10_001n), true);
  });

  it('are forgotten in the order they were given, and the lowest of those counts', () => {
    const ids = new GivenIds();
    ids.add(500n);
    ids.add(900n);
    for (let id = 400n; id > 100n; id--) ids.add(id);
    assert.equal(ids.add(500n), false);
    assert.equal(ids.add(600n), false);
    assert.equal(ids.add(450n), true);
  });
});

describe('the ids seen lately', () => {
  const add = (ids: RecentIds, from: Id, to: Id): void => {
    for (let id = from; id <= to; id++) ids.add(id);
  };

  it('are 2000, and the one added first is forgotten first', () => {
    const ids = new RecentIds();
    add(ids, 1n, 2000n);
    add(ids, 1n, 1n);
    assert.deepEqual(
      [1n, 2000n, 2001n].map((id) => ids.has(id)),
      [true, true, false],
    );
    add(ids, 2001n, 2002n);
    assert.deepEqual(
      [1n, 2n, 3n, 2002n].map((id) => ids.has(id)),
      [false, false, true, true],
    );
  });
});
