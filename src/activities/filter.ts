import { parseAction, RUNTIMES, VERBS, type Activity } from '../base/activity.js';
import type { Id } from '../base/ids.js';

/** Which entries are wanted: each list that is given must hold the entry's value. Times are UTC milliseconds. */
export interface ActivityFilter {
  statuses?: readonly string[];
  runtimes?: readonly string[];
  /** `reconfigure` stands for every config; `reconfigure:42` for that one. */
  actions?: readonly string[];
  nodes?: readonly Id[];
  authors?: readonly Id[];
  since?: number;
  until?: number;
}

/** Whether a log can name this runtime: one that can be triggered, or another that is known (contract, "Supervisor: trigger"). */
export function isReadableRuntime(word: string): boolean {
  return READABLE_RUNTIMES.includes(word) || /^connector:./.test(word);
}
export const READABLE_RUNTIMES: readonly string[] = [...RUNTIMES, 'warden', 'plane', 'mcp'];

/** Checks an action to look for; `reconfigure` stands for every config. @throws UsageError */
export function checkAction(word: string): string {
  if (!VERBS.some((verb) => verb === word)) parseAction(word);
  return word;
}

export function matches(filter: ActivityFilter, activity: Activity): boolean {
  return (
    isIn(filter.statuses, activity.status) &&
    isIn(filter.runtimes, activity.runtime) &&
    (filter.actions === undefined || filter.actions.some((action) => isAction(action, activity.action))) &&
    isIn(filter.nodes, activity.node_id) &&
    isIn(filter.authors, activity.author_id) &&
    isBetween(filter, activity.created_at)
  );
}

/** Whether this entry, and with it all older ones, lies before the time asked for. */
export function isTooOld(filter: ActivityFilter, activity: Activity): boolean {
  return filter.since !== undefined && Date.parse(activity.created_at) < filter.since;
}

function isIn<T>(wanted: readonly T[] | undefined, value: T | null | undefined): boolean {
  return wanted === undefined || wanted.some((one) => one === value);
}

function isAction(wanted: string, stored: string): boolean {
  return stored === wanted || stored.startsWith(`${wanted}:`);
}

function isBetween({ since, until }: ActivityFilter, createdAt: string): boolean {
  if (since === undefined && until === undefined) return true;
  const created = Date.parse(createdAt);
  return (since === undefined || created >= since) && (until === undefined || created <= until);
}
