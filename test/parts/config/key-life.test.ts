import assert from 'node:assert/strict';
import { expiryOf } from '../../../src/config/key-life.js';

describe('when a key expires', () => {
  const NOW = Date.parse('2026-06-01T12:00:00Z');
  const DAY = 86_400_000;
  const SHORT = 'less than a day';
  const at = (ms: number): string => new Date(NOW + ms).toISOString();

  it('is said in whole days, in any time zone; what is no time is not known', () => {
    for (const [ms, daysLeft, soon, text, expires, life] of [
      [200 * DAY, 200, false, 'in 200 days', 'expires in 200 days', 'key good for 200 days'],
      [14 * DAY, 14, false, 'in 14 days', 'expires in 14 days', 'key good for 14 days'],
      [14 * DAY - 1, 13, true, 'in 13 days', 'expires in 13 days', 'key good for 13 days'],
      [DAY, 1, true, 'in 1 day', 'expires in 1 day', 'key good for 1 day'],
      [1, 0, true, `in ${SHORT}`, `expires in ${SHORT}`, `key good for ${SHORT}`],
      [0, 0, true, `${SHORT} ago`, `expired ${SHORT} ago`, `key expired ${SHORT} ago`],
      [-2 * DAY, -2, true, '2 days ago', 'expired 2 days ago', 'key expired 2 days ago'],
    ] as const) {
      assert.deepEqual(expiryOf(at(ms), NOW), { daysLeft, soon, text, expires, life });
    }
    assert.equal(expiryOf('2026-06-03T14:00:00+02:00', NOW)?.daysLeft, 2);
    assert.equal(expiryOf('soon', NOW), null);
  });
});
