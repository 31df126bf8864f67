/*
 * Which entries are a run's, also where someone else has sent a POST with its key: the `202` was a
 * replay, or the POST was in progress. Then the newest entry of each node counts, if it was created
 * in time.
 */

import type { Activity } from '../base/activity.js';
import { compareIds } from '../base/ids.js';
import type { LogRead } from '../log/log.js';
import { MINUTE } from './pace.js';
import { setReplay } from './run-moves.js';
import type { Replay, Run } from './run-state.js';

/**
 * Someone has sent this trigger: the entries may come from their POST, unless it was this run's
 * own.
 * @param since when that POST can have created them at the earliest, by the job's clock
 */
export function noteReplay(run: Run, since: number): void {
  // A random key belongs to this run only.
  if (run.trigger?.keepsKey && !run.sent?.isOurs) {
    setReplay(run, run.replay ?? { since, period: null, floor: null });
  }
}

/** Whether a read has still to show how far down the entries of a replay can be. */
export function needsFloor({ state, replay }: Run): boolean {
  return state.name === 'following' && replay?.floor === null;
}

/**
 * The first read after a replay shows when its entries can have been created, by the server's
 * clock, and how far down the log they can be. The log has its newest entry first.
 */
export function findPeriodAndFloor(run: Run, replay: Replay, log: LogRead): void {
  const { baseline } = run;
  const { entries, startedAt } = log;
  const serverTime = log.serverTime ?? run.sent?.accepted?.serverTime;
  if (serverTime) {
    replay.period = { from: serverTime - (startedAt - replay.since), to: serverTime + MINUTE };
  }
  // The floor is the first entry below the recent ones, not the oldest recent one: a late entry may
  // show up between the two. If none is recent, it is the newest entry; if all are, one below the
  // oldest, but not above the baseline.
  const oldestRecent = entries.findLastIndex((activity) => isRecent(run, activity));
  const nextOlder = entries[oldestRecent + 1];
  const below = (entries[oldestRecent]?.id ?? 1n) - 1n;
  replay.floor = nextOlder?.id ?? (below < baseline.id ? below : baseline.id);
}

/**
 * Of these, the entries that may be of this run: those above its baseline and, after a replay, the
 * newest of each node in its period. An older one that was taken before is forgotten.
 */
export function sift(run: Run, shown: readonly Activity[]): Activity[] {
  const { baseline, replay, entries } = run;
  const recent = shown.filter((activity) => isRecent(run, activity));
  if (!replay) {
    return recent;
  }
  const byId = recent.toSorted((a, b) => compareIds(a.id, b.id));
  // A map keeps the last one of each node.
  const newest = new Map(byId.map(({ id, node_id: node }) => [node, id]));
  const isSuperseded = ({ id, node_id: node }: Activity): boolean =>
    id <= baseline.id && id < (newest.get(node) ?? 0n);
  entries.forget(isSuperseded);
  return recent.filter((activity) => !isSuperseded(activity));
}

/** Above the baseline or, after a replay, created in its period. */
function isRecent({ replay, baseline }: Run, { id, created_at }: Activity): boolean {
  const at = Date.parse(created_at);
  const period = replay?.period;
  return id > baseline.id || (period ? at >= period.from && at <= period.to : false);
}
