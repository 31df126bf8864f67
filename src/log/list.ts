/*
 * Which entries of the log a user asks for, newest first or after an id.
 */

import { isSameAction, type Activity } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import type { Id } from '../base/ids.js';
import type { CallOptions } from '../base/supervisor.js';
import type { ActivityLog, LogPart } from './log.js';
import { LATEST_MS } from './walk.js';

/**
 * Which entries are wanted: each list that is given must hold the entry's value. Times are UTC
 * milliseconds.
 */
export interface ActivityFilter {
  status?: readonly string[];
  runtime?: readonly string[];
  /** `reconfigure` stands for every config; `reconfigure:42` for that one. */
  action?: readonly string[];
  nodes?: readonly Id[];
  authors?: readonly Id[];
  since?: number;
  until?: number;
}

/**
 * The wanted entries, read as they are asked for; the total is of all that the log holds.
 * @throws as `Supervisor.list` does
 */
export type Listing = AsyncGenerator<LogPart>;

export function matches(filter: ActivityFilter, activity: Activity): boolean {
  return (
    isIn(filter.status, activity.status) &&
    isIn(filter.runtime, activity.runtime) &&
    isIn(filter.nodes, activity.node_id) &&
    isIn(filter.authors, activity.author_id) &&
    (filter.action?.some((wanted) => isSameAction(activity.action, wanted)) ?? true) &&
    isCreatedWithin(filter, activity)
  );
}

/** An entry whose time cannot be read is in no period. */
function isCreatedWithin({ since, until }: ActivityFilter, { created_at: at }: Activity): boolean {
  if (since === undefined && until === undefined) return true;
  const created = Date.parse(at);
  return created >= (since ?? -Infinity) && created <= (until ?? Infinity);
}

function isIn<T>(wanted: readonly T[] | undefined, value: T | null | undefined): boolean {
  return wanted === undefined || wanted.some((one) => one === value);
}

/** The newest entries that match, newest first, at most `limit` of them (0: all). */
export async function* listNewest(
  log: Pick<ActivityLog, 'all'>,
  { filter, limit }: { filter: ActivityFilter; limit: number },
  options: CallOptions,
): Listing {
  let left = limit === 0 ? Infinity : limit;
  for await (const part of log.all({ ...options, since: filter.since })) {
    const entries = part.entries.filter((activity) => matches(filter, activity)).slice(0, left);
    left -= entries.length;
    yield { entries, total: part.total };
    if (left === 0) return;
  }
}

/**
 * The oldest entries above an id that match, oldest first, at most `limit` of them (0: all), up to
 * the first one that is younger than a minute, since one with a lower id may still show up. A
 * caller that asks for what is after the last id it got sees each entry exactly once.
 */
export async function* listAfter(
  log: Pick<ActivityLog, 'downTo'>,
  { after, filter, limit }: { after: Id; filter: ActivityFilter; limit: number },
  { clock, ...options }: CallOptions & { clock: Pick<Clock, 'now'> },
): Listing {
  const { entries, serverTime, total } = await log.downTo(after, {
    ...options,
    expectedPages: Infinity,
  });
  entries.reverse();
  const now = serverTime ?? clock.now();
  const young = entries.findIndex((activity) => isYoung(activity, now));
  const old = young < 0 ? entries : entries.slice(0, young);
  const wanted = old.filter((activity) => matches(filter, activity));
  yield { entries: wanted.slice(0, limit === 0 ? Infinity : limit), total };
}

/**
 * Whether one with a lower id may still show up, by the server's clock. A time that is more than a
 * minute ahead of it is wrong, and holds nothing back.
 */
function isYoung({ created_at: at }: Activity, now: number): boolean {
  return Math.abs(now - Date.parse(at)) < LATEST_MS;
}

/**
 * One raw page (`--page`, `--results`), in the order of the API; the filter is applied to what is
 * on it.
 */
export async function* listOnePage(
  readPage: () => Promise<{ items: Activity[]; total_results: number }>,
  filter: ActivityFilter,
): Listing {
  const { items, total_results: total } = await readPage();
  yield { entries: items.filter((activity) => matches(filter, activity)), total };
}
