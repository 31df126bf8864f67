import { parseArgs } from 'node:util';
import { FIXED_MS, measure, type CellFigures, type CellOptions } from './notice/cell.js';

const USAGE = `The notice bench: how long after a node is final the user is told, and for how many requests. Virtual time.

  --runs N        runs of a cell with one node (default 200; fewer with more nodes)
  --spread A,B…   deviations of the logarithms of the durations (default 0.1,0.25,0.5: nine of ten activities
                  within a factor of 1.18, 1.5 and 2.3 of the median)
  --seed N        (default 1)
`;

const GOALS = { ratio: 0.5, longestLagMs: 5000, inASecond: 2 };
const MEDIANS_MS = [2000, 10_000, 40_000];
const NODES = [1, 9, 60];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '200' },
      spread: { type: 'string', default: '0.1,0.25,0.5' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  for (const spread of values.spread.split(',').map(Number)) {
    for (const hasHistory of [true, false]) {
      console.log(`\nspread ${spread}, ${hasHistory ? 'with 60 earlier activities in the log' : 'without history'}`);
      console.log(HEADER);
      for (const nodes of NODES) {
        for (const medianMs of MEDIANS_MS) {
          const runs = Math.ceil(Number(values.runs) / Math.sqrt(nodes));
          const options = { nodes, medianMs, spread, hasHistory, runs, seed: Number(values.seed) };
          console.log(rowOf(options, await measure(options)));
        }
      }
    }
  }
  console.log(LEGEND);
}

const HEADER = [
  'nodes median | requests   lag  ratio  ideal  longest  most in 1 s |',
  ...FIXED_MS.map((ms) => `fixed ${ms / 1000} s`.padStart(14)),
].join('');
const LEGEND = `
lag: mean seconds from final to told, with 20 ms for the answer. ratio: to the lag of a fixed interval that makes as many
requests (goal ${GOALS.ratio}; ! where it is missed). ideal: the same for the best timetable of as many requests, made by one who
knows the distribution. fixed: requests, lag.`;

function rowOf({ nodes, medianMs }: CellOptions, figures: CellFigures): string {
  const { requests, lag, ideal, equal, longestLag, mostInASecond, fixed } = figures;
  const ratio = lag / equal.lag;
  return [
    `${String(nodes).padStart(5)} ${String(medianMs / 1000).padStart(4)} s | `,
    `${requests.toFixed(1).padStart(8)}  ${seconds(lag)}   ${ratio.toFixed(2)}${mark(ratio > GOALS.ratio)}  `,
    `${ideal === null ? '    ' : (ideal / equal.lag).toFixed(2)}    ${seconds(longestLag)}${mark(longestLag > GOALS.longestLagMs)} `,
    `${String(mostInASecond).padStart(10)}${mark(mostInASecond > GOALS.inASecond)} |`,
    ...[...fixed.values()].map((one) => `${one.requests.toFixed(1)}, ${(one.lag / 1000).toFixed(2)}`.padStart(14)),
  ].join('');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function mark(isMissed: boolean): string {
  return isMissed ? '!' : ' ';
}

await main();
