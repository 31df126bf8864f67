import { table } from '../markdown.js';
import { type BenchOptions } from '../part.js';
import { FIXED_MS, measure, type CellFigures, type CellOptions } from './cell.js';

const GOALS = { ratio: 0.5, longestLagMs: 5000, inASecond: 2 };
const NODES = [1, 9, 60];
const MEDIANS_MS = [2000, 10_000, 40_000];
/** Deviations of the logarithms of the durations, and within which factor of the median nine of ten lie. */
const SPREADS = { 0.1: 1.18, 0.25: 1.5, 0.5: 2.3 };
const SIZES = { whole: { runs: 200, nodes: NODES }, quick: { runs: 10, nodes: [1] } };

/** How long after a node is final the user is told, and for how many requests, in virtual time. */
export async function notice({ quick }: BenchOptions): Promise<string> {
  const sections: string[] = [];
  for (const [spread, factor] of Object.entries(SPREADS)) {
    for (const hasHistory of [true, false]) {
      const title = `Nine of ten within a factor of ${factor} of the median, ${hasHistory ? 'with 60 earlier ones in the log' : 'without history'}:`;
      const size = quick ? SIZES.quick : SIZES.whole;
      const cells = size.nodes.flatMap((nodes) =>
        MEDIANS_MS.map((medianMs): CellOptions => {
          const runs = Math.ceil(size.runs / Math.sqrt(nodes));
          return { nodes, medianMs, spread: Number(spread), hasHistory, runs, seed: 1 };
        }),
      );
      const rows: string[][] = [];
      for (const cell of cells) rows.push(rowOf(cell, await measure(cell, { withIdeal: !quick })));
      sections.push(`${title}\n\n${table(HEADER, rows)}`);
    }
  }
  return sections.join('\n\n');
}

const HEADER = [
  'nodes',
  'median',
  'requests',
  'lag',
  `to an equal interval (goal ${GOALS.ratio})`,
  'best possible',
  `longest (goal ${GOALS.longestLagMs / 1000} s)`,
  `most in 1 s (goal ${GOALS.inASecond})`,
  ...FIXED_MS.map((ms) => `every ${ms / 1000} s`),
];

function rowOf({ nodes, medianMs }: CellOptions, figures: CellFigures): string[] {
  const { requests, lag, ideal, equal, longestLag, mostInASecond, fixed } = figures;
  return [
    String(nodes),
    `${medianMs / 1000} s`,
    requests.toFixed(1),
    seconds(lag),
    marked((lag / equal.lag).toFixed(2), lag / equal.lag <= GOALS.ratio),
    ideal === null ? '–' : (ideal / equal.lag).toFixed(2),
    marked(seconds(longestLag), longestLag <= GOALS.longestLagMs),
    marked(String(mostInASecond), mostInASecond <= GOALS.inASecond),
    ...[...fixed.values()].map((one) => `${one.requests.toFixed(1)}, ${seconds(one.lag)}`),
  ];
}

function marked(figure: string, isReached: boolean): string {
  return isReached ? figure : `${figure}, missed`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
