/*
 * Looks up one entry by its id.
 */

import type { Activity } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import { compareIds, type Id } from '../base/ids.js';
import { shortList } from '../base/text.js';
import { middleOf, type LogPage, type Pages, type Reading } from './pages.js';

/**
 * What the look-up of an entry has shown: itself, null where there is none, and the closest ids.
 */
export interface Found {
  activity: Activity | null;
  older: Id | null;
  newer: Id | null;
  serverTime: number | null;
}

/**
 * Looks up one entry. There is no get-by-id, but ids grow with time: first the newest page, since
 * most of what is looked up is there, then the middle of what is left, again and again.
 */
export async function seek(pages: Pages, id: Id, reading: Reading): Promise<Found> {
  const seen: Activity[] = [];
  const isSeen = (): boolean => seen.some((activity) => activity.id === id);
  const look = async (asked: Promise<LogPage>): Promise<LogPage> => {
    const page = await asked;
    seen.push(...page.entries);
    return page;
  };
  const isNewer = (page: LogPage): boolean => middleOf(page) > id;

  let page = await look(pages.newest(reading));
  // Numbers of pages. By its id the entry is below the middle of `abovePage`, and not below that of
  // `belowPage`, which is one past the end at first. If the oldest is on page 1, further down is a
  // lower number. If the entry is not below the middle of the newest page, both are that page, and
  // there is nothing to halve.
  let abovePage = page.number;
  let belowPage = abovePage;
  if (isNewer(page)) belowPage = pages.isNewestFirst ? page.last + 1 : 0;
  while (!isSeen() && Math.abs(belowPage - abovePage) > 1) {
    page = await look(pages.read(Math.trunc((abovePage + belowPage) / 2), reading));
    if (isNewer(page)) abovePage = page.number;
    else belowPage = page.number;
  }

  // As the log grows, the entry moves down, even past `belowPage`, but never up. So the pages below
  // `abovePage` are read in turn, to the first one whose middle is older.
  let next = pages.nextOlder({ ...page, number: abovePage });
  while (!isSeen() && next !== null) {
    // The search may have ended with this one.
    if (page.number !== next) page = await look(pages.read(next, reading));
    // An empty page says nothing: the log has shrunk meanwhile.
    if (page.entries.length > 0 && !isNewer(page)) break;
    next = pages.nextOlder(page);
  }
  return { ...foundIn(seen, id), serverTime: reading.serverTime };
}

function foundIn(seen: readonly Activity[], wanted: Id): Omit<Found, 'serverTime'> {
  const ids = seen.map(({ id }) => id).sort(compareIds);
  return {
    activity: seen.find(({ id }) => id === wanted) ?? null,
    older: ids.findLast((id) => id < wanted) ?? null,
    newer: ids.find((id) => id > wanted) ?? null,
  };
}

/** An entry that has just been created may be late. */
const LOOK_AGAIN_AFTER_MS = 1000;

/**
 * Looks for these ids, until the log holds one of them; twice, a second apart.
 * @param look looks up one entry
 * @throws LdctlError (exit 5) where it holds none; as `look` does
 */
export async function findOne(
  ids: readonly Id[],
  look: (id: Id) => Promise<Found>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const sorted = ids.toSorted(compareIds);
  let last: Found | undefined;
  for (const isSecondLook of [false, true]) {
    if (isSecondLook) await clock.sleep(LOOK_AGAIN_AFTER_MS, signal);
    for (const id of sorted) {
      last = await look(id);
      if (last.activity) return;
    }
  }
  throw notHeld(sorted, last);
}

/** @param found what the look-up of the last of them has shown */
export function notHeld(ids: readonly Id[], found: Found | undefined): LdctlError {
  return new LdctlError(
    'refused',
    'activity_not_found',
    `the log has no activity ${shortList(ids)}`,
    {
      hint: found && whereItWouldBe(found),
    },
  );
}

function whereItWouldBe({ older, newer }: Found): string {
  if (older === null && newer === null) return 'The log is empty. Is this the right deployment?';
  if (newer === null) {
    return `The newest is ${older}; this one may not have appeared yet, or it belongs to another deployment.`;
  }
  const closest = [older, newer].filter((id) => id !== null);
  return `The closest in the log: ${closest.join(' and ')}. Is this the id of a node, of an activity in another deployment, or one that jq before 1.7 or JavaScript has rounded?`;
}
