import type { Clock } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import type { RunRecord } from '../base/old-journal.js';
import { Stopwatch } from '../base/stopwatch.js';
import type { Baseline } from './baseline.js';
import { LogTail } from './follow/log-tail.js';
import type { BaselineNaming, RunLog } from './run-log.js';
import type { RunMemory } from './run-memory.js';

/** Of entries above a baseline that is older, too many may be somebody else's (design, "Sequence" 2) … */
const OLDEST_BASELINE_MS = 2 * 60_000;
/** … and after a try that was not sent, all of what has come before the next one is. */
const FRESH_BASELINE_MS = 2000;

/** What was tried before, by a process that ended before it knew what became of it. */
export interface EarlierTry {
  error: LdctlError;
  /** For how long from now it may be sent again, ms; below 0: not at all. */
  resendableMs: number;
}

/** Whether a POST may be made just now. */
export type Clearance =
  | 'go'
  /** What is known of the log is too old to send again on it. */
  | 'expired'
  /** Another run with the same key was faster, and it was accepted … */
  | 'carried-out'
  /** … or may have been. */
  | EarlierTry;

/** What this run has tried so far: no POST, only such as certainly were not carried out, or one that may have been. */
export type Tried = 'nothing' | 'in vain' | 'uncertain';

interface StartingTools {
  memory: RunMemory;
  log: RunLog;
  clock: Clock;
  /** Which nodes the baseline has to name. */
  naming: BaselineNaming;
}

/**
 * Where a trigger starts from: the baseline, this run's own or that of an earlier one with the same key. Both may be
 * overtaken while this process is stopped or the machine sleeps, so that they are checked before every POST.
 */
export class StartingPoint {
  readonly #tools: StartingTools;
  #baseline: Baseline;
  #tail: LogTail;
  /** Since the baseline began to be read. */
  #age: Stopwatch;
  #firstPostAt: number;
  #earlier: RunRecord | null = null;
  #isClaimed = false;

  private constructor(tools: StartingTools, baseline: Baseline, age: Stopwatch) {
    this.#tools = tools;
    this.#baseline = baseline;
    this.#tail = new LogTail(tools.log.log, baseline.highestId);
    this.#age = age;
    this.#firstPostAt = tools.clock.now();
  }

  /**
   * Takes up what an earlier run has left, or else reads the log and writes down that this run is about to post.
   * @throws LdctlError when the record cannot be read or written; as `Supervisor.list` does, or Interrupted
   */
  static async find(tools: StartingTools): Promise<StartingPoint> {
    const age = new Stopwatch(tools.clock);
    const known = await tools.memory.recall();
    const start = new StartingPoint(tools, known?.baseline ?? (await tools.log.baseline(tools.naming)), age);
    if (known) start.#takeUp(known);
    else await start.#claim();
    return start;
  }

  get baseline(): Baseline {
    return this.#baseline;
  }

  /** Reads what is above the baseline. */
  get tail(): LogTail {
    return this.#tail;
  }

  /** Since the baseline began to be read, ms; for an earlier run's, since that was found. */
  get ageMs(): number {
    return this.#age.ms;
  }

  /** When the first POST was, or is about to be made: wall clock of this machine, ms. */
  get firstPostAt(): number {
    return this.#firstPostAt;
  }

  /** The record of an earlier run, or of one that was faster. */
  get earlier(): RunRecord | null {
    return this.#earlier;
  }

  /** What such a run has tried, while its fate is unknown. */
  get earlierTry(): EarlierTry | null {
    if (this.#earlier?.state !== 'posting') return null;
    return { error: killedRun(), resendableMs: this.#tools.memory.resendableMs(this.#earlier) };
  }

  /**
   * To be asked right before every POST: whether the baseline still holds, and no other run has done anything with the
   * key. A baseline that is too old is read anew if nothing was sent.
   * @throws LdctlError when the record cannot be read or written; as `Supervisor.list` does, or Interrupted
   */
  async clear(tried: Tried): Promise<Clearance> {
    let limitMs = tried === 'in vain' ? FRESH_BASELINE_MS : OLDEST_BASELINE_MS;
    for (;;) {
      if (this.#earlier === null && this.#age.ms > limitMs) {
        if (tried === 'uncertain') return 'expired';
        await this.#readAnew();
        // A log that takes longer to read is not read for ever.
        limitMs = OLDEST_BASELINE_MS;
      } else if (this.#isClaimed) {
        // The process may have been stopped since.
        if (await this.#tools.memory.holds()) return 'go';
        this.#isClaimed = false;
      } else if (!(await this.#claim())) {
        return this.earlierTry ?? 'carried-out';
      }
    }
  }

  /** The nodes that it names only where those are old, since that may take many requests. */
  async #readAnew(): Promise<void> {
    const { log, clock, naming } = this.#tools;
    const isOld = this.#age.ms > OLDEST_BASELINE_MS;
    this.#age = new Stopwatch(clock);
    const { highestId, nodes } = await log.baseline(isOld ? naming : 'no node');
    if (!isOld && highestId === this.#baseline.highestId) return;
    this.#setBaseline({ highestId, nodes: isOld ? nodes : this.#baseline.nodes });
    this.#firstPostAt = this.#tools.clock.now();
    this.#isClaimed = false;
  }

  /** @returns false when another run was faster: then this one takes up what that has left */
  async #claim(): Promise<boolean> {
    const other = await this.#tools.memory.claim(this.#baseline, this.#firstPostAt);
    this.#isClaimed = other === null;
    if (other) this.#takeUp(other);
    return this.#isClaimed;
  }

  #takeUp(record: RunRecord): void {
    this.#earlier = record;
    this.#firstPostAt = record.firstPostAt;
    if (record.baseline.highestId !== this.#baseline.highestId) this.#setBaseline(record.baseline);
  }

  #setBaseline(baseline: Baseline): void {
    this.#baseline = baseline;
    this.#tail = new LogTail(this.#tools.log.log, baseline.highestId);
  }
}

function killedRun(): LdctlError {
  const what = 'an earlier run with this key ended before it knew what became of it';
  return new LdctlError('unconfirmed', 'earlier_run', what);
}
