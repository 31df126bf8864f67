import type { Activity } from '../core/activity.js';
import type { Id } from '../core/ids.js';
import type { RunEvent } from '../core/progress.js';
import type { ActivityLog } from './activity-log.js';
import { readBaseline, type Baseline } from './baseline.js';
import { findBusy, type BusyQuery } from './busy.js';
import { follow, type Followed, type FollowEnd, type FollowTools } from './follow.js';
import { LogTail } from './log-tail.js';
import { PastDurations } from './past-durations.js';

/** How a run looks at the log: on its own, or together with the other runs of a roll. */
export interface Sight {
  /** How long work took before, by all that was read of the log so far. */
  readonly past: PastDurations;
  /** The newest end of the log, now. @throws as `Supervisor.list` does, or Interrupted */
  baseline(signal: AbortSignal): Promise<Baseline>;
  /** What the nodes are doing now, as `findBusy` tells it. @throws as `Supervisor.list` does, or Interrupted */
  busy(query: BusyQuery, signal: AbortSignal): Promise<Activity[]>;
  /** Follows what comes after this id; as `follow` does. */
  follow(followed: Followed, after: Id, tools: FollowTools): AsyncGenerator<RunEvent, FollowEnd>;
}

export function ownSight(log: ActivityLog): Sight {
  return {
    past: log.past ?? new PastDurations(),
    baseline: (signal) => readBaseline(log, { signal }),
    busy: (query, signal) => findBusy(log, query, { signal }),
    follow: (followed, after, tools) => follow(followed, new LogTail(log, after), tools),
  };
}
