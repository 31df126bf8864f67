/** So many bars, each for durations that are by the same factor longer than those of the bar before it. */
export const BARS = 12;

const HEIGHTS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const NOTHING = ' ';
/** Shorter than this is all the same, ms. */
const SHORTEST = 10;

/** How many took how many milliseconds. */
export type Counts = ReadonlyArray<readonly [ms: number, count: number]>;

/** What the first bar begins with and the last one ends with, ms: the same for all histograms that are compared. */
export interface Scale {
  from: number;
  to: number;
}

/** The scale on which all of these fit; null where there are no durations. */
export function scaleOf(all: readonly Counts[]): Scale | null {
  const durations = all.flatMap((counts) => counts.map(([ms]) => Math.max(ms, SHORTEST)));
  if (durations.length === 0) return null;
  return { from: durations.reduce((a, b) => Math.min(a, b)), to: durations.reduce((a, b) => Math.max(a, b)) };
}

/**
 * A histogram in a line. What there is one of is seen beside what there are thousands of: no bar that holds something is
 * without height. The scale is logarithmic, so that the tail does not press all else into the first bar.
 */
export function histogram(counts: Counts, { from, to }: Scale): string {
  const bars = Array.from({ length: BARS }, () => 0);
  for (const [ms, count] of counts) {
    const share = from === to ? 0 : Math.log10(Math.max(ms, SHORTEST) / from) / Math.log10(to / from);
    const bar = Math.min(Math.floor(share * BARS), BARS - 1);
    bars[bar] = (bars[bar] ?? 0) + count;
  }
  const highest = bars.reduce((a, b) => Math.max(a, b), 0);
  const top = HEIGHTS.length - 1;
  return bars.map((n) => (n === 0 ? NOTHING : (HEIGHTS[Math.ceil((n / highest) * top)] ?? HEIGHTS[top]))).join('');
}
