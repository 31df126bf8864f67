import type { Random } from '../core/clock.js';
import type { Course } from './ending-odds.js';
import type { Outlook, Underway } from './outlook.js';
import type { PastDurations, Work } from './past-durations.js';

const FIRST_MS = 500;
const GROWTH = 1.5;
/** With the time that an answer takes, nothing is told more than 5 s late. */
const LONGEST_MS = 4900;
const JITTER = 0.1;

/** Where the log tells how long it takes, the first look is only to see the entries: not before so much of that … */
const FIRST_LOOK = { share: 0.75, longestMs: 1500 };
/** … and then polls are no wider apart than this, so that nothing is told more than 5 s late. */
const WIDEST_MS = 4500;
/** From one request to the next: at most two a second. */
const CLOSEST_MS = 500;
/** How close polls are where an end is likely: at a rate of one end a second, so many polls a second. */
const CLOSENESS = 3;
const STEP_MS = 100;

export interface Experience {
  past: PastDurations;
  /** What has just been asked for, so that it cannot have ended; null when it may be anything, begun at any time. */
  begun: Work | null;
}

/**
 * When to look again: 0.5 s, ±10 %, growing by half up to 5 s, and back to the start when something changed (design,
 * "Polling"). Where the log tells how long such work took before: seldom as long as nothing can have ended,
 * closely when it is likely, and less and less after that. A fixed interval stays what it is.
 */
export class PollSchedule {
  readonly #fixedMs: number | null;
  readonly #random: Random;
  readonly #experience: Experience | null;
  #firstLookMs: number | null = null;
  #nextMs = FIRST_MS;

  /** @param fixedMs `--interval` in milliseconds, or null to adapt */
  constructor(fixedMs: number | null, random: Random, experience: Experience | null = null) {
    this.#fixedMs = fixedMs;
    this.#random = random;
    this.#experience = experience;
    this.begin();
  }

  get fixed(): boolean {
    return this.#fixedMs !== null;
  }

  /**
   * @param outlook what a good poll has left open
   * @returns how long to wait before the next poll, in milliseconds
   */
  next(outlook?: Outlook): number {
    if (this.#fixedMs !== null) return this.#fixedMs;
    const jitter = 1 - JITTER + 2 * JITTER * this.#random();
    const grown = Math.min(this.#grow() * jitter, LONGEST_MS);
    if (!outlook) return grown;
    const courses = this.#coursesOf(outlook.underway);
    if (courses.length === 0) return grown;
    const learnt = Math.min(Math.max(untilLikely(courses, outlook.now) * jitter, CLOSEST_MS), WIDEST_MS);
    const isAllKnown = courses.length === outlook.underway.length && !outlook.awaitsEntries;
    return isAllKnown ? learnt : Math.min(learnt, grown);
  }

  /** Something new is followed, from now on. */
  begin(): void {
    this.#nextMs = FIRST_MS;
    const begun = this.#experience?.begun ?? null;
    const usualMs = begun && (this.#experience?.past.usualMs(begun) ?? null);
    this.#firstLookMs =
      usualMs === null ? null : Math.min(Math.max(usualMs * FIRST_LOOK.share, FIRST_MS), FIRST_LOOK.longestMs);
  }

  /** Something changed: more may follow soon. */
  reset(): void {
    this.#nextMs = FIRST_MS;
  }

  /**
   * The wait before the next poll that is due at a certain time, unless the user fixed the interval.
   * @param waitMs what `next` said
   * @param poll the one before: how long it took, ms, and how many requests
   */
  atLatest(waitMs: number, dueInMs: number, poll: { tookMs: number; requests: number }): number {
    if (this.fixed) return waitMs;
    const restMs = Math.min(CLOSEST_MS * poll.requests - poll.tookMs, WIDEST_MS);
    return Math.max(Math.min(waitMs, dueInMs), restMs, 0);
  }

  #grow(): number {
    const first = this.#firstLookMs;
    this.#firstLookMs = null;
    if (first !== null) return first;
    const delay = this.#nextMs;
    this.#nextMs = Math.min(delay * GROWTH, LONGEST_MS);
    return delay;
  }

  /** Those of which the log tells how long they take. */
  #coursesOf(underway: readonly Underway[]): Course[] {
    return underway.flatMap((work) => {
      const odds = this.#experience?.past.odds(work);
      return odds ? [{ since: work.since, odds }] : [];
    });
  }
}

/**
 * How long until a poll is worth its request, ms. The delays and the requests of a run, taken together, are fewest
 * where polls come at a rate of the square root of that at which ends come. Of many nodes, each counts a little less.
 */
function untilLikely(courses: readonly Course[], now: number): number {
  const groups = grouped(courses);
  const weight = CLOSENESS / courses.length ** 0.25;
  let polls = 0;
  for (let ms = 0; ms < WIDEST_MS; ms += STEP_MS) {
    const rate = groups.reduce((sum, { since, odds, count }) => sum + count * odds.rate(now + ms + STEP_MS / 2 - since), 0);
    const more = (weight * Math.sqrt(rate) * STEP_MS) / 1000;
    if (polls + more >= 1) return ms + (STEP_MS * (1 - polls)) / more;
    polls += more;
  }
  return WIDEST_MS;
}

/** Those that began together, to the tenth of a second, are looked at together. */
function grouped(courses: readonly Course[]): Array<Course & { count: number }> {
  const groups = new Map<string, Course & { count: number }>();
  const kinds = [...new Set(courses.map(({ odds }) => odds))];
  for (const { since, odds } of courses) {
    const name = `${kinds.indexOf(odds)} ${Math.round(since / STEP_MS)}`;
    const group = groups.get(name) ?? { since, odds, count: 0 };
    group.count += 1;
    groups.set(name, group);
  }
  return [...groups.values()];
}
