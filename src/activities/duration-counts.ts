/**
 * Durations, counted to three significant digits: as exact as they are shown, and in a fixed room however many there are (900
 * numbers for each power of ten). The longest is kept as it is.
 */
export class DurationCounts {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #longest: number | null = null;

  /** @param ms not below 0 */
  add(ms: number): void {
    const rounded = ms < 1000 ? Math.round(ms) : Number(ms.toPrecision(3));
    this.#counts.set(rounded, (this.#counts.get(rounded) ?? 0) + 1);
    this.#count += 1;
    this.#longest = Math.max(this.#longest ?? 0, ms);
  }

  /** In milliseconds; null where there are none. So are the other two. */
  get longest(): number | null {
    return this.#longest;
  }

  /** Of an even number, half-way between the two in the middle. */
  get median(): number | null {
    const lower = this.#nth(Math.ceil(this.#count / 2));
    const upper = this.#nth(Math.floor(this.#count / 2) + 1);
    return lower === null || upper === null ? null : (lower + upper) / 2;
  }

  /** As long as nine of ten took at most. */
  get p90(): number | null {
    return this.#nth(Math.ceil(this.#count * 0.9));
  }

  /** How many took how many milliseconds, the shortest first. */
  sorted(): Array<readonly [ms: number, count: number]> {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }

  /** The nth shortest, from 1. */
  #nth(n: number): number | null {
    let passed = 0;
    for (const [ms, count] of this.sorted()) {
      passed += count;
      if (passed >= n) return Math.min(ms, this.#longest ?? ms);
    }
    return null;
  }
}
