import { isFinal, type Activity } from '../core/activity.js';
import type { Id } from '../core/ids.js';
import { type MISSING } from '../core/outcome.js';
import { warning, type NodeProgress, type RunEvent } from '../core/progress.js';
import { EntryBook, progressOf, type Entry } from './entry-book.js';
import type { Targets } from './targets.js';

/** One good look at the log. Local wall clock, milliseconds. */
export interface Poll {
  startedAt: number;
  endedAt: number;
  /** The server's clock when it answered, cut to whole seconds, ms UTC; null or absent where it does not say. */
  serverTime?: number | null;
}

/** The server's clock is given in whole seconds. */
const CLOCK_PRECISION_MS = 1000;

/**
 * What is known of one run's targets, and whether that is enough to say how it ended. No clock and no I/O of its own:
 * it is told what each poll showed (design, "Sequence" 4 and 5).
 */
export class RunTracker {
  readonly #targets: Targets;
  readonly #startedAt: number;
  readonly #appearTimeoutMs: number;
  readonly #begunAt: number;
  readonly #book: EntryBook;
  readonly #warned = new Set<string>();
  #lastPollAt: number | null = null;

  /**
   * @param startedAt when the action was accepted, or following began; local wall clock, ms
   * @param begunAt before which none of its entries can have begun, where that is known; likewise
   */
  constructor(targets: Targets, startedAt: number, appearTimeoutMs: number, begunAt = -Infinity) {
    this.#targets = targets;
    this.#startedAt = startedAt;
    this.#appearTimeoutMs = appearTimeoutMs;
    this.#begunAt = begunAt;
    this.#book = new EntryBook(targets.keyOf);
  }

  /** The ids to look for: those whose status can still change, and those known beforehand but not seen yet. */
  open(): Id[] {
    const seen = this.#openEntries().map(({ activity }) => activity.id);
    return this.#targets.isNode ? seen : [...seen, ...this.#targets.required.filter((id) => !this.#book.has(id))];
  }

  /** The ids of all entries that belong to this run, whatever their status. */
  activityIds(): Id[] {
    return this.#book.all().map(({ activity }) => activity.id);
  }

