import { LATENCY_MS } from './server.js';

/** Polls are no closer, and no wider apart, than the goals allow. */
const CLOSEST_MS = 500;
const WIDEST_MS = 5000;

/**
 * The least mean lag that a timetable of so many requests can have which was made by one who knows the distribution
 * of the durations: what no schedule that learns can be better than, but for what it sees on the way.
 *
 * @param runs the durations of each run's nodes, ms; many, so that they stand for the distribution
 * @param requests how many it may take on average
 * @returns ms
 */
export function idealLag(runs: ReadonlyArray<readonly number[]>, requests: number): number {
  const grid = gridOf(runs);
  let dear = 1e6;
  let cheap = 1e-3;
  let best = timetable(grid, cheap);
  for (let round = 0; round < 30; round += 1) {
    const price = Math.sqrt(dear * cheap);
    const made = timetable(grid, price);
    if (made.requests > requests) cheap = price;
    else {
      dear = price;
      best = made;
    }
  }
  return best.lag + LATENCY_MS / 2;
}

interface Grid {
  stepMs: number;
  /** How many nodes have ended by each step, as a share; and the sum of the times of their ends. */
  ended: number[];
  endedSum: number[];
  /** The share of runs that are not over by then. */
  open: number[];
}

function gridOf(runs: ReadonlyArray<readonly number[]>): Grid {
  const ends = runs.map((nodes) => Math.max(...nodes));
  const longest = ends.reduce((a, b) => Math.max(a, b), 0);
  const stepMs = longest > 30_000 ? 100 : 25;
  const steps = Math.ceil((longest + WIDEST_MS) / stepMs);
  const nodes = runs.flat().sort((a, b) => a - b);
  const ended: number[] = [];
  const endedSum: number[] = [];
  let count = 0;
  let sum = 0;
  for (let step = 0; step <= steps; step += 1) {
    for (let next = nodes[count]; next !== undefined && next <= step * stepMs; next = nodes[count]) {
      sum += next;
      count += 1;
    }
    ended.push(count / nodes.length);
    endedSum.push(sum / nodes.length);
  }
  const sortedEnds = [...ends].sort((a, b) => a - b);
  let over = 0;
  const open = ended.map((_, step) => {
    while ((sortedEnds[over] ?? Infinity) <= step * stepMs) over += 1;
    return 1 - over / ends.length;
  });
  return { stepMs, ended, endedSum, open };
}

/** From the last step backwards: where the next poll is best, if a request costs so much lag. */
function timetable({ stepMs, ended, endedSum, open }: Grid, price: number): { lag: number; requests: number } {
  const last = ended.length - 1;
  const best = Array.from({ length: last + 1 }, () => ({ cost: 0, lag: 0, requests: 0 }));
  for (let from = last - 1; from >= 0; from -= 1) {
    if (open[from] === 0) continue;
    let chosen = { cost: Infinity, lag: 0, requests: 0 };
    for (let to = from + Math.ceil(CLOSEST_MS / stepMs); to <= Math.min(from + WIDEST_MS / stepMs, last); to += 1) {
      const then = best[to] ?? chosen;
      const told = (ended[to] ?? 0) - (ended[from] ?? 0);
      const lag = told * to * stepMs - ((endedSum[to] ?? 0) - (endedSum[from] ?? 0));
      const asked = open[from] ?? 0;
      const cost = lag + asked * price + then.cost;
      if (cost < chosen.cost) chosen = { cost, lag: lag + then.lag, requests: asked + then.requests };
    }
    if (chosen.cost < Infinity) best[from] = chosen;
  }
  return best[0] ?? { lag: 0, requests: 0 };
}
