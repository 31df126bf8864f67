/*
 * Follows a log: reads what it starts with, and drives the watch.
 */

import type { Activity } from '../base/activity.js';
import { steps, type DriveTools } from '../job/drive.js';
import {
  createWatch,
  type FollowEvent,
  type FollowPlan,
  type WatchResult,
  type WatchStart,
} from '../job/watch.js';
import { listNewest, matches } from '../log/list.js';

type FollowTools = Pick<DriveTools, 'log' | 'clock' | 'signal'>;

/** What drives a job can post. A watch never does. */
const NOTHING_TO_POST_WITH: DriveTools['supervisor'] = {
  trigger: () => Promise.reject(new Error('a watch posts nothing')),
};

/**
 * Every new entry and every change, until it ends or is interrupted.
 * @returns how it ended
 * @throws as `Supervisor.list` does for what it starts with. An endless one throws Interrupted, or
 * LdctlError (exit 7) when the log cannot be read any more
 */
export async function* followLog(
  plan: FollowPlan,
  tools: FollowTools,
): AsyncGenerator<FollowEvent, WatchResult> {
  const start = yield* tellFirst(plan, tools);
  const job = createWatch(plan, start, tools.clock.elapsed());
  yield* steps(job, { ...tools, supervisor: NOTHING_TO_POST_WITH, journal: null });
  const result = job.result();
  if (plan.timeoutMs === undefined && result.error) throw result.error;
  return result;
}

async function* tellFirst(
  { after, filter, limit }: FollowPlan,
  { log, signal }: FollowTools,
): AsyncGenerator<FollowEvent, WatchStart> {
  if (after !== undefined) {
    const { entries } = await log.downTo(after, { signal, expectedPages: Infinity });
    const wanted = entries.filter((activity) => matches(filter, activity));
    for (const activity of wanted.toReversed()) yield { event: 'activity', activity };
    return { known: entries, first: entries };
  }
  // Read before the listing: what comes in between is in it, or is news.
  const { entries: known } = await log.newest({ signal });
  const first: Activity[] = [];
  if (limit === undefined) return { known, first };
  let total = 0;
  for await (const part of listNewest(log, { filter, limit }, { signal })) {
    first.push(...part.entries);
    ({ total } = part);
  }
  yield { event: 'listing', activities: first, total };
  return { known, first };
}
