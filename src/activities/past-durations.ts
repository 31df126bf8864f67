import type { Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';

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

/**
 * How long each kind of work took before, as the log has it: completed entries, by the server's own clock. It learns
 * from every entry that is read anyway, so it costs no request.
 */
export class PastDurations {
  /** By kind of work, then by the activity's id; ms. */
  readonly #byKind = new Map<string, Map<Id, number>>();

  /** Takes in entries of the log; those that are known already, and those without a duration, do no harm. */
  learn(entries: readonly Activity[]): void {
    for (const activity of entries) {
      const took = activity.status === 'completed' ? durationOf(activity) : null;
      if (took === null) continue;
      const durations = this.#byKind.get(kindOf(activity)) ?? new Map<Id, number>();
      this.#byKind.set(kindOf(activity), durations);
      durations.set(activity.id, took);
      if (durations.size > MOST_KEPT) durations.delete([...durations.keys()].reduce((a, b) => (a < b ? a : b)));
    }
  }

  /** The median, in milliseconds; null when too few are known. */
  usualMs(work: Work): number | null {
    const durations = [...(this.#byKind.get(kindOf(work))?.values() ?? [])].sort((a, b) => a - b);
    if (durations.length < FEWEST) return null;
    const middle = (durations.length - 1) / 2;
    return ((durations[Math.floor(middle)] ?? 0) + (durations[Math.ceil(middle)] ?? 0)) / 2;
  }
}

function kindOf({ runtime, action }: Work): string {
  return `${runtime} ${verbOf(action)}`;
}

/** An action without its config: a reconfigure is one like another. */
export function verbOf(action: string): string {
  const colon = action.indexOf(':');
  return colon < 0 ? action : action.slice(0, colon);
}

/** By the server's clock alone, ms; null where it does not say, or contradicts itself. */
function durationOf({ created_at: created, finished_at: finished }: Activity): number | null {
  const took = Date.parse(finished ?? '') - Date.parse(created);
  return took >= 0 ? took : null;
}
