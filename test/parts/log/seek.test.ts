import assert from 'node:assert/strict';
import { type Id } from '../../../src/base/ids.js';
import { findOne, notHeld, type Found } from '../../../src/log/seek.js';
import { VirtualClock } from '../../helpers/clock.js';
import { entry } from '../../helpers/command.js';

const NOT_THERE: Found = { activity: null, older: null, newer: null, serverTime: null };

describe('the lowest of some ids that the log holds', () => {
  const { signal } = new AbortController();

  /** Looks for 7, 5 and 9 in a log that has `early` from the start, and `late` half a second later. */
  async function look({ early = [] as Id[], late = [] as Id[] }) {
    const clock = new VirtualClock();
    const looked: string[] = [];
    const find = (id: Id): Promise<Found> => {
      looked.push(`${id} at ${clock.elapsed()}`);
      const isThere = early.includes(id) || (clock.elapsed() >= 500 && late.includes(id));
      return Promise.resolve({
        ...NOT_THERE,
        older: 4n,
        activity: isThere ? entry({ id, node_id: 1n }) : null,
      });
    };
    const error = await clock
      .run(findOne([7n, 5n, 9n], find, clock, signal))
      .catch((thrown: unknown) => thrown);
    return { error, looked };
  }

  it('is found without a second look where one is there', async () => {
    assert.deepEqual(await look({ early: [9n, 7n] }), {
      error: undefined,
      looked: ['5 at 0', '7 at 0'],
    });
  });

  it('is looked for again a second later: an entry that has just been created may be late', async () => {
    const first = ['5 at 0', '7 at 0', '9 at 0'];
    assert.deepEqual(await look({ late: [7n, 9n] }), {
      error: undefined,
      looked: [...first, '5 at 1000', '7 at 1000'],
    });
    const { error, looked } = await look({});
    assert.deepEqual(looked, [...first, '5 at 1000', '7 at 1000', '9 at 1000']);
    assert.ok(error instanceof Error && 'hint' in error && 'exitCode' in error);
    assert.equal(error.message, 'the log has no activity 5, 7, 9');
    assert.equal(error.exitCode, 5);
    // Where the last of them would be.
    assert.match(String(error.hint), /^The newest is 4; this one may not have appeared yet/);
  });
});

describe('an id that the log does not hold', () => {
  const ID = 7301845022003200900n;
  const CASES: ReadonlyArray<[found: Partial<Found> | undefined, hint: RegExp | undefined]> = [
    [undefined, undefined],
    [{}, /^The log is empty\. Is this the right deployment\?$/],
    [{ older: 7n }, /^The newest is 7; this one may not have appeared yet/],
    [{ newer: ID * 2n }, /^The closest in the log: 14603690044006401800\. Is this/],
    [
      { older: 7n, newer: ID * 2n },
      /^The closest in the log: 7 and 14603690044006401800\. .* rounded\?$/,
    ],
  ];
  for (const [found, hint] of CASES) {
    it(`says ${hint ? String(hint) : 'nothing more where it was not looked for'}`, () => {
      const error = notHeld([5n, ID], found && { ...NOT_THERE, ...found });
      assert.equal(error.message, `the log has no activity 5, ${ID}`);
      if (hint) assert.match(error.hint ?? '', hint);
      else assert.equal(error.hint, undefined);
    });
  }
});
