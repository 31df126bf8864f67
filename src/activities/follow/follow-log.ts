import type { ActivityLog } from '../activity-log.js';
import type { Followed, FollowEvent } from './followed.js';
import { LogFollower, type FollowerOptions, type FollowerTools } from './log-follower.js';

/** Follows one thing on its own. `deadline` is on the monotonic clock, ms; `Infinity` for none. */
export async function* followLog(
  followed: Followed,
  log: ActivityLog,
  options: FollowerOptions & { deadline: number },
  tools: FollowerTools,
): AsyncGenerator<FollowEvent, void> {
  const follower = new LogFollower(log, options, tools);
  try {
    yield* follower.follow(followed, options.deadline);
  } finally {
    follower.close();
  }
}
