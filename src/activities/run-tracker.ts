import { isFinal, type Activity } from '../core/activity.js';
import type { Id } from '../core/ids.js';
import { emptyNodeResult, type MISSING } from '../core/outcome.js';
import { warning, type NodeProgress, type RunStep } from '../core/progress.js';
import { EntryStore, progressOf, type Entry } from './entry-store.js';
import type { Followed, Poll } from './follow/followed.js';
import type { Targets } from './targets.js';

/** The server's clock is given in whole seconds. */
const CLOCK_PRECISION_MS = 1000;

/**
 * What is known of one run's targets, and whether that is enough to say how it ended. No clock and no I/O of its own:
 * it takes in what each poll read (design, "Sequence" 4 and 5).
 */
export class RunTracker implements Followed {
  readonly #targets: Targets;
  readonly #startedAt: number;
  readonly #appearTimeoutMs: number;
  readonly #begunAt: number;
  readonly #entries: EntryStore;
  readonly #warned = new Set<string>();
  #lastPollAt: number | null = null;

  /**
   * @param startedAt when the action was accepted, or following began; monotonic clock, ms
   * @param begunAt before which none of its entries can have begun, where that is known; likewise
   */
  constructor(targets: Targets, startedAt: number, appearTimeoutMs: number, begunAt = -Infinity) {
    this.#targets = targets;
    this.#startedAt = startedAt;
    this.#appearTimeoutMs = appearTimeoutMs;
    this.#begunAt = begunAt;
    this.#entries = new EntryStore(targets.keyOf);
  }

  /** The ids to look for: those whose status can still change, and those known beforehand but not seen yet. */
  open(): Id[] {
    const seen = this.#openEntries().map(({ activity }) => activity.id);
    return this.#targets.isNode ? seen : [...seen, ...this.#targets.required.filter((id) => !this.#entries.has(id))];
  }

  /** The ids of all entries that belong to this run, whatever their status. */
  activityIds(): Id[] {
    return this.#entries.all().map(({ activity }) => activity.id);
  }

  /** Takes in what a good poll read. @returns what changed by it */
  observe(read: readonly Activity[], poll: Poll): RunStep[] {
    const events: RunStep[] = [];
    for (const activity of read) {
      if (!this.#targets.owns(activity)) continue;
      const change = this.#entries.take(activity, poll.endedAt, this.#beginningOf(activity, poll));
      if (change === 'appeared' || change === 'changed') events.push({ event: 'activity', activity });
      if (change === 'contradicted') {
        const message = `activity ${activity.id} was final and is now shown as ${activity.status}; a final status stays`;
        events.push(...this.#warnOnce('status_went_back', activity.id, message));
      }
    }
    this.#lastPollAt = poll.startedAt;
    events.push(...this.#noteVanished(read, poll.endedAt), ...this.#uncertainties());
    return events.length === 0 ? events : [...events, { event: 'progress', nodes: this.nodes(null) }];
  }

  /** Whether the last good poll settles it: nothing open, and nothing that could still be on its way. */
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
    return Math.max(this.#startedAt + waited, this.#entries.lastNewAt + this.#targets.quietMs);
  }

  /**
   * All targets, in the order in which they were asked for, then as they appeared.
   * @param absent the status of a target that has no entry: null while it is waited for, `missing` at the end
   */
  nodes(absent: typeof MISSING | null): NodeProgress[] {
    const required = new Set(this.#targets.required);
    const keys = [...required, ...this.#entries.keys().filter((key) => !required.has(key))];
    const rows = keys.map((key) => this.#row(key, absent));
    if (this.#targets.kind === 'expected') {
      while (rows.length < this.#targets.atLeast) rows.push(this.#absentRow(null, absent));
    }
    return rows;
  }

  #row(key: Id, absent: typeof MISSING | null): NodeProgress {
    const worst = this.#entries.worst(key);
    if (!worst) return this.#absentRow(key, absent);
    return progressOf(worst, this.#entries.isAmbiguous(key), this.#isLost(worst));
  }

  #absentRow(key: Id | null, status: typeof MISSING | null): NodeProgress {
    const target = this.#targets.isNode ? { node_id: key } : { activity_id: key };
    return { ...emptyNodeResult(target, status), since: null };
  }

  #openEntries(): Entry[] {
    return this.#entries.all().filter((entry) => !isFinal(entry.activity.status) && !this.#isLost(entry));
  }

  /** An open entry that vanished from the log is waited for as long as one that never appeared. */
  #isLost({ goneSince }: Entry): boolean {
    return goneSince !== null && this.#lastPollAt !== null && this.#lastPollAt - goneSince >= this.#appearTimeoutMs;
  }

  /** Monotonic clock, ms. How old it is says the server's own clock; where that is silent, it has just begun with the run, or now. */
  #beginningOf({ created_at: created }: Activity, { endedAt, serverTime }: Poll): number {
    const oldest = endedAt - this.#begunAt;
    const byServer = typeof serverTime === 'number' ? serverTime + CLOCK_PRECISION_MS - Date.parse(created) : NaN;
    const age = Number.isNaN(byServer) ? oldest : Math.min(byServer, oldest);
    return endedAt - (Number.isFinite(age) ? Math.max(age, 0) : 0);
  }

  #isComplete(): boolean {
    const { required, atLeast } = this.#targets;
    return this.#entries.size >= atLeast && required.every((key) => this.#entries.has(key));
  }

  #isQuiet(at: number): boolean {
    return at >= this.#entries.lastNewAt + this.#targets.quietMs;
  }

  #noteVanished(read: readonly Activity[], at: number): RunStep[] {
    return this.#entries.noteAbsent(new Set(read.map(({ id }) => id)), at).flatMap(({ activity }) => {
      const message = `activity ${activity.id} of node ${activity.node_id} is no longer in the log`;
      return this.#warnOnce('entry_vanished', activity.id, message);
    });
  }

  /** What makes the outcome less certain than the user would think. */
  #uncertainties(): RunStep[] {
    const { kind, atLeast } = this.#targets;
    const ambiguous = this.#entries
      .keys()
      .filter((key) => this.#entries.isAmbiguous(key))
      .flatMap((key) =>
        this.#warnOnce(
          'ambiguous',
          key,
          `node ${key} has more than one entry of this action, and they cannot be told apart; the worse one counts`,
        ),
      );
    const surplus = kind === 'expected' && this.#entries.size > atLeast;
    const message = `${this.#entries.size} nodes have an entry, more than the ${atLeast} expected; all are followed`;
    return surplus ? [...ambiguous, ...this.#warnOnce('more_than_expected', BigInt(this.#entries.size), message)] : ambiguous;
  }

  #warnOnce(code: string, about: Id, message: string): RunStep[] {
    const mark = `${code} ${about}`;
    if (this.#warned.has(mark)) return [];
    this.#warned.add(mark);
    return [warning(code, message)];
  }
}
