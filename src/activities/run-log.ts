import type { Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { ActivityLog } from './activity-log.js';
import { readBaseline, readHighestId, type Baseline } from './baseline.js';
import { findBusy, type BusyQuery } from './busy.js';
import { followLog } from './follow/follow-log.js';
import type { Followed, FollowEvent } from './follow/followed.js';
import type { FollowLimits, JobTools } from './job.js';
import { PastDurations } from './past-durations.js';

/** Which nodes a baseline names: all that the log knows of, or none, where they are named anyway. */
export type BaselineNaming = 'every node' | 'no node';

/** How a run reads the log: on its own, or together with the other runs of a roll. */
export interface RunLog {
  readonly log: ActivityLog;
  /** How long work took before, by all that was read of the log so far. */
  readonly past: PastDurations;
  /** The newest end of the log, now. @throws as `Supervisor.list` does, or Interrupted */
  baseline(naming: BaselineNaming): Promise<Baseline>;
  /** What the nodes are doing now, as `findBusy` finds it. @throws as `Supervisor.list` does, or Interrupted */
  busy(query: BusyQuery): Promise<Activity[]>;
  /** Follows what comes after this id, as `LogFollower.follow` does. */
  follow(followed: Followed, after: Id, deadline: number): AsyncGenerator<FollowEvent, void>;
}

/** For a run on its own. */
export function openRunLog(
  { deploymentId, limits }: { deploymentId: Id; limits: Pick<FollowLimits, 'intervalMs'> },
  tools: Pick<JobTools, 'supervisor' | 'clock' | 'random' | 'signal'>,
): RunLog {
  const past = new PastDurations();
  const log = new ActivityLog(tools.supervisor, deploymentId, past);
  const { intervalMs } = limits;
  const options = { signal: tools.signal };
  return {
    log,
    past,
    baseline: async (naming) =>
      naming === 'every node'
        ? readBaseline(log, options)
        : { highestId: await readHighestId(log, options), nodes: [] },
    busy: (query) => findBusy(log, query, options),
    follow: (followed, after, deadline) => followLog(followed, log, { after, intervalMs, deadline }, tools),
  };
}
