import type { Activity } from '../../base/activity.js';
import type { Id } from '../../base/ids.js';
import type { ActivityLog } from '../activity-log.js';
import type { Baseline } from '../baseline.js';
import { findBusy, isBusy, type BusyQuery } from '../busy.js';
import { followLog } from '../follow/follow-log.js';
import type { Followed, FollowEvent } from '../follow/followed.js';
import { LogFollower, type FollowerTools } from '../follow/log-follower.js';
import { LogMemory } from '../follow/log-memory.js';
import { PastDurations } from '../past-durations.js';
import type { RunLog } from '../run-log.js';

export interface RollLogOptions {
  /** At or below the baselines of all runs: of what is above it, nothing is missed. */
  floor: Id;
  /** What any of the runs can care about. */
  concerns: (activity: Activity) => boolean;
  /** No run is followed for longer; monotonic clock, ms, `Infinity` for no end. */
  deadline: number;
  /** `--interval` in milliseconds, or null to adapt. */
  intervalMs: number | null;
}

/** How all runs of a roll read the log (design, "Rolling"): one follower serves them, and gives them their baselines. */
export class RollLog implements RunLog {
  readonly log: ActivityLog;
  readonly past: PastDurations;
  readonly #options: RollLogOptions;
  readonly #tools: FollowerTools;
  readonly #memory: LogMemory;
  readonly #follower: LogFollower;
  #busyAtFirst: Promise<ReadonlySet<Id>> | null = null;

  constructor(log: ActivityLog, options: RollLogOptions, tools: FollowerTools) {
    const { floor: after, concerns, intervalMs } = options;
    this.log = log;
    this.past = log.past ?? new PastDurations();
    this.#options = options;
    this.#tools = tools;
    this.#memory = new LogMemory(after, concerns);
    this.#follower = new LogFollower(log, { after, intervalMs, memory: this.#memory }, tools);
  }

  /** Ends what is still going on. */
  close(): void {
    this.#follower.close();
  }

  async baseline(): Promise<Baseline> {
    await this.#follower.refresh();
    return { highestId: this.#memory.highestId, nodes: [] };
  }

  /**
   * Without reading hundreds of entries before each node: who was busy when the roll began is read once, what began
   * since was seen, and only a node that either speaks against is looked at closely.
   */
  async busy({ runtime, nodes }: BusyQuery): Promise<Activity[]> {
    await this.#follower.refresh();
    const atFirst = await this.#nodesBusyAtFirst(runtime);
    const since = this.#memory.entries;
    const suspects = (nodes ?? []).filter(
      (node) => atFirst.has(node) || since.some((activity) => isBusy(activity, runtime, new Set([node]))),
    );
    return suspects.length === 0
      ? []
      : findBusy(this.log, { runtime, nodes: suspects }, { signal: this.#tools.signal });
  }

  follow(followed: Followed, after: Id, deadline: number): AsyncGenerator<FollowEvent, void> {
    const { floor, intervalMs } = this.#options;
    const first = Math.min(deadline, this.#options.deadline);
    // Entries of unknown ids below the floor (a replay without a record) are not among what is polled.
    const isBelow = after < floor && followed.open().length === 0;
    if (isBelow) return followLog(followed, this.log, { after, intervalMs, deadline: first }, this.#tools);
    return this.#follower.follow(followed, first);
  }

  /** One roll asks about one runtime only. */
  #nodesBusyAtFirst(runtime: string): Promise<ReadonlySet<Id>> {
    this.#busyAtFirst ??= findBusy(this.log, { runtime, nodes: null }, { signal: this.#tools.signal })
      .then((busy) => new Set(busy.map(({ node_id: node }) => node)))
      .catch((error: unknown) => {
        this.#busyAtFirst = null;
        throw error;
      });
    return this.#busyAtFirst;
  }
}