  /** Takes in what a good poll showed. @returns what changed by it */
  observe(shown: readonly Activity[], poll: Poll): RunEvent[] {
    const events: RunEvent[] = [];
    for (const activity of shown) {
      if (!this.#targets.owns(activity)) continue;
      const change = this.#book.take(activity, poll.endedAt, this.#beginningOf(activity, poll));
      if (change === 'appeared' || change === 'changed') events.push({ event: 'activity', activity });
      if (change === 'contradicted') {
        const message = `activity ${activity.id} was final and is now shown as ${activity.status}; a final status stays`;
        events.push(...this.#warnOnce('status_went_back', activity.id, message));
      }
    }
    this.#lastPollAt = poll.startedAt;
    events.push(...this.#noteVanished(shown, poll.endedAt), ...this.#doubts());
    return events.length === 0 ? events : [...events, { event: 'progress', nodes: this.nodes(null) }];
  }

  /** Whether the last good poll allows a verdict: nothing open, and nothing that could still be on its way. */
  get settled(): boolean {
    const polledAt = this.#lastPollAt;
    if (polledAt === null || this.#openEntries().length > 0) return false;
    if (!this.#isQuiet(polledAt)) return false;
    return this.#isComplete()
      ? polledAt >= this.#startedAt + this.#targets.settleMs
      : polledAt >= this.#startedAt + this.#appearTimeoutMs;
  }

  /** Whether no further entry of this run is expected, so that the ids known so far are the whole run. */
  get allAppeared(): boolean {
    if (!this.#isComplete() || this.#lastPollAt === null) return false;
    if (this.#targets.kind !== 'observed') return true;
    return this.#lastPollAt >= this.#startedAt + this.#targets.settleMs && this.#isQuiet(this.#lastPollAt);
  }

  /** The moment at which a poll could settle it, when everything seen is final; null while something is open. */
  nextCheckAt(): number | null {
    if (this.#openEntries().length > 0) return null;
    const waited = this.#isComplete() ? this.#targets.settleMs : this.#appearTimeoutMs;
    return Math.max(this.#startedAt + waited, this.#book.lastNewAt + this.#targets.quietMs);
  }

  /**
   * All targets, in the order in which they were asked for, then as they appeared.
   * @param absent the status of a target that has no entry: null while it is waited for, `missing` at the end
   */
  nodes(absent: typeof MISSING | null): NodeProgress[] {
    const required = new Set(this.#targets.required);
    const keys = [...required, ...this.#book.keys().filter((key) => !required.has(key))];
    const rows = keys.map((key) => this.#row(key, absent));
    if (this.#targets.kind === 'expected') {
      while (rows.length < this.#targets.atLeast) rows.push(this.#absentRow(null, absent));
    }
    return rows;
  }

  #row(key: Id, absent: typeof MISSING | null): NodeProgress {
    const worst = this.#book.worst(key);
    if (!worst) return this.#absentRow(key, absent);
    return progressOf(worst, this.#book.isAmbiguous(key), this.#isLost(worst));
  }

  #absentRow(key: Id | null, status: typeof MISSING | null): NodeProgress {
    const times = { created_at: null, finished_at: null, ambiguous: false, since: null };
    return this.#targets.isNode
      ? { node_id: key, activity_id: null, status, ...times }
      : { node_id: null, activity_id: key, status, ...times };
  }

  #openEntries(): Entry[] {
    return this.#book.all().filter((entry) => !isFinal(entry.activity.status) && !this.#isLost(entry));
  }

  /** An open entry that vanished from the log is waited for as long as one that never appeared. */
  #isLost({ goneSince }: Entry): boolean {
    return goneSince !== null && this.#lastPollAt !== null && this.#lastPollAt - goneSince >= this.#appearTimeoutMs;
  }

  /** Local time, ms. How old it is says the server's own clock; where that is silent, it has just begun with the run, or now. */
  #beginningOf({ created_at: created }: Activity, { endedAt, serverTime }: Poll): number {
    const oldest = endedAt - this.#begunAt;
    const byServer = typeof serverTime === 'number' ? serverTime + CLOCK_PRECISION_MS - Date.parse(created) : NaN;
    const age = Number.isNaN(byServer) ? oldest : Math.min(byServer, oldest);
    return endedAt - (Number.isFinite(age) ? Math.max(age, 0) : 0);
  }

  #isComplete(): boolean {
    const { required, atLeast } = this.#targets;
    return this.#book.size >= atLeast && required.every((key) => this.#book.has(key));
  }

  #isQuiet(at: number): boolean {
    return at >= this.#book.lastNewAt + this.#targets.quietMs;
  }

  #noteVanished(shown: readonly Activity[], at: number): RunEvent[] {
    return this.#book.noteAbsent(new Set(shown.map(({ id }) => id)), at).flatMap(({ activity }) => {
      const message = `activity ${activity.id} of node ${activity.node_id} is no longer in the log`;
      return this.#warnOnce('entry_vanished', activity.id, message);
    });
  }

  /** What makes the verdict less certain than the user would think. */
  #doubts(): RunEvent[] {
    const { kind, atLeast } = this.#targets;
    const ambiguous = this.#book
      .keys()
      .filter((key) => this.#book.isAmbiguous(key))
      .flatMap((key) =>
        this.#warnOnce(
          'ambiguous',
          key,
          `node ${key} has more than one entry of this action, and they cannot be told apart; the worse one counts`,
        ),
      );
    const surplus = kind === 'expected' && this.#book.size > atLeast;
    const message = `${this.#book.size} nodes have an entry, more than the ${atLeast} expected; all are followed`;
    return surplus ? [...ambiguous, ...this.#warnOnce('more_than_expected', BigInt(this.#book.size), message)] : ambiguous;
  }

  #warnOnce(code: string, about: Id, message: string): RunEvent[] {
    const mark = `${code} ${about}`;
    if (this.#warned.has(mark)) return [];
    this.#warned.add(mark);
    return [warning(code, message)];
  }
}
