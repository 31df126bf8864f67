/*
 * Which entries are a run's: those above its baseline and, where someone else has sent a POST with
 * its key, older ones. The `202` was a replay then, or the POST was in progress. The newest entry of
 * each node counts, if it was created in time.
 */

import { newestOfEach, type Activity } from '../../base/activity.js';
import type { Id } from '../../base/ids.js';
import type { LogRead } from '../../log/log.js';
import { NodeEntries } from '../entries.js';
import { listedIn, nodesOf } from '../census.js';
import { MINUTE, quicken, SECOND } from '../pace.js';
import type { Replay, Run, Sender, Sent } from './state.js';

/**
 * An entry of this run may seem to be created this long before its baseline was read: the clocks of
 * a server may differ by a few seconds, and its `date` is cut to whole ones.
 */
const CLOCK_SKEW = 10 * SECOND;

/**
 * Someone has sent this trigger: the entries may come from their POST, unless it was this run's
 * own.
 * @param before what may have been sent before
 * @param since when that POST can have created them at the earliest, by the job's clock
 */
export function replayOf({ trigger }: Sender, before: Sent | null, since: number): Replay | null {
  if (before) return before.replay;
  // A random key belongs to this run only.
  return trigger.keepsKey ? { since, period: null, floor: null } : null;
}

/**
 * The first read after a replay shows when its entries can have been created, by the server's
 * clock, and how far down the log they can be. The log has its newest entry first.
 * @param answeredAt the server's clock at the `202`, ms UTC, where no answer of the log says it
 */
export function findPeriodAndFloor(
  run: Run,
  replay: Replay,
  log: LogRead,
  answeredAt: number | null = null,
): void {
  const { baseline } = run;
  const { entries, startedAt } = log;
  const serverTime = log.serverTime ?? answeredAt;
  if (serverTime) {
    replay.period = { from: serverTime - (startedAt - replay.since), to: serverTime + MINUTE };
  }
  // The floor is the first entry that is older than all recent ones, since a late entry may still
  // show up above that.
  const oldestRecent = entries.findLastIndex((activity) => mayBeOurs(run, replay, activity));
  const older = entries[oldestRecent + 1];
  // The read did not go down to such an entry.
  const belowAll = (entries.at(-1)?.id ?? 1n) - 1n;
  replay.floor = older?.id ?? (belowAll < baseline.id ? belowAll : baseline.id);
}

/** Takes in the entries that count. */
export function collect(run: Run, replay: Replay | null, log: LogRead, now: number): void {
  const { entries } = run;
  const { id, date } = run.baseline;
  if (entries instanceof NodeEntries) listRest(id, entries, log);
  // The entries of a replay may be older than the baseline: its period says which count.
  entries.createdFrom = date === null || replay ? null : date - CLOCK_SKEW;
  const wanted = withoutLater(
    run,
    log.entries.filter((activity) => entries.wants(activity)),
  );
  const own = entries instanceof NodeEntries ? sift(run, replay, wanted) : wanted;
  const changes = entries.take(own, log, now);
  if (changes.length > 0) {
    quicken(run.pace, now);
    run.events.push(...changes);
    run.changed = true;
  }
}

/** A node that had its entry when the run was settled has acted for someone else since. */
function withoutLater(
  { entries, newestWhenSettled }: Run,
  wanted: readonly Activity[],
): readonly Activity[] {
  if (newestWhenSettled === null) return wanted;
  const had = new Set(
    nodesOf([...entries.activities, ...wanted].filter(({ id }) => id <= newestWhenSettled)),
  );
  return wanted.filter(({ id, node_id: node }) => id <= newestWhenSettled || !had.has(node));
}

/**
 * Before the POST, the log may have been read for nodes no further than it shows as many as Core
 * counts; a record does not say. What came after the baseline lists no node.
 */
function listRest(baseline: Id, entries: NodeEntries, log: LogRead): void {
  if (entries.listed?.isWhole) return;
  const before = log.recent.filter(({ id }) => id <= baseline);
  entries.listed = listedIn(before, entries.wanted.runtime, true, entries.listed);
}

/**
 * Of these, the entries that may be of this run: those above its baseline and, after a replay, the
 * newest of each node in its period. An older one that was taken before is forgotten.
 */
function sift(run: Run, replay: Replay | null, shown: readonly Activity[]): Activity[] {
  const { baseline, entries } = run;
  const recent = shown.filter((activity) => mayBeOurs(run, replay, activity));
  if (!replay) return recent;
  const newest = newestOfEach(recent);
  const isSuperseded = ({ id, node_id: node }: Activity) =>
    id <= baseline.id && id < (newest.get(node)?.id ?? 0n);
  entries.forget(isSuperseded);
  return recent.filter((activity) => !isSuperseded(activity));
}

/** Above the baseline or, after a replay, created in its period. */
function mayBeOurs(
  { baseline }: Run,
  replay: Replay | null,
  { id, created_at }: Activity,
): boolean {
  const period = replay?.period;
  if (id > baseline.id || !period) return id > baseline.id;
  const at = Date.parse(created_at);
  return at >= period.from && at <= period.to;
}
