import { seededRandom } from '../../src/sandbox/random.js';
import { lognormal } from './durations.js';
import { idealLag } from './ideal.js';
import { play, reckonFixed } from './play.js';

/** One kind of run. */
export interface CellOptions {
  nodes: number;
  medianMs: number;
  spread: number;
  hasHistory: boolean;
  runs: number;
  seed: number;
  /** How far the server's clock is ahead, ms. */
  aheadMs?: number;
}

export interface Means {
  requests: number;
  lag: number;
}

/** Milliseconds, and requests of one run. */
export interface CellFigures extends Means {
  longestLag: number;
  mostInASecond: number;
  /** Of a fixed interval that makes as many requests. */
  equal: { intervalMs: number; lag: number };
  /** Of the best timetable of as many requests; null when it was not asked for. */
  ideal: number | null;
  fixed: Map<number, Means>;
}

/** How many earlier activities the log shows, where it shows any. */
const HISTORY = 60;
export const FIXED_MS = [500, 1000, 3000, 5000] as const;

export async function measure(options: CellOptions, { withIdeal = true } = {}): Promise<CellFigures> {
  const { nodes, medianMs, spread, hasHistory, runs, seed, aheadMs } = options;
  const random = seededRandom(seed);
  const lags: number[] = [];
  const drawn: number[][] = [];
  let requests = 0;
  let mostInASecond = 0;
  for (let run = 0; run < runs; run += 1) {
    const durations = lognormal(random, nodes, medianMs, spread);
    const history = hasHistory ? lognormal(random, HISTORY, medianMs, spread) : [];
    const played = await play({ durations, history, aheadMs }, random);
    drawn.push(durations);
    lags.push(...played.lags);
    requests += played.requests / runs;
    mostInASecond = Math.max(mostInASecond, played.mostInASecond);
  }
  return {
    requests,
    lag: mean(lags),
    longestLag: Math.max(...lags),
    mostInASecond,
    equal: equalTo(drawn, requests),
    ideal: withIdeal ? idealLag(manyRuns(options), requests) : null,
    fixed: new Map(FIXED_MS.map((intervalMs) => [intervalMs, fixedMeans(drawn, intervalMs)])),
  };
}

/** Enough to know the distribution, and not these runs by heart. */
function manyRuns({ nodes, medianMs, spread, seed }: CellOptions): number[][] {
  const random = seededRandom(seed + 1);
  return Array.from({ length: Math.ceil(20_000 / nodes) }, () => lognormal(random, nodes, medianMs, spread));
}

function fixedMeans(runs: ReadonlyArray<readonly number[]>, intervalMs: number): Means {
  const reckoned = runs.map((durations) => reckonFixed(durations, intervalMs));
  return {
    requests: mean(reckoned.map(({ requests }) => requests)),
    lag: mean(reckoned.flatMap(({ lags }) => lags)),
  };
}

/** The fixed interval that makes so many requests on average: the longer of two that lie around it, and what lies between. */
function equalTo(runs: ReadonlyArray<readonly number[]>, requests: number): { intervalMs: number; lag: number } {
  let shorter = { intervalMs: 20, ...fixedMeans(runs, 20) };
  for (let intervalMs = 20; ; intervalMs *= 1.02) {
    const longer = { intervalMs, ...fixedMeans(runs, intervalMs) };
    if (longer.requests <= requests) {
      const share = (shorter.requests - requests) / (shorter.requests - longer.requests || 1);
      const between = (a: number, b: number): number => a + (b - a) * share;
      return { intervalMs: between(shorter.intervalMs, longer.intervalMs), lag: between(shorter.lag, longer.lag) };
    }
    shorter = longer;
  }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
