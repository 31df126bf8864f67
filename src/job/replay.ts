/*
 * Whose entry it is where someone else has sent a POST with the key of a run: the `202` was a replay,
 * or the POST was in progress. The newest entry of each node counts, if it was created in time.
 */

import type { Activity } from '../base/activity.js';
import { compareIds, type Id } from '../base/ids.js';
import type { LogRead } from '../log/log.js';
import { MINUTE } from './pace.js';
import { setBaseline } from './run-moves.js';
import type { Replay, Run } from './run-state.js';

/**
 * Notes that the entries may come from an earlier POST with the same key.
 * @param since when that POST can have created them at the earliest, by the job's clock
 */
export function noteReplay(run: Run, since: number): void {
  // A key that was made up for this run alone is no one else's.
  if (run.trigger?.keepsKey && !run.sent?.isOurs) {
    run.replay ??= { since, period: null, floor: null };
    run.entries.createdFrom = null;
  }
}

/** What was in progress has failed, so the POST of this run has run in its place. */
export function forgetReplay(run: Run): void {
  run.replay = null;
  // Sets `createdFrom` again, which `noteReplay` has cleared.
  setBaseline(run, run.baseline);
}

/** Whether the next read is to show how far down the entries of a replay can be. */
export function needsFloor({ state, replay }: Run): boolean {
  return state.name === 'following' && replay?.floor === null;
}

/**
 * The first read after a replay shows when its entries can have been created, by the server's
 * clock, and how far down the log they can be.
 */
export function findPeriodAndFloor(run: Run, replay: Replay, log: LogRead): void {
  const { entries, startedAt } = log;
  const serverTime = log.serverTime ?? run.sent?.accepted?.serverTime;
  if (serverTime) {
    replay.period = { from: serverTime - (startedAt - replay.since), to: serverTime + MINUTE };
  }
  // By the period that was just set. The floor is the first entry below the recent ones, not the
  // oldest recent one: a late entry may show up between the two. If none is recent, it is the newest
  // entry; if all are, one below the oldest.
  const oldestRecent = entries.findLastIndex((activity) => isRecent(run, activity));
  const nextOlder = entries[oldestRecent + 1];
  replay.floor = nextOlder?.id ?? (entries[oldestRecent]?.id ?? 1n) - 1n;
}

/** Above the baseline or, after a replay, created in its period. */
export function isRecent({ replay, baseline }: Run, { id, created_at }: Activity): boolean {
  const at = Date.parse(created_at);
  const period = replay?.period;
  return id > baseline.id || (period ? at >= period.from && at <= period.to : false);
}

/**
 * Of several recent entries of a node only the newest can be of a replay, and supersedes the others.
 * Above the baseline none is superseded: there any may be this run's.
 * @returns a check for one entry
 */
export function supersededBy(
  recent: readonly Activity[],
  { baseline, replay }: Run,
): (activity: Activity) => boolean {
  if (!replay) {
    return () => false;
  }
  const byId = recent.toSorted((a, b) => compareIds(a.id, b.id));
  const newest = new Map<Id, Id>(byId.map(({ id, node_id: node }) => [node, id]));
  return ({ id, node_id: node }) => id <= baseline.id && id < (newest.get(node) ?? 0n);
}
