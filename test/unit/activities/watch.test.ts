import assert from 'node:assert/strict';
import { type ActivityFilter } from '../../../src/log/list.js';
import { Watch } from '../../../src/activities/watch.js';
import { type Activity } from '../../../src/base/activity.js';
import { type Id } from '../../../src/base/ids.js';

const entry = (id: Id, status = 'completed', node = 1n): Activity => ({
  id,
  node_id: node,
  runtime: 'iggy',
  action: 'restart',
  status,
  created_at: '2026-06-01T10:00:00Z',
});

/** @returns the news, as `id:status` */
function tell(watch: Watch, ...read: Activity[]): string[] {
  return watch
    .observe(read)
    .flatMap((event) => (event.event === 'activity' ? [`${event.activity.id}:${event.activity.status}`] : []));
}

function watching(first: Activity[], filter: ActivityFilter = {}, untilFinal = true): Watch {
  return new Watch(first, 100n, filter, untilFinal);
}

describe('Watch', () => {
  it('is settled once all of the first listing is final; new entries are shown, not waited for', () => {
    const watch = watching([entry(99n, 'processing'), entry(98n)]);
    assert.equal(watch.settled, false);
    assert.deepEqual(tell(watch, entry(101n, 'processing'), entry(99n, 'processing')), ['101:processing']);
    assert.equal(watch.settled, false);
    assert.deepEqual(tell(watch, entry(99n, 'completed')), ['99:completed']);
    assert.equal(watch.settled, true);
    assert.deepEqual(
      watch.entries.map(({ id }) => id),
      [101n, 99n, 98n],
    );
  });

  it('with nothing open at first there is nothing to wait for', () => {
    assert.equal(watching([entry(99n)]).settled, true);
    assert.equal(watching([]).settled, true);
  });

  it('is never settled when it is to go on for ever', () => {
    assert.equal(watching([entry(99n)], {}, false).settled, false);
  });

  it('emits a change once, and of no entry from before the listing', () => {
    const watch = watching([entry(99n, 'processing')]);
    assert.deepEqual(tell(watch, entry(100n), entry(50n), entry(99n, 'processing')), []);
    assert.deepEqual(tell(watch, entry(99n, 'rejected')), ['99:rejected']);
    assert.deepEqual(tell(watch, entry(99n, 'rejected'), entry(99n, 'processing')), []);
    assert.equal(watch.anyRejected, true);
  });

  it('one that was rejected before, or came later, is not what was waited for', () => {
    const watch = watching([entry(99n, 'processing'), entry(98n, 'rejected')]);
    tell(watch, entry(101n, 'rejected'), entry(99n, 'completed'));
    assert.equal(watch.anyRejected, false);
  });

  it('one of several that were waited for is enough to say that there was a rejection', () => {
    const watch = watching([entry(99n, 'processing'), entry(98n, 'processing')]);
    tell(watch, entry(99n, 'rejected'), entry(98n));
    assert.equal(watch.anyRejected, true);
  });

  it('looks for what is open, shown at first or since, and for nothing that no filter would show', () => {
    const watch = watching([entry(98n), entry(99n, 'processing')], { runtimes: ['iggy'] });
    tell(watch, entry(101n, 'processing'), { ...entry(102n, 'processing'), runtime: 'connectors' });
    assert.deepEqual(watch.open(), [99n, 101n]);
    assert.equal(watch.nextCheckAt(), null);
  });

  it('shows new entries that match, and keeps an eye on one whose status may become the one wanted', () => {
    const watch = watching([], { statuses: ['rejected'], nodes: [1n] });
    assert.deepEqual(tell(watch, entry(101n, 'processing'), entry(102n, 'rejected', 2n), entry(103n)), []);
    assert.deepEqual(watch.open(), [101n]);
    assert.deepEqual(tell(watch, entry(101n, 'rejected')), ['101:rejected']);
    assert.deepEqual(watch.open(), []);
  });

  it('a candidate that ends otherwise is let go', () => {
    const watch = watching([], { statuses: ['rejected'] });
    tell(watch, entry(101n, 'processing'));
    assert.deepEqual(tell(watch, entry(101n, 'completed')), []);
    assert.deepEqual(watch.open(), []);
  });

  it('shows an entry to its end although its status is no longer the one it was listed for', () => {
    const watch = watching([entry(99n, 'processing')], { statuses: ['processing'] });
    assert.deepEqual(tell(watch, entry(99n, 'completed')), ['99:completed']);
    assert.equal(watch.settled, true);
  });

  it('keeps one that was waited for, and forgets the oldest of the others first', () => {
    const first = [entry(99n, 'processing'), ...Array.from({ length: 1000 }, (_, at) => entry(98n - BigInt(at)))];
    const watch = watching(first);
    tell(watch, entry(99n, 'rejected'), entry(101n), entry(102n));
    const kept = watch.entries.map(({ id }) => id);
    assert.deepEqual([kept.length, kept[0], kept[2], kept.at(-1)], [1000, 102n, 99n, 98n - 996n]);
    assert.deepEqual([watch.settled, watch.anyRejected], [true, true]);
  });

  it('keeps no more than a thousand, never lets go of an open one, and takes no old one for news', () => {
    const watch = watching([entry(99n, 'processing')], {}, false);
    for (let id = 101n; id <= 2100n; id++) assert.equal(tell(watch, entry(id)).length, 1);
    assert.equal(watch.entries.length, 1000);
    assert.equal(watch.entries.at(-1)?.id, 99n);
    assert.deepEqual(tell(watch, entry(101n), entry(1000n), entry(2101n)), ['2101:completed']);
  });
});
