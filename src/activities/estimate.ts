import type { ProgressEstimate, RunEvent } from '../core/progress.js';
import { allEndedAt } from './ending-odds.js';
import type { Outlook } from './outlook.js';
import type { PastDurations, Work } from './past-durations.js';

/**
 * How long the work of one run usually takes, and when it may be over. What is usual is settled at the first telling:
 * it is what was known before, and the run's own nodes do not change it.
 */
export class Estimate {
  readonly #past: PastDurations;
  #usual: { work: Work; ms: number | null } | null = null;

  /** @param asked what the run does, where that is known beforehand */
  constructor(past: PastDurations, asked: Work | null) {
    this.#past = past;
    if (asked) this.#usual = { work: asked, ms: past.usualMs(asked) };
  }

  at({ now, underway }: Outlook): ProgressEstimate {
    const [first] = underway;
    if (first) this.#usual ??= { work: first, ms: this.#past.usualMs(first) };
    const usualMs = this.#usual?.ms ?? null;
    if (usualMs === null) return {};
    const courses = underway.flatMap(({ since, ...work }) => {
      const odds = this.#past.odds(work);
      return odds ? [{ since, odds }] : [];
    });
    return courses.length === 0 ? { usualMs } : { usualMs, endsAt: allEndedAt(courses, now) };
  }
}

/** The same events, with the estimate beside each progress. */
export async function* withEstimates<End>(
  events: AsyncGenerator<RunEvent, End>,
  estimate: () => ProgressEstimate,
): AsyncGenerator<RunEvent, End> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    yield next.value.event === 'progress' ? { ...next.value, ...estimate() } : next.value;
  }
}
