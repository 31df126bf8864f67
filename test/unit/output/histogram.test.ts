import assert from 'node:assert/strict';
import { BARS, histogram, scaleOf, type Counts } from '../../../src/output/histogram.js';

const draw = (counts: Counts): string => histogram(counts, scaleOf([counts]) ?? { from: 1, to: 1 });

describe('histogram', () => {
  it('begins with the shortest and ends with the longest', () => {
    assert.equal(
      draw([
        [100, 1],
        [100_000, 1],
      ]),
      `█${' '.repeat(BARS - 2)}█`,
    );
  });

  it('shows a single one in the tail beside thousands', () => {
    assert.equal(
      draw([
        [1000, 5000],
        [60_000, 1],
      ]),
      `█${' '.repeat(BARS - 2)}▂`,
    );
  });

  it('is as high as there are many', () => {
    // A decade each, on a scale of four: the bars 0, 3, 6, 9 and the last one.
    const drawn = draw([
      [10, 10],
      [100, 40],
      [1000, 80],
      [10_000, 20],
      [100_000, 10],
    ]);
    assert.equal(drawn, '▂  ▅  █  ▃ ▂');
  });

  it('is drawn on the scale of all that it is compared with', () => {
    const fast: Counts = [[100, 3]];
    const slow: Counts = [[10_000, 3]];
    const scale = scaleOf([fast, [], slow]);
    assert.deepEqual(scale, { from: 100, to: 10_000 });
    assert.ok(scale);
    assert.equal(histogram(fast, scale).trimEnd(), '█');
    assert.equal(histogram(slow, scale).trimStart(), '█');
    assert.equal(histogram([], scale).trim(), '');
  });

  it('takes durations that are all the same, and none', () => {
    assert.equal(draw([[4200, 9]]).trimEnd(), '█');
    assert.equal(draw([[0, 9]]).trimEnd(), '█');
    assert.equal(scaleOf([[], []]), null);
  });
});
