import assert from 'node:assert/strict';
import { PastDurations } from '../../../src/activities/past-durations.js';
import { type Activity } from '../../../src/base/activity.js';

const BEGAN = Date.UTC(2026, 5, 1);
const RESTART = { runtime: 'iggy', action: 'restart' };

/** A restart of iggy that took so long; later ones have higher ids. */
function entry(id: bigint, tookMs: number, fields: Partial<Activity> = {}): Activity {
  const at = (ms: number): string => new Date(BEGAN + ms).toISOString();
  return { id, node_id: 1n, ...RESTART, status: 'completed', created_at: at(0), finished_at: at(tookMs), ...fields };
}

function learnt(...entries: Activity[]): PastDurations {
  const past = new PastDurations();
  past.learn(entries);
  return past;
}

const seconds = (...took: number[]): Activity[] => took.map((s, index) => entry(BigInt(index + 1), s * 1000));

describe('how long work took before', () => {
  it('is the median, of an odd number and of an even one', () => {
    assert.equal(learnt(...seconds(30, 10, 14)).usualMs(RESTART), 14_000);
    assert.equal(learnt(...seconds(30, 10, 14, 16)).usualMs(RESTART), 15_000);
  });

  it('is not known by fewer than three', () => {
    for (const few of [[], [10], [10, 12]]) {
      assert.equal(learnt(...seconds(...few)).usualMs(RESTART), null);
    }
  });

  it('is told apart by runtime and action, but not by the config of a reconfigure', () => {
    const kinds = (action: string, runtime = 'iggy'): Partial<Activity> => ({ action, runtime });
    const past = learnt(
      ...seconds(10, 12, 14),
      ...[20, 22].map((s, index) => entry(BigInt(index + 10), s * 1000, kinds('restart', 'connectors'))),
      entry(20n, 31_000, kinds('reconfigure:42')),
      entry(21n, 32_000, kinds('reconfigure:43')),
      entry(22n, 33_000, kinds('reconfigure')),
    );
    assert.equal(past.usualMs(RESTART), 12_000);
    assert.equal(past.usualMs({ runtime: 'connectors', action: 'restart' }), null);
    assert.equal(past.usualMs({ runtime: 'iggy', action: 'reconfigure:7' }), 32_000);
  });

  const useless: Array<[string, Partial<Activity>]> = [
    ['that goes on', { status: 'processing', finished_at: null }],
    ['that was rejected', { status: 'rejected' }],
    ['of an unknown status', { status: 'cancelled' }],
    ['without an end', { finished_at: undefined }],
    ['whose end is null', { finished_at: null }],
    ['whose end is no time', { finished_at: 'soon' }],
    ['whose beginning is no time', { created_at: '' }],
    ['that ended before it began', { finished_at: new Date(BEGAN - 1).toISOString() }],
  ];
  for (const [what, fields] of useless) {
    it(`an entry ${what} says nothing`, () => {
      const past = learnt(entry(1n, 10_000), entry(2n, 12_000), entry(3n, 14_000, fields));
      assert.equal(past.usualMs(RESTART), null);
    });
  }

  it('counts an entry once, however often it is read, and one that ends between two reads', () => {
    const past = learnt(entry(1n, 10_000), entry(2n, 12_000));
    past.learn([entry(1n, 10_000), entry(2n, 12_000), entry(3n, 14_000, { status: 'processing', finished_at: null })]);
    assert.equal(past.usualMs(RESTART), null);
    past.learn([entry(3n, 14_000)]);
    assert.equal(past.usualMs(RESTART), 12_000);
  });

  it('is not led astray by one that was stuck for a day', () => {
    assert.equal(learnt(...seconds(10, 11, 12, 13, 86_400)).usualMs(RESTART), 12_000);
  });

  it('is that of the newest 200, in whatever order they are read', () => {
    const old = Array.from({ length: 300 }, (_, index) => entry(BigInt(index), 10_000));
    const fresh = Array.from({ length: 200 }, (_, index) => entry(BigInt(1000 + index), index < 100 ? 12_000 : 16_000));
    for (const order of [
      [old, fresh],
      [fresh, old],
    ]) {
      const past = new PastDurations();
      for (const entries of order) past.learn(entries);
      assert.equal(past.usualMs(RESTART), 14_000);
    }
  });
});
