import assert from 'node:assert/strict';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expiryOf } from '../../../src/config/expiry.js';
import { ExpiryNotices } from '../../../src/config/expiry-notices.js';
import { VirtualClock } from '../../helpers/clock.js';
import { privateFolder, removeFolders, withoutPrivileges } from './fixtures.js';
import { itOnPosix } from '../../helpers/platform.js';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const DAY = 86_400_000;
const HOUR = 3_600_000;

const after = (ms: number): string => new Date(NOW + ms).toISOString();

describe('how long a key is good for', () => {
  const table: Array<[string, number, { daysLeft: number; expired: boolean; soon: boolean; text: string }]> = [
    ['200 days', 200 * DAY, { daysLeft: 200, expired: false, soon: false, text: 'in 200 days' }],
    ['14 days', 14 * DAY, { daysLeft: 14, expired: false, soon: false, text: 'in 14 days' }],
    ['a moment less than 14 days', 14 * DAY - 1, { daysLeft: 13, expired: false, soon: true, text: 'in 13 days' }],
    ['a day', DAY, { daysLeft: 1, expired: false, soon: true, text: 'in 1 day' }],
    ['an hour', HOUR, { daysLeft: 0, expired: false, soon: true, text: 'in less than a day' }],
    ['no time at all', 0, { daysLeft: 0, expired: true, soon: true, text: 'less than a day ago' }],
    ['an hour past', -HOUR, { daysLeft: -1, expired: true, soon: true, text: 'less than a day ago' }],
    ['two days past', -2 * DAY, { daysLeft: -2, expired: true, soon: true, text: '2 days ago' }],
  ];
  for (const [name, ms, expected] of table) {
    it(name, () => {
      assert.deepEqual(expiryOf(after(ms), NOW), expected);
    });
  }

  it('is the same in any time zone', () => {
    assert.equal(expiryOf('2026-06-03T14:00:00+02:00', NOW)?.daysLeft, 2);
  });

  it('is not known from text that is no time', () => {
    assert.equal(expiryOf('soon', NOW), null);
  });
});

describe('notices of expiry', () => {
  afterEach(removeFolders);

  it('are due once a day for each profile, whichever process asks', async () => {
    const folder = privateFolder();
    const clock = new VirtualClock(NOW);
    const due = (profile: string): boolean => new ExpiryNotices(folder, clock).take(profile);
    assert.deepEqual([due('prod'), due('prod'), due('test'), due('test')], [true, false, true, false]);
    await clock.advance(DAY - 1);
    assert.deepEqual([due('prod'), due('test')], [false, false]);
    await clock.advance(1);
    assert.deepEqual([due('prod'), due('prod')], [true, false]);
  });

  it('are due again when the clock was set back', () => {
    const folder = privateFolder();
    new ExpiryNotices(folder, new VirtualClock(NOW)).take('prod');
    assert.equal(new ExpiryNotices(folder, new VirtualClock(NOW - DAY)).take('prod'), true);
  });

  itOnPosix('are kept in a private file', 'it keeps no modes', () => {
    const folder = privateFolder();
    new ExpiryNotices(folder, new VirtualClock(NOW)).take('prod');
    assert.deepEqual(readdirSync(folder), ['expiry-notices.json']);
    assert.equal(statSync(join(folder, 'expiry-notices.json')).mode & 0o777, 0o600);
  });

  it('know every name a profile may have', () => {
    const notices = new ExpiryNotices(privateFolder(), new VirtualClock(NOW));
    assert.deepEqual([notices.take('constructor'), notices.take('constructor')], [true, false]);
  });

  for (const text of ['', '{', '{}', '[{"profile":"prod","at":"yesterday"}]']) {
    it(`are due when ${JSON.stringify(text)} is all there is, which is mended`, () => {
      const folder = privateFolder();
      writeFileSync(join(folder, 'expiry-notices.json'), text, { mode: 0o600 });
      const notices = new ExpiryNotices(folder, new VirtualClock(NOW));
      assert.deepEqual([notices.take('prod'), notices.take('prod')], [true, false]);
    });
  }

  itOnPosix('are due each time in a folder that cannot be written, and fail nothing', 'it keeps no modes', async () => {
    const folder = privateFolder();
    await withoutPrivileges(folder, async () => {
      chmodSync(folder, 0o500);
      const notices = new ExpiryNotices(folder, new VirtualClock(NOW));
      assert.deepEqual([notices.take('prod'), notices.take('prod')], [true, true]);
      await Promise.resolve();
    });
    assert.deepEqual(readdirSync(folder), []);
  });
});
