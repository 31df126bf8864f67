import assert from 'node:assert/strict';
import { momentOf } from '../../../src/cli/line/moments.js';
import { withEnv } from '../../helpers/env.js';

describe('a time as it is typed', () => {
  const table: ReadonlyArray<[zone: string, now: string, text: string, at: string]> = [
    // The clocks skip this hour, and show that one twice.
    ['Europe/Berlin', '2026-12-01T12:00:00Z', '2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-12-01T12:00:00Z', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
    // A day of 23 hours, one of 25, and the days after them.
    ['Europe/Berlin', '2026-03-29T20:00:00Z', 'today', '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-03-30T20:00:00Z', 'yesterday', '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25T20:00:00Z', 'today', '2026-10-24T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-26T22:59:59Z', 'yesterday', '2026-10-24T22:00:00.000Z'],
    // A day without a midnight starts at one.
    ['Africa/Cairo', '2026-04-24T12:00:00Z', 'today', '2026-04-23T22:00:00.000Z'],
    // Whose day it is.
    ['Pacific/Kiritimati', '2026-12-31T10:00:00Z', 'today', '2026-12-31T10:00:00.000Z'],
    ['Pacific/Pago_Pago', '2027-01-01T10:59:59Z', 'today', '2026-12-31T11:00:00.000Z'],
    ['Asia/Kolkata', '2026-03-01T00:00:00Z', 'yesterday', '2026-02-27T18:30:00.000Z'],
    ['Asia/Kolkata', '2026-03-01T00:00:00Z', '2026-02-28 13:00:05', '2026-02-28T07:30:05.000Z'],
    ['Asia/Kolkata', '2026-03-01T00:00:00Z', '2026-02-28', '2026-02-28T00:00:00.000Z'],
  ];
  for (const [zone, now, text, at] of table) {
    it(`${text} in ${zone} at ${now}`, () =>
      withEnv({ TZ: zone }, () => {
        const moment = momentOf(text, { flag: '--since', now: Date.parse(now), utc: false });
        assert.equal(new Date(moment.at).toISOString(), at);
        assert.match(moment.note ?? '', /^--since .* is \d{4}-/);
        return Promise.resolve();
      }));
  }
});
