import type { Activity } from '../core/activity.js';
import { compareIds, type Id } from '../core/ids.js';
import { EndingOdds, quantile } from './ending-odds.js';

/** What takes its time: an action on a runtime. A reconfigure takes as long with one config as with another. */
export interface Work {
  runtime: string;
  /** As it is stored, or as it was asked for: `restart`, `reconfigure:42`. */
  action: string;
}

/** So many are kept of each kind of work, the newest. */
const MOST_KEPT = 200;
/** Fewer than this say nothing. */
const FEWEST = 3;
/** Times that are cut to whole seconds can be the same. */
const SHORTEST_MS = 100;

/**
 * How long each kind of work took before, as the log tells: completed entries, by the server's own clock. It is told
 * of every entry that is read anyway, so knowing it costs no request.
 */
export class PastDurations {
  readonly #byKind = new Map<string, KindOfWork>();

  /** Takes in entries of the log; those that are known already, and those that tell nothing, do no harm. */
  learn(entries: readonly Activity[]): void {
    // Newest first: only what comes after all of these can be news.
    for (const activity of [...entries].sort((a, b) => compareIds(b.id, a.id))) {
      if (activity.status === 'completed') this.#kindOf(activity).take(activity);
    }
  }

  /** The median, in milliseconds; null when too few are known. */
  usualMs(work: Work): number | null {
    return this.#byKind.get(kindOf(work))?.usualMs ?? null;
  }

  /** Null when too few are known. */
  odds(work: Work): EndingOdds | null {
    return this.#byKind.get(kindOf(work))?.odds ?? null;
  }

  #kindOf(activity: Activity): KindOfWork {
    const name = kindOf(activity);
    const kind = this.#byKind.get(name) ?? new KindOfWork();
    this.#byKind.set(name, kind);
    return kind;
  }
}

interface Known {
  usualMs: number;
  odds: EndingOdds;
}

class KindOfWork {
  readonly #durations = new Map<Id, number>();
  #highest: Id = -1n;
  /** Entries up to this id are not looked at any more. */
  #forgottenUpTo: Id = -1n;
  #known: Known | null = null;

  take(activity: Activity): void {
    const { id } = activity;
    if (id <= this.#forgottenUpTo || this.#durations.has(id)) return;
    const took = durationOf(activity);
    if (took === null) return;
    if (this.#isSurprise(id, took)) this.#forget(this.#highest);
    this.#durations.set(id, took);
    if (id > this.#highest) this.#highest = id;
    if (this.#durations.size > MOST_KEPT) this.#forget([...this.#durations.keys()].reduce((a, b) => (a < b ? a : b)));
    this.#known = null;
  }

  get usualMs(): number | null {
    return this.#learnt()?.usualMs ?? null;
  }

  get odds(): EndingOdds | null {
    return this.#learnt()?.odds ?? null;
  }

  #learnt(): Known | null {
    if (this.#durations.size < FEWEST) return null;
    if (this.#known) return this.#known;
    const sorted = [...this.#durations.values()].sort((a, b) => a - b);
    this.#known = { usualMs: quantile(sorted, 0.5), odds: new EndingOdds(sorted) };
    return this.#known;
  }

  /** Newer than all, and over long before any of them was: things have changed, and what was is no measure any more. */
  #isSurprise(id: Id, took: number): boolean {
    const isNewest = id > this.#highest && this.#durations.size >= FEWEST;
    return isNewest && took < Math.min(...this.#durations.values()) / 2;
  }

  #forget(upTo: Id): void {
    this.#forgottenUpTo = upTo;
    for (const id of this.#durations.keys()) if (id <= upTo) this.#durations.delete(id);
  }
}

function kindOf({ runtime, action }: Work): string {
  const [verb] = action.split(':');
  return `${runtime} ${verb}`;
}

/** By the server's clock alone, ms; null where it does not say, or contradicts itself. */
function durationOf({ created_at: created, finished_at: finished }: Activity): number | null {
  if (finished === null || finished === undefined) return null;
  const took = Date.parse(finished) - Date.parse(created);
  return took >= 0 ? Math.max(took, SHORTEST_MS) : null;
}
