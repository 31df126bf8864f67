import type { Id } from '../base/ids.js';
import type { ActivityLog } from './activity-log.js';
import type { ActivityFilter } from './filter.js';
import { followLog } from './follow/follow-log.js';
import type { FollowerTools } from './follow/log-follower.js';
import { IN_FLIGHT } from './list.js';
import { settledOf } from './list-after.js';
import { readAfter } from './read-after.js';
import { Watch } from './watch.js';
import type { WatchLogEvent } from './watch-log.js';

/**
 * What is in the log after an id, oldest first, and from then on every new entry and every change, for ever (design, "list").
 * What already waits in the log goes out as it is read.
 * @throws as `Supervisor.list` does while that is read
 */
export async function* tailAfter(
  log: ActivityLog,
  { after, filter, intervalMs }: { after: Id; filter: ActivityFilter; intervalMs: number | null },
  tools: FollowerTools,
): AsyncGenerator<WatchLogEvent, void> {
  const { clock, signal } = tools;
  const watch = new Watch([], after, filter, false);
  const now = clock.now();
  let settledUpTo = after;
  let isSettled = true;
  let total = 0;
  for await (const later of readAfter(log, after, { signal, inFlight: IN_FLIGHT })) {
    ({ total } = later);
    yield* watch.observe(later.activities);
    const settled = settledOf(later.activities, later.begunAt ?? now);
    if (isSettled) settledUpTo = settled.at(-1)?.id ?? settledUpTo;
    isSettled &&= settled.length === later.activities.length;
  }
  // From there on all is read once more, since an entry with a lower id may still show up among them.
  for await (const event of followLog(watch, log, { after: settledUpTo, intervalMs, deadline: Infinity }, tools)) {
    if (event.event !== 'ended') yield event;
    else
      yield { event: 'result', outcome: event.outcome, entries: watch.entries, total, anyRejected: watch.anyRejected };
  }
}
