/** Something that goes on since then; local wall clock, ms. */
export interface Course {
  since: number;
  odds: EndingOdds;
}

/** One of the bells that the curve is made of: around so long, and so sharp. */
interface Bell {
  atMs: number;
  sharpness: number;
  weight: number;
}

/** The curve is made of no more durations than this; of many, evenly spread ones. */
const MOST_BELLS = 32;
/** How spread durations are taken to be before any are known (the deviation of their logarithms), and for how many that counts. */
const PRIOR = { deviation: 0.3, counts: 3 };
/** How many in a hundred are taken to go their own way: what has not ended when it should have may take any time. */
const STRAY_SHARE = 0.03;
/** From the deviation of a logistic distribution to its scale. */
const LOGISTIC = Math.sqrt(3) / Math.PI;

/**
 * How likely something is to end, by how long others like it took: a smooth curve over their durations, and a small
 * share that keeps to none of them. Log-logistic bells, because their sums need no more than powers.
 */
export class EndingOdds {
  readonly #bells: readonly Bell[];

  /** @param durations of one or more, in milliseconds, each above 0 */
  constructor(durations: readonly number[]) {
    const sorted = [...durations].sort((a, b) => a - b);
    const sharpness = sharpnessFor(sorted.map(Math.log));
    const chosen = evenly(sorted, MOST_BELLS);
    const bells = chosen.map((atMs) => ({ atMs, sharpness, weight: (1 - STRAY_SHARE) / chosen.length }));
    this.#bells = [...bells, { atMs: 2 * quantile(sorted, 0.5), sharpness: 1, weight: STRAY_SHARE }];
  }

  /** Of those that have gone on for so long, the share that ends within the next second, if it went on like that. */
  rate(ageMs: number): number {
    const age = Math.max(ageMs, 1);
    let open = 0;
    let ending = 0;
    for (const { atMs, sharpness, weight } of this.#bells) {
      const x = (age / atMs) ** sharpness;
      const left = weight / (1 + x);
      open += left;
      ending += left * (1 - 1 / (1 + x)) * sharpness;
    }
    return open === 0 ? 0 : (ending / open / age) * 1000;
  }

  /** The share that goes on for longer than this. */
  left(ageMs: number): number {
    const age = Math.max(ageMs, 1);
    return this.#bells.reduce((sum, { atMs, sharpness, weight }) => sum + weight / (1 + (age / atMs) ** sharpness), 0);
  }
}

/** When all of them will have ended, as likely as not; local wall clock, ms. `now` for none. */
export function allEndedAt(courses: readonly Course[], now: number): number {
  const isLikely = (at: number): boolean =>
    courses.reduce((all, { since, odds }) => all * (1 - odds.left(at - since) / odds.left(now - since)), 1) >= 0.5;
  let before = 0;
  let after = 1000;
  while (!isLikely(now + after) && after < LONGEST_MS) after *= 2;
  for (let round = 0; round < 12; round += 1) {
    const middle = (before + after) / 2;
    if (isLikely(now + middle)) after = middle;
    else before = middle;
  }
  return courses.length === 0 ? now : now + after;
}

const LONGEST_MS = 24 * 60 * 60 * 1000;

/** The narrower durations lie together and the more of them there are, the sharper. Outliers count little. */
function sharpnessFor(logs: readonly number[]): number {
  const n = logs.length;
  const seen = (quantile(logs, 0.75) - quantile(logs, 0.25)) / 1.35;
  const variance = (n * seen ** 2 + PRIOR.counts * PRIOR.deviation ** 2) / (n + PRIOR.counts);
  const width = 0.9 * Math.sqrt(variance) * n ** -0.2;
  return 1 / (LOGISTIC * width);
}

/** @param sorted ascending, not empty */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

function evenly(sorted: readonly number[], most: number): number[] {
  if (sorted.length <= most) return [...sorted];
  return Array.from({ length: most }, (_, index) => quantile(sorted, (index + 0.5) / most));
}
