import { isFinal, type Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { emptyNodeResult, type MISSING } from '../base/outcome.js';
import type { NodeProgress, RunStep } from '../base/progress.js';
import { EntryStore, progressOf, type Entry, type Reading } from './entry-store.js';
import type { Followed, Poll } from './follow/followed.js';
import { RunWarnings } from './run-warnings.js';
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
  readonly #warnings = new RunWarnings();
  /** Whether no entry can be expected to appear any more. */
  #isLate = false;
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
    const seen = this.#openOf(this.#entries.possible()).map(({ activity }) => activity.id);
    return this.#targets.isNode ? seen : [...seen, ...this.#targets.required.filter((id) => !this.#entries.has(id))];
  }

  /** The ids of all entries that count for this run, whatever their status. */
  activityIds(): Id[] {
    return this.#entries.all().map(({ activity }) => activity.id);
  }

  /** Takes in what a good poll read. @returns what changed by it */
  observe(read: readonly Activity[], poll: Poll): RunStep[] {
    const contradictions = read.filter(
      (activity) => this.#targets.owns(activity) && !this.#entries.take(activity, this.#readingOf(activity, poll)),
    );
    this.#lastPollAt = poll.startedAt;
    this.#isLate ||= poll.startedAt >= this.#startedAt + this.#appearTimeoutMs;
    this.#entries.adoptsCandidates = this.#isLate && !this.#isComplete();
    const events: RunStep[] = this.#entries.news().map((activity) => ({ event: 'activity', activity }));
    events.push(
      ...this.#warnings.ofEntries('status_went_back', this.#counted(contradictions)),
      ...this.#warnings.ofEntries('entry_vanished', this.#vanished(read, poll.endedAt)),
      ...this.#uncertainties(),
    );
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

  /** Whether all entries that count are certainly this run's own. */
  get isProven(): boolean {
    return this.#entries.all().every(({ proven }) => proven);
  }

  /** Whether no further entry of this run is expected, so that the ids known so far are the whole run. */
  get allAppeared(): boolean {
    if (this.#lastPollAt === null || !(this.#isComplete() || this.#isCovered())) return false;
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
    const { kind, atLeast } = this.#targets;
    const required = new Set(this.#targets.required);
    const keys = [...required, ...this.#entries.keys().filter((key) => !required.has(key))];
    const uncounted = kind === 'expected' ? Math.max(atLeast - this.#entries.provenSize, 0) : 0;
    const rows = keys.map((key) => this.#row(key, absent));
    return [...rows, ...Array.from({ length: uncounted }, () => this.#absentRow(null, absent))];
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
    return this.#openOf(this.#entries.all());
  }

  #openOf(entries: readonly Entry[]): Entry[] {
    return entries.filter((entry) => !isFinal(entry.activity.status) && !this.#isLost(entry));
  }

  /** An open entry that vanished from the log is waited for as long as one that never appeared. */
  #isLost({ goneSince }: Entry): boolean {
    return goneSince !== null && this.#lastPollAt !== null && this.#lastPollAt - goneSince >= this.#appearTimeoutMs;
  }

  #readingOf(activity: Activity, poll: Poll): Reading {
    const proven = this.#targets.proves(activity, poll.startedAt);
    return { at: poll.endedAt, since: this.#beginningOf(activity, poll), proven };
  }

  /** Monotonic clock, ms. How old it is says the server's own clock; where that is silent, it has just begun with the run, or now. */
  #beginningOf({ created_at: created }: Activity, { endedAt, serverTime }: Poll): number {
    const oldest = endedAt - this.#begunAt;
    const byServer = typeof serverTime === 'number' ? serverTime + CLOCK_PRECISION_MS - Date.parse(created) : NaN;
    const age = Number.isNaN(byServer) ? oldest : Math.min(byServer, oldest);
    return endedAt - (Number.isFinite(age) ? Math.max(age, 0) : 0);
  }

  /**
   * Whether every target has a proven entry. Of every node, as the log shows them, a candidate may be one more. It does
   * not fill a count, and where that is full, it is somebody else's.
   */
  #isComplete(): boolean {
    const { kind, required, atLeast } = this.#targets;
    if (kind === 'observed' && this.#entries.unprovenKeys().length > 0) return false;
    return this.#entries.provenSize >= atLeast && required.every((key) => this.#entries.hasProven(key));
  }

  /** Whether every target has an entry that counts, if only for want of a better one. */
  #isCovered(): boolean {
    const { kind, required, atLeast } = this.#targets;
    if (!this.#isLate || kind === 'expected') return false;
    return this.#entries.keys().length >= atLeast && required.every((key) => this.#entries.has(key));
  }

  #isQuiet(at: number): boolean {
    return at >= this.#entries.lastNewAt + this.#targets.quietMs;
  }

  /** Open entries that count, and are in the log no more. */
  #vanished(read: readonly Activity[], at: number): Activity[] {
    return this.#counted(
      this.#entries.noteAbsent(new Set(read.map(({ id }) => id)), at).map(({ activity }) => activity),
    );
  }

  #counted(some: readonly Activity[]): Activity[] {
    const ids = new Set(this.activityIds());
    return some.filter(({ id }) => ids.has(id));
  }

  #uncertainties(): RunStep[] {
    const { kind, atLeast } = this.#targets;
    const { provenSize } = this.#entries;
    const doubled = this.#entries
      .keys()
      .filter((key) => this.#entries.hasProven(key) && this.#entries.isAmbiguous(key));
    const unproven = this.#entries.all().filter(({ proven }) => !proven);
    const surplus = kind === 'expected' && provenSize > atLeast;
    return [
      ...this.#warnings.ambiguous(doubled),
      ...this.#warnings.ofEntries(
        'unproven',
        unproven.map(({ activity }) => activity),
      ),
      ...(surplus ? this.#warnings.moreThanExpected(provenSize, atLeast) : []),
    ];
  }
}
