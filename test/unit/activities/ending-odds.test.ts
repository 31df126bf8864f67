import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allEndedAt, EndingOdds } from '../../../src/activities/ending-odds.js';

const NOW = Date.UTC(2026, 5, 1);
/** Ten seconds, give or take one. */
const TEN = new EndingOdds([9000, 9500, 9700, 10_000, 10_300, 10_500, 11_000]);

describe('the odds that something ends', () => {
  it('are small before any has ended, great when most have, and small again long after', () => {
    const [early, due, late] = [TEN.rate(5000), TEN.rate(10_500), TEN.rate(60_000)];
    assert.ok(early < 0.05, String(early));
    assert.ok(due > 0.5, String(due));
    assert.ok(late < 0.05, String(late));
  });

  it('are half at the median', () => {
    const left = TEN.left(10_000);
    assert.ok(Math.abs(left - 0.5) < 0.05, String(left));
  });

  it('never fail, and what is left only becomes less, whatever the durations', () => {
    const durations = fc.array(fc.double({ min: 100, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 200 });
    const ages = fc.array(fc.double({ min: -1e6, max: 1e9, noNaN: true }), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(durations, ages, (took, at) => {
        const odds = new EndingOdds(took);
        const sorted = [...at].sort((a, b) => a - b);
        let before = 1 + 1e-9;
        for (const age of sorted) {
          const [rate, left] = [odds.rate(age), odds.left(age)];
          assert.ok(Number.isFinite(rate) && rate >= 0, `rate ${rate} at ${age}`);
          assert.ok(left >= 0 && left <= before, `left ${left} at ${age}`);
          before = left;
        }
      }),
    );
  });
});

describe('when all will have ended', () => {
  const course = (agoMs: number): { since: number; odds: EndingOdds } => ({ since: NOW - agoMs, odds: TEN });
  const inSeconds = (...agoMs: number[]): number => (allEndedAt(agoMs.map(course), NOW) - NOW) / 1000;

  it('is now, of none', () => {
    assert.equal(allEndedAt([], NOW), NOW);
  });

  it('is after the usual time, of one that has just begun', () => {
    assert.ok(Math.abs(inSeconds(0) - 10) < 0.3, String(inSeconds(0)));
  });

  it('is what is left of it, of one that has gone on for a while', () => {
    assert.ok(Math.abs(inSeconds(6000) - 4) < 0.3, String(inSeconds(6000)));
  });

  it('is later the more there are, and goes by the one that began last', () => {
    const sixty = Array.from({ length: 60 }, () => 0);
    assert.ok(inSeconds(...sixty) > inSeconds(0) + 0.5);
    assert.ok(Math.abs(inSeconds(9000, 0) - inSeconds(0)) < 0.5);
  });
});
